"""What a person may decide about the mails to their address."""

from collections.abc import Set
from dataclasses import dataclass

from services.notifications.domain.known import Recipient
from services.notifications.domain.problems import RecipientUnknownProblem
from services.notifications.domain.suppressions import GROUPS, MailGroup, Suppression, SuppressionReason
from services.notifications.store import NotificationsStore
from shared.clock import Clock
from shared.events.vocabulary import Language


@dataclass(frozen=True, slots=True)
class Choices:
    """How it stands with an address."""

    wanted: tuple[MailGroup, ...]
    """The groups of mails that are sent."""
    has_bounced: bool
    """Whether the address was refused for good, so that nothing at all is sent."""


class Preferences:
    """The verbs of a person who gets mails. The choice holds for the address, whatever it is registered for."""

    def __init__(self, store: NotificationsStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def recipient(self, recipient_id: str) -> Recipient:
        """The person behind a personal link.

        Raises:
            RecipientUnknownProblem: nobody is known by that id (any more).
        """
        recipient = await self._known(recipient_id)
        if recipient is None or not recipient.email:
            raise RecipientUnknownProblem
        return recipient

    async def language(self, recipient_id: str) -> Language | None:
        """In which a person is or was written to; None where nobody is known by that id."""
        recipient = await self._known(recipient_id)
        return recipient.language if recipient else None

    async def _known(self, recipient_id: str) -> Recipient | None:
        return await self._store.known.registration(recipient_id) or await self._store.known.follower(recipient_id)

    async def read(self, recipient: Recipient) -> Choices:
        """How it stands. Changes nothing."""
        suppressions = await self._suppressions(recipient)
        stopped = {each.group for each in suppressions if each.reason is SuppressionReason.UNSUBSCRIBED}
        wanted = () if MailGroup.ALL in stopped else tuple(group for group in GROUPS if group not in stopped)
        return Choices(wanted, any(each.reason is SuppressionReason.BOUNCED for each in suppressions))

    async def choose(self, recipient: Recipient, wanted: Set[MailGroup]) -> None:
        """Send these groups and no others. Idempotent; interrupted, it has stopped too much rather than too little."""
        stopped = {MailGroup.ALL} if not wanted else {group for group in GROUPS if group not in wanted}
        for group in sorted(stopped):
            await self.stop(recipient, group)
        for suppression in await self._suppressions(recipient):
            if suppression.reason is SuppressionReason.UNSUBSCRIBED and suppression.group not in stopped:
                await self._store.suppressions.lift(suppression.id)

    async def stop(self, recipient: Recipient, group: MailGroup) -> None:
        """Send no more of a group. Idempotent."""
        await self._store.suppressions.stop(recipient.email, group, self._clock())

    async def _suppressions(self, recipient: Recipient) -> list[Suppression]:
        return (await self._store.suppressions.of([recipient.email])).get(recipient.email, [])
