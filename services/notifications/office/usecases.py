"""Deliveries and suppressed addresses: the programme office reads, sends again, lifts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.notifications.deliveries.domain import (
    Delivery,
    DeliveryOpenProblem,
    DeliveryState,
    DeliveryUnknownProblem,
)
from services.notifications.deliveries.store import NEWEST_FIRST, DeliveryStore
from services.notifications.deliveries.usecases import Wakers
from services.notifications.preferences.domain import Suppression, SuppressionChoice, SuppressionUnknownProblem
from services.notifications.preferences.freeing import Freeing
from services.notifications.preferences.store import SuppressionStore
from services.notifications.projections.domain import KnownSession
from services.notifications.projections.store import Projections
from shared.clock import Clock, to_millis
from shared.events.vocabulary import Language
from shared.security.actions import Action
from shared.security.audit import Audit, AuditEntry
from shared.staff import Role
from shared.storage.collection import Place, Slice
from shared.storage.contract import Where, at_least, at_most, greater
from shared.storage.records import Author
from shared.text.dates import OFFICE_ZONE

ALL_SUPPRESSIONS = "suppressions"
"""The subject of the record of lifting many."""

_MOST_FOUND = 200
_ENDED = (DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.BOUNCED, DeliveryState.FAILED)


class Addressed(NamedTuple):
    """A delivery with its address; empty where the recipient is not known (yet or any more)."""

    delivery: Delivery
    address: str


@dataclass(frozen=True, slots=True)
class Today:
    ended: Mapping[DeliveryState, int]
    """How many ended in each state since midnight in the office's time zone."""
    waiting: int
    """How many are due now."""
    later: int
    """How many are due later, first tries and others."""


class DeliveryAdmin:
    def __init__(
        self,
        deliveries: DeliveryStore,
        known: Projections,
        suppressions: SuppressionStore,
        freeing: Freeing,
        audit: Audit,
        wakers: Wakers,
        clock: Clock,
    ) -> None:
        self._deliveries = deliveries
        self._known = known
        self.suppressions = suppressions
        self._freeing = freeing
        self._audit = audit
        self._wakers = wakers
        self._clock = clock
        self.resend = Action("delivery.resent", Role.EDITOR, self._resend)
        self.lift = Action("suppression.lifted", Role.ADMIN, self._lift)
        self.lift_many = Action("suppressions.lifted", Role.ADMIN, self._lift_many)

    async def today(self) -> Today:
        now, count = self._clock(), self._deliveries.count_planned
        midnight = now.astimezone(ZoneInfo(OFFICE_ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
        since_midnight: Where = {"open": 0, "next_try_at": at_least(to_millis(midnight))}
        return Today(
            ended={state: await count({**since_midnight, "state": state.value}) for state in _ENDED},
            waiting=await count({"open": 1, "next_try_at": at_most(to_millis(now))}),
            later=await count({"open": 1, "next_try_at": greater(to_millis(now))}),
        )

    async def list_deliveries(self, where: Where, *, limit: int, after: Place | None) -> Slice[Addressed]:
        """A page of deliveries, the newest first."""
        page = await self._deliveries.page(where, order=NEWEST_FIRST, limit=limit, after=after)
        return Slice(await self._addressed(page.items), page.next)

    async def find(self, address: str) -> list[Addressed]:
        """The latest two hundred deliveries to an address, the newest first."""
        recipients = await self._known.having([address])
        deliveries = await self._deliveries.to(recipients, limit=_MOST_FOUND)
        return [Addressed(delivery, address) for delivery in deliveries]

    async def delivery(self, delivery_id: str) -> Addressed:
        """A delivery with its address.

        Raises:
            DeliveryUnknownProblem: there is none with that id.
        """
        delivery = await self._deliveries.get(delivery_id)
        if delivery is None:
            raise DeliveryUnknownProblem
        return (await self._addressed([delivery]))[0]

    async def deliveries(self, ids: Collection[str]) -> list[Delivery]:
        """Those of the deliveries that exist."""
        return list((await self._deliveries.many(sorted(ids))).values())

    async def titles(self, deliveries: Collection[Delivery]) -> dict[str, Mapping[Language, str] | str]:
        """The titles by session or proposal: of a session in several languages."""
        return await self._known.titles([delivery.subject_id for delivery in deliveries])

    async def history(self, delivery_id: str) -> list[AuditEntry]:
        return await self._audit.entries(subject=delivery_id)

    async def nearest_sessions(self, limit: int) -> list[KnownSession]:
        """Sessions to choose from, up to `limit` each to come and past; the one that starts last in front."""
        now, page = to_millis(self._clock()), self._known.sessions.page
        coming = await page({"starts_at": greater(now)}, order=(("starts_at", 1),), limit=limit)
        past = await page({"starts_at": at_most(now)}, order=(("starts_at", -1),), limit=limit)
        return [*reversed(coming.items), *past.items]

    async def suppression(self, suppression_id: str) -> Suppression:
        """An address that gets no mail, or not all.

        Raises:
            SuppressionUnknownProblem: there is none with that id.
        """
        suppression = await self.suppressions.get(suppression_id)
        if suppression is None:
            raise SuppressionUnknownProblem
        return suppression

    async def _resend(self, by: Author, delivery_id: str) -> Addressed:
        """Send it once more as a new mail, written from what is known now.

        Raises:
            DeliveryUnknownProblem: there is none with that id.
            DeliveryOpenProblem: it is still to be sent.
        """
        if (await self.delivery(delivery_id)).delivery.open:
            raise DeliveryOpenProblem
        await self._audit.record(by.member, by.act, delivery_id)
        if not await self._deliveries.make_due_again(delivery_id, self._clock()):
            raise DeliveryOpenProblem
        self._wakers.sender()
        return await self.delivery(delivery_id)

    async def _lift(self, by: Author, suppression_id: str) -> None:
        """Send to an address again. The record is stored with that, or just before where the document is deleted.

        Raises:
            SuppressionUnknownProblem: there is none with that id.
        """
        suppression = await self.suppression(suppression_id)
        details = {"reason": suppression.reason}
        if not suppression.announced:
            await self._audit.record(by.member, by.act, suppression_id, details)
        if not await self._freeing.free(suppression, by.record(suppression_id, details)):
            raise SuppressionUnknownProblem

    async def chosen(self, choice: SuppressionChoice) -> list[Suppression]:
        """The suppressions that a choice means."""
        return [each async for each in self.suppressions.each() if choice.means(each)]

    async def _lift_many(self, by: Author, choice: SuppressionChoice) -> int:
        """Send again to all chosen addresses; how many they were. One record tells of all."""
        found = await self.chosen(choice)
        await self._audit.record(by.member, by.act, ALL_SUPPRESSIONS, {**choice.details, "number": str(len(found))})
        for suppression in found:
            await self._freeing.free(suppression)
        return len(found)

    async def _addressed(self, deliveries: Sequence[Delivery]) -> list[Addressed]:
        addresses = await self._known.addresses_of([delivery.recipient_id for delivery in deliveries])
        return [Addressed(delivery, addresses.get(delivery.recipient_id, "")) for delivery in deliveries]
