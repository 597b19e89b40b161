"""The registrations as they are stored, and the notes of those that are to be erased."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.registration.registrations.domain import Registration, RegistrationState
from services.registration.seats.domain import SeatCounts
from shared.clock import Clock, to_millis
from shared.events.vocabulary import Language
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.collection import Documents, Place, Slice
from shared.storage.contract import (
    Condition,
    Index,
    Order,
    Scalar,
    Store,
    Where,
    at_least,
    at_most,
    greater,
    less,
    one_of,
)

REGISTRATIONS = "registrations"
ERASURES = "erasures"
COLLECTIONS = {
    REGISTRATIONS: [
        PENDING,
        Index(("unsettled", "changed_at")),
        Index(("session_id", "arrived_at")),
        Index(("erased_at",)),
    ],
    ERASURES: [],
}

BY_ARRIVAL: Order = (("arrived_at", 1),)
TOLD_AGAIN_FOR = timedelta(days=30)


class RegistrationStore(Aggregates[Registration]):
    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, REGISTRATIONS, Registration, clock=clock)

    async def of_session(self, session_id: str, *, limit: int, after: Place | None = None) -> Slice[Registration]:
        """In the order of arrival."""
        return await self.page({"session_id": session_id}, order=BY_ARRIVAL, limit=limit, after=after)

    async def all_of(self, session_id: str) -> list[Registration]:
        """In the order of arrival."""
        return [each async for each in self.each({"session_id": session_id}, order=BY_ARRIVAL)]

    async def counts(self, session_id: str, readers: Collection[Language] = tuple(Language)) -> SeatCounts:
        """Of those who read in these languages."""
        of_them: Where = {"session_id": session_id}
        if len(readers) < len(Language):
            of_them = {**of_them, "language": one_of(sorted(readers))}

        async def number(**where: Scalar | Condition) -> int:
            return await self.count({**of_them, **where})

        return SeatCounts(
            registered=await number(state=RegistrationState.REGISTERED),
            waiting=await number(state=RegistrationState.WAITING),
            attended=await number(state=RegistrationState.REGISTERED, attended_at=greater(0)),
        )

    async def entities_of(self, session_id: str) -> list[str]:
        """The entity of each person who has a seat or waits."""
        where: Where = {
            "session_id": session_id,
            "state": one_of((RegistrationState.REGISTERED, RegistrationState.WAITING)),
        }
        return [each.entity_code async for each in self.each(where)]

    async def count_registered(self, session_id: str) -> int:
        return await self.count({"session_id": session_id, "state": RegistrationState.REGISTERED})

    def participation(self, programme: str = "", entities: Sequence[str] = ()) -> AsyncIterator[dict[str, Any]]:
        """Every registration with a seat, as a document; of one programme, of some entities, or of all."""
        where: dict[str, Scalar | Condition] = {"state": RegistrationState.REGISTERED}
        if programme:
            where["programme"] = programme
        if entities:
            where["entity_code"] = one_of(entities)
        return Documents(self._store, REGISTRATIONS, dict).each(where)

    async def unsettled(self, *, changed_before: datetime, limit: int = 200) -> list[Registration]:
        """Registrations given up, whose roster may not know it, unchanged since an instant; oldest first."""
        where: Where = {"unsettled": 1, "changed_at": at_most(to_millis(changed_before))}
        return (await self.page(where, order=[("changed_at", 1)], limit=limit)).items

    async def unsettled_of(self, session_id: str, *, limit: int = 200) -> list[Registration]:
        """The same of one session, however young."""
        return (await self.page({"session_id": session_id, "unsettled": 1}, limit=limit)).items

    async def touch(self, registration: Registration) -> None:
        """Raise the version and nothing else: a decision on the version before has to be made again."""
        await self._store.update(REGISTRATIONS, registration.id, increment={"generation": 0})

    async def mark_settled(self, registration: Registration) -> None:
        """Note that the roster knows that this round was cancelled."""
        guard: Where = {"unsettled": 1, "state": RegistrationState.CANCELLED, "generation": registration.generation}
        await self._store.update(REGISTRATIONS, registration.id, guard=guard, assign={"unsettled": 0})

    def attended_before(self, session_id: str, instant: datetime) -> AsyncIterator[Registration]:
        return self.each({"session_id": session_id, "attended_at": less(to_millis(instant))})

    def erased_lately(self) -> Where:
        """For the inventory: who missed the event still keeps the person."""
        return {"erased_at": at_least(to_millis(self._clock() - TOLD_AGAIN_FOR))}

    def people_of(self, session_id: str) -> AsyncIterator[Registration]:
        """The registrations whose person was not erased."""
        return self.each({"session_id": session_id, "erased_at": None})
