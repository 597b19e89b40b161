"""Erasing a recipient: waiting mails, and the bounce of the address."""

from dataclasses import dataclass

from services.notifications.deliveries.domain import RECIPIENT_ERASED
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.preferences.domain import SuppressionReason
from services.notifications.preferences.store import SuppressionStore
from services.notifications.projections.store import Projections, R, Recipients


@dataclass(frozen=True, slots=True)
class RecipientEraser:
    _known: Projections
    _deliveries: DeliveryStore
    _suppressions: SuppressionStore

    async def erase(self, recipients: Recipients[R], nobody: R) -> None:
        """Forget a person and send nothing more. `nobody` takes their place, so that no late event brings them back."""
        known = await recipients.get(nobody.id)
        # Before: after a crash no address would be left to look for. Afterwards: of two people with one address, erased
        # at the same time, neither was the last before.
        await self._forget_bounce(known, nobody)
        if await recipients.apply(nobody):
            await self._deliveries.skip({"recipient_id": nobody.id}, RECIPIENT_ERASED)
        await self._forget_bounce(known, nobody)

    async def _forget_bounce(self, known: R | None, nobody: R) -> None:
        """Lift the bounce of an address that only the erased person had."""
        if known is None or not known.email or known.seen > nobody.seen:
            return
        if set(await self._known.having([known.email])) <= {known.id}:
            for suppression in await self._suppressions.of_one(known.email):
                if suppression.reason is SuppressionReason.BOUNCED:
                    await self._suppressions.lift(suppression.id)
