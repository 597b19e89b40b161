"""A person's choice of mails. It holds for the address, whatever it is registered for."""

from collections.abc import Set
from dataclasses import dataclass

from services.notifications.preferences.domain import GROUPS, MailGroup, RecipientUnknownProblem, SuppressionReason
from services.notifications.preferences.store import SuppressionStore
from services.notifications.projections.domain import Recipient
from services.notifications.projections.store import Projections
from shared.clock import Clock
from shared.events.vocabulary import Language


@dataclass(frozen=True, slots=True)
class Choices:
    wanted: tuple[MailGroup, ...]
    has_bounced: bool
    """The address was refused for good: nothing is sent."""


@dataclass(frozen=True, slots=True)
class Preferences:
    _known: Projections
    _suppressions: SuppressionStore
    _clock: Clock

    async def recipient(self, recipient_id: str) -> Recipient:
        """Raises RecipientUnknownProblem, also for an erased person."""
        recipient = await self._known.recipient(recipient_id)
        if recipient is None or not recipient.email:
            raise RecipientUnknownProblem
        return recipient

    async def language(self, recipient_id: str) -> Language | None:
        recipient = await self._known.recipient(recipient_id)
        return recipient.language if recipient else None

    async def read(self, recipient: Recipient) -> Choices:
        suppressions = await self._suppressions.of_one(recipient.email)
        stopped = {each.group for each in suppressions if each.reason is SuppressionReason.UNSUBSCRIBED}
        wanted = () if MailGroup.ALL in stopped else tuple(group for group in GROUPS if group not in stopped)
        return Choices(wanted, any(each.reason is SuppressionReason.BOUNCED for each in suppressions))

    async def choose(self, recipient: Recipient, wanted: Set[MailGroup]) -> None:
        """Send these groups and no others. Idempotent. Stops first, so that an interruption never sends too much."""
        stopped = {MailGroup.ALL} if not wanted else {group for group in GROUPS if group not in wanted}
        for group in sorted(stopped):
            await self.stop(recipient, group)
        for suppression in await self._suppressions.of_one(recipient.email):
            if suppression.reason is SuppressionReason.UNSUBSCRIBED and suppression.group not in stopped:
                await self._suppressions.lift(suppression.id)

    async def stop(self, recipient: Recipient, group: MailGroup) -> None:
        """Send no more of a group. Idempotent."""
        await self._suppressions.stop(recipient.email, group, self._clock())
