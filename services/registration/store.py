"""The documents of the registration service; the only room that knows how they are called and shaped in the store."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from services.registration.domain.entities import Entity
from services.registration.domain.programmes import Programme
from services.registration.domain.registrations import Place, Registration, RegistrationState
from services.registration.domain.sessions import LONGEST_MINUTES, Session
from shared.audit import AUDIT_COLLECTIONS
from shared.clock import Clock, to_millis
from shared.limits import LIMIT_COLLECTIONS, Limits
from shared.storage.aggregates import PENDING, Aggregates, ConflictError
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

PROGRAMMES = "programmes"
SESSIONS = "sessions"
REGISTRATIONS = "registrations"
ROSTERS = "rosters"
ENTITIES = "entities"
ERASURES = "erasures"
OFFICE_PEOPLE = "office_people"
OFFICE_LINKS = "office_links"
SIGN_IN_ATTEMPTS = "sign_in_attempts"
KNOWN_PROPOSALS = "known_proposals"
KNOWN_RESULTS = "known_results"

COLLECTIONS: Mapping[str, Sequence[Index]] = {
    PROGRAMMES: [PENDING],
    SESSIONS: [
        PENDING,
        Index(("starts_at",)),
        Index(("programme", "starts_at")),
        Index(("status", "over_at")),
        Index(("unsettled",)),
        Index(("changed_at",)),
    ],
    REGISTRATIONS: [
        PENDING,
        Index(("unsettled", "changed_at")),
        Index(("session_id", "arrived_at")),
        Index(("erased_at",)),
    ],
    ROSTERS: [],
    ENTITIES: [],
    ERASURES: [],
    **LIMIT_COLLECTIONS,
    OFFICE_PEOPLE: [Index(("role",)), Index(("subject",))],
    OFFICE_LINKS: [Index(("expires_at",))],
    SIGN_IN_ATTEMPTS: [Index(("last_at",))],
    KNOWN_PROPOSALS: [Index(("state", "supports"))],
    KNOWN_RESULTS: [],
    **AUDIT_COLLECTIONS,
}
AGGREGATES = (PROGRAMMES, SESSIONS, REGISTRATIONS)
"""The collections whose outboxes the relay publishes."""

BY_START: Order = (("starts_at", 1),)
BY_START_LATEST_FIRST: Order = (("starts_at", -1),)
BY_ARRIVAL: Order = (("arrived_at", 1),)

UNLIMITED_SEATS = 1_000_000
"""Seats of a roster whose session lost its limit: more than will ever come."""
_TRIES = 50
_IDS_AT_A_TIME = 500


class Roster(BaseModel):
    """Who has a seat of one session with a limit, and who waits. Its id is the session's."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    id: str = Field(alias="_id")
    open: int = 1
    """1 while seats are given."""
    capacity: int
    aligned: int = 0
    """Version of the session whose capacity and state stand here."""
    seats_free: int
    """Negative after the capacity was lowered below the seats taken."""
    waiting_count: int = 0
    promoting: str = ""
    """`<registration id>:<generation>` that got a seat from the list and is still to be told; empty for nobody."""
    members: dict[str, str] = {}
    """By registration id `seat:<generation>`, `waiting:<generation>:<arrival in epoch ms>` or `left:<generation>`: a
    generation never goes back among these, which makes every step safe to repeat."""

    def first_waiting(self) -> str | None:
        """Whoever has waited longest, while there is a seat to give."""
        if not self.open or self.seats_free <= 0 or not self.waiting_count:
            return None
        return min(self._arrivals())[1]

    def turn_of(self, registration_id: str) -> int:
        """Which place of the waiting list somebody has, the next to get a seat being 1; 0 for who does not wait."""
        waiting = [member for _, member in sorted(self._arrivals())]
        return waiting.index(registration_id) + 1 if registration_id in waiting else 0

    def place_of(self, registration_id: str) -> tuple[str, int]:
        """Place and generation of a member; generation 0 for a stranger."""
        place, generation, *_ = self.members.get(registration_id, "left:0").split(":")
        return place, int(generation)

    def _arrivals(self) -> Iterator[tuple[int, str]]:
        for member, place in self.members.items():
            if place.startswith("waiting:"):
                yield int(place.rpartition(":")[2]), member


class Rosters:
    """The seats. Every method is one guarded update at a time and may be repeated after a crash."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._full: set[str] = set()  # sessions that gave no seat lately: a hint where to try first, never a decision

    async def get(self, session_id: str) -> Roster | None:
        """The roster of a session that has, or once had, a limit."""
        document = await self._store.get(ROSTERS, session_id)
        return Roster.model_validate(document) if document else None

    async def find(self, session_ids: Sequence[str]) -> dict[str, Roster]:
        """The rosters of these sessions by id."""
        if not session_ids:
            return {}
        documents = await self._store.find(ROSTERS, {"_id": one_of(session_ids)}, limit=len(session_ids))
        return {document["_id"]: Roster.model_validate(document) for document in documents}

    async def create(self, session_id: str, capacity: int) -> None:
        """An empty roster, unless there is one."""
        roster = Roster(id=session_id, capacity=capacity, seats_free=capacity)
        await self._store.insert(ROSTERS, roster.model_dump(by_alias=True))

    async def align(self, session: Session) -> None:
        """Bring capacity and openness to what this version of the session says, unless a later one was here."""
        capacity = session.capacity if session.capacity is not None else UNLIMITED_SEATS
        for _ in range(_TRIES):
            roster = await self.get(session.id)
            if roster is None or roster.aligned >= session.version:
                return
            if await self._store.update(
                ROSTERS,
                session.id,
                guard={"capacity": roster.capacity, "aligned": less(session.version)},
                assign={"capacity": capacity, "open": int(session.is_scheduled), "aligned": session.version},
                increment={"seats_free": capacity - roster.capacity},
            ):
                return
        raise ConflictError("the roster was changed by others again and again")

    async def take(self, registration: Registration) -> Place:
        """A seat, or a place on the waiting list where there is no seat or somebody waits already.

        Raises:
            ConflictError: seats came and went faster than this could follow.
        """
        for _ in range(_TRIES):
            if found := await self._join(registration):
                return found
            roster = await self.get(registration.session_id)
            if roster is None:
                return Place.CLOSED
            place, generation = roster.place_of(registration.id)
            if generation >= registration.generation:
                return Place(place) if generation == registration.generation else Place.LEFT
            if not roster.open:
                return Place.CLOSED
        raise ConflictError("seats came and went too fast")

    async def release(self, registration: Registration) -> None:
        """Free the seat, or the place on the waiting list, of this round of a registration."""
        for _ in range(_TRIES):
            if await self._leave(registration, _seat(registration), {"seats_free": 1}):
                return
            if await self._leave(registration, _waiting(registration), {"waiting_count": -1}):
                return
            roster = await self.get(registration.session_id)  # from waiting to a seat between the two?
            if roster is None or roster.members.get(registration.id) not in (
                _seat(registration),
                _waiting(registration),
            ):
                return
        raise ConflictError("the roster was changed by others again and again")

    async def begin_promotion(self, roster: Roster, registration_id: str) -> bool:
        """Give a free seat to whoever waits first; one promotion at a time. False when the roster has changed."""
        _, generation = roster.place_of(registration_id)
        member, waiting = f"members.{registration_id}", roster.members[registration_id]
        return await self._store.update(
            ROSTERS,
            roster.id,
            guard={"open": 1, "promoting": "", "seats_free": greater(0), member: waiting},
            assign={
                member: f"seat:{generation}",
                "promoting": f"{registration_id}:{generation}",
            },
            increment={"seats_free": -1, "waiting_count": -1},
        )

    async def end_promotion(self, session_id: str, promoting: str) -> None:
        """The person promoted has been told: the next may be."""
        await self._store.update(ROSTERS, session_id, guard={"promoting": promoting}, assign={"promoting": ""})

    async def _join(self, registration: Registration) -> Place | None:
        """Try both ways in; None when neither is open just now."""
        session_id = registration.session_id
        ways = [self._take_seat, self._wait]
        for way in reversed(ways) if session_id in self._full else ways:
            if place := await way(registration):
                (self._full.add if place is Place.WAITING else self._full.discard)(session_id)
                return place
        return None

    async def _take_seat(self, registration: Registration) -> Place | None:
        free: Where = {"seats_free": greater(0), "waiting_count": 0}
        entered = await self._enter(registration, free, _seat(registration), {"seats_free": -1})
        return Place.SEAT if entered else None

    async def _wait(self, registration: Registration) -> Place | None:
        reasons: tuple[Where, ...] = ({"seats_free": at_most(0)}, {"waiting_count": greater(0)})
        for where in reasons:
            if await self._enter(registration, where, _waiting(registration), {"waiting_count": 1}):
                return Place.WAITING
        return None

    async def _enter(self, registration: Registration, where: Where, place: str, increment: Mapping[str, int]) -> bool:
        """Enter this round of a registration, once, into an open roster where the condition holds."""
        before = f"left:{registration.generation - 1}" if registration.generation > 1 else None
        member = f"members.{registration.id}"
        return await self._store.update(
            ROSTERS,
            registration.session_id,
            guard={"open": 1, member: before, **where},
            assign={member: place},
            increment=increment,
        )

    async def _leave(self, registration: Registration, place: str, increment: Mapping[str, int]) -> bool:
        """Give up the place of this round, if it is that one."""
        member = f"members.{registration.id}"
        return await self._store.update(
            ROSTERS,
            registration.session_id,
            guard={member: place},
            assign={member: f"left:{registration.generation}"},
            increment=increment,
        )


def _seat(registration: Registration) -> str:
    return f"seat:{registration.generation}"


def _waiting(registration: Registration) -> str:
    return f"waiting:{registration.generation}:{to_millis(registration.arrived_at)}"


class RegistrationStore:
    """Everything that the registration service keeps."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = self.documents = store
        self._clock = clock
        self.programmes = Aggregates(store, PROGRAMMES, Programme, clock=clock)
        self.sessions = Aggregates(store, SESSIONS, Session, clock=clock)
        self.registrations = Aggregates(store, REGISTRATIONS, Registration, clock=clock)
        self.rosters = Rosters(store)

    async def find_programmes(self, *, limit: int, after: Sequence[Scalar] | None) -> list[Programme]:
        """A page of the programmes by slug."""
        return await self.programmes.find(limit=limit, after=after)

    async def find_sessions(
        self,
        *,
        programme: str | None,
        over_before: datetime | None,
        over_after: datetime | None,
        order: Order,
        limit: int,
        after: Sequence[Scalar] | None,
    ) -> list[Session]:
        """A page of the sessions, of one programme or all, that are over before or after an instant."""
        where: dict[str, Scalar | Condition] = {"programme": programme} if programme is not None else {}
        if over_before is not None:
            where["over_at"] = at_most(to_millis(over_before))
        if over_after is not None:
            where["over_at"] = greater(to_millis(over_after))
            # Says nothing new, but where to begin in the index: not with the first session of all.
            where["starts_at"] = at_least(to_millis(over_after - timedelta(minutes=LONGEST_MINUTES)))
        return await self.sessions.find(where, order=order, limit=limit, after=after)

    async def sessions_with(self, ids: Sequence[str]) -> list[Session]:
        """The sessions with these ids that are there."""
        return await self.sessions.find({"_id": one_of(ids)}, limit=len(ids)) if ids else []

    async def sessions_to_end(self, over_before: datetime, *, limit: int = 100) -> list[str]:
        """Scheduled sessions whose planned end is that long ago."""
        where: Where = {"status": "scheduled", "over_at": at_most(to_millis(over_before))}
        return [session.id for session in await self.sessions.find(where, limit=limit)]

    async def unsettled_sessions(self, *, limit: int = 100) -> list[str]:
        """Sessions that decided something which is not carried out."""
        return [session.id for session in await self.sessions.find({"unsettled": 1}, limit=limit)]

    async def live_session_ids(self, since: datetime) -> list[str]:
        """The sessions that start after an instant."""
        found = await self._store.find(SESSIONS, {"starts_at": at_least(to_millis(since))}, limit=10_000)
        return [document["_id"] for document in found]

    async def unsettled_registrations(self, *, changed_before: datetime, limit: int = 200) -> list[Registration]:
        """Registrations whose roster may not know of them, left alone since an instant; oldest first."""
        where: Where = {"unsettled": 1, "changed_at": at_most(to_millis(changed_before))}
        return await self.registrations.find(where, order=[("changed_at", 1)], limit=limit)

    async def unsettled_registrations_of(self, session_id: str, *, limit: int = 200) -> list[Registration]:
        """The same of one session, however young."""
        return await self.registrations.find({"session_id": session_id, "unsettled": 1}, limit=limit)

    async def mark_settled(self, registration: Registration) -> None:
        """The roster knows that this round was cancelled."""
        await self._store.update(
            REGISTRATIONS,
            registration.id,
            guard={
                "unsettled": 1,
                "state": RegistrationState.CANCELLED,
                "generation": registration.generation,
            },
            assign={"unsettled": 0},
        )

    async def count_registered(self, session_id: str) -> int:
        """How many hold a seat."""
        return await self._store.count(REGISTRATIONS, {"session_id": session_id, "state": RegistrationState.REGISTERED})

    async def has_registrations(self, session_id: str) -> bool:
        """Whether anybody ever registered for a session."""
        return bool(await self._store.find(REGISTRATIONS, {"session_id": session_id}, limit=1))

    async def find_registrations(
        self, session_id: str, *, limit: int, after: Sequence[Scalar] | None
    ) -> list[Registration]:
        """A page of the registrations for a session in the order in which they came."""
        return await self.registrations.find({"session_id": session_id}, order=BY_ARRIVAL, limit=limit, after=after)

    def limits(self, secret: bytes) -> Limits:
        """The counters of this service."""
        return Limits(self._store, self._clock, secret=secret)

    async def session_ids(self) -> list[str]:
        """The ids of all sessions."""
        return [document["_id"] for document in await self._store.find(SESSIONS, limit=10_000)]

    async def sessions_over(self, before: datetime) -> list[str]:
        """The sessions that were over before an instant."""
        where: Where = {"starts_at": at_most(to_millis(before)), "over_at": at_most(to_millis(before))}
        return [document["_id"] for document in await self._store.find(SESSIONS, where, limit=10_000)]

    async def people_of(self, session_id: str, *, limit: int = 200) -> list[Registration]:
        """Registrations for a session whose person was not erased."""
        where: Where = {"session_id": session_id, "erased_at": None}
        return await self.registrations.find(where, limit=limit)

    async def registrations_with(self, ids: Sequence[str]) -> list[Registration]:
        """The registrations with these ids that are there."""
        pages = [ids[start : start + _IDS_AT_A_TIME] for start in range(0, len(ids), _IDS_AT_A_TIME)]
        found = [await self.registrations.find({"_id": one_of(page)}, limit=len(page)) for page in pages]
        return [registration for page in found for registration in page]

    async def note_erasure(self, registration_id: str, generation: int) -> None:
        """Note that this round of a registration is to be erased."""
        if not await self._store.insert(ERASURES, {"_id": registration_id, "generation": generation}):
            await self._store.update(ERASURES, registration_id, assign={"generation": generation})

    async def erasures(self, *, limit: int = 100) -> list[tuple[str, int]]:
        """Registrations that are to be erased, or whose events are to be purged, with their round."""
        return [(each["_id"], each["generation"]) for each in await self._store.find(ERASURES, limit=limit)]

    async def end_erasure(self, registration_id: str, generation: int) -> None:
        """Nothing is left of this round."""
        await self._store.delete(ERASURES, {"_id": registration_id, "generation": generation})

    async def find_entity(self, code: str) -> Entity | None:
        """An imported entity."""
        document = await self._store.get(ENTITIES, code)
        return Entity.model_validate(document) if document else None

    async def imported_entities(self) -> list[Entity]:
        """All imported entities."""
        entities: list[Entity] = []
        after: list[Scalar] | None = None
        while page := await self._store.find(ENTITIES, limit=1000, after=after):
            entities += [Entity.model_validate(document) for document in page]
            after = [page[-1]["_id"]]
        return entities

    async def import_entity(self, entity: Entity) -> None:
        """Store an imported entity in place of the one that had its code."""
        document = {"_id": entity.code, **entity.model_dump(mode="json")}
        fields = {field: value for field, value in document.items() if field != "_id"}
        if not await self._store.insert(ENTITIES, document):
            await self._store.update(ENTITIES, entity.code, assign=fields)
