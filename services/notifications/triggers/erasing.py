"""Erasing a recipient: the mails to them, and that their address bounced."""

from dataclasses import dataclass

from services.notifications.deliveries.domain import RECIPIENT_ERASED
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.preferences.domain import SuppressionReason
from services.notifications.preferences.store import SuppressionStore
from services.notifications.projections.domain import Recipient
from services.notifications.projections.recipients import RecipientStore
from services.notifications.projections.store import KnownStore


@dataclass(frozen=True, slots=True)
class RecipientEraser:
    """Erases registrations and followers as events tell."""

    _known: KnownStore
    _recipients: RecipientStore
    _deliveries: DeliveryStore
    _suppressions: SuppressionStore

    async def erase(self, collection: str, known: Recipient | None, nobody: Recipient) -> None:
        """Forget `known` and send nothing more. `nobody` is kept, so that a late event brings nobody back."""
        # Before, since a crash in between leaves no address to look for; afterwards, since of two erased at the same
        # time neither was the last before.
        await self._forget_bounce(known, nobody)
        if await self._known.remember(collection, nobody):
            await self._deliveries.skip_all_to(nobody.id, RECIPIENT_ERASED)
        await self._forget_bounce(known, nobody)

    async def _forget_bounce(self, known: Recipient | None, nobody: Recipient) -> None:
        """Lift the bounce of an address that only the erased person had."""
        if known is None or not known.email or known.seen > nobody.seen:
            return
        if set(await self._recipients.at([known.email])) <= {known.id}:
            for suppression in (await self._suppressions.of([known.email])).get(known.email, []):
                if suppression.reason is SuppressionReason.BOUNCED:
                    await self._suppressions.lift(suppression.id)
