"""The rosters: who has a seat of a session that has, or once had, a limit, and who waits."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from services.registration.domain.registrations import Place, Registration, RegistrationState
from services.registration.domain.sessions import Session
from shared.clock import to_millis
from shared.storage.aggregates import ConflictError
from shared.storage.contract import Store, Where, at_most, greater, less, one_of

ROSTERS = "rosters"

UNLIMITED_SEATS = 1_000_000
"""Seats of a roster whose session lost its limit: more than will ever come."""
_FREELY = (RegistrationState.REGISTERED, RegistrationState.CANCELLED)
_ENROLLED_AT_ONCE = 40  # fields in one update: SQLite takes 127 arguments
_TRIES = 50


class Roster(BaseModel):
    """Who has a seat of one session with a limit, and who waits. Its id is the session's."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    id: str = Field(alias="_id")
    open: int = 1
    """1 while seats are given."""
    capacity: int
    aligned: int = 0
    """Version of the session whose capacity and state stand here; 0 while those that registered before there was a
    roster may be missing."""
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

    def is_seated(self, registration_id: str) -> bool:
        """Whether a registration has a seat, in whatever round."""
        return self.place_of(registration_id)[0] == Place.SEAT

    def missing(self, registrations: Sequence[Registration]) -> list[Registration]:
        """Those that were registered or over before they were on the roster."""
        return [each for each in registrations if each.state in _FREELY and not self._knows(each)]

    def _knows(self, registration: Registration) -> bool:
        place, generation = self.place_of(registration.id)
        is_over = registration.state is RegistrationState.CANCELLED
        return generation > registration.generation or (
            generation == registration.generation and not (is_over and place == Place.SEAT)
        )

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
        """An empty roster, unless there is one. Without seats nobody gets one before `align` brings them."""
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

    async def touch(self, session_id: str) -> None:
        """Raise the version and nothing else."""
        await self._store.update(ROSTERS, session_id, increment={"waiting_count": 0})

    async def take(self, registration: Registration) -> Place:
        """A seat, or a place on the waiting list where there is no seat or somebody waits already.

        Raises:
            ConflictError: seats came and went faster than this could follow.
        """
        before = f"left:{registration.generation - 1}" if registration.generation > 1 else None
        for _ in range(_TRIES):
            if found := await self._join(registration, before):
                return found
            roster = await self.get(registration.session_id)
            if roster is None:
                return Place.CLOSED
            place, generation = roster.place_of(registration.id)
            if generation >= registration.generation:
                return Place(place) if generation == registration.generation else Place.LEFT
            if not roster.open:
                return Place.CLOSED
            if place == Place.SEAT:  # of a round that was over before it was enrolled
                await self.release(registration.model_copy(update={"generation": generation}))
            else:
                before = roster.members.get(registration.id)
        raise ConflictError("seats came and went too fast")

    async def enrol(self, roster: Roster, registrations: Sequence[Registration]) -> None:
        """Enter those who came before there was a roster: as seated, also where no seat is left, or as gone.

        Nothing is entered in place of what was not in `roster`: look again.
        """
        for start in range(0, len(registrations), _ENROLLED_AT_ONCE):
            some = registrations[start : start + _ENROLLED_AT_ONCE]
            freed = [roster.is_seated(each.id) - (each.state is RegistrationState.REGISTERED) for each in some]
            await self._store.update(
                ROSTERS,
                roster.id,
                guard={_member(each): roster.members.get(each.id) for each in some},
                assign={_member(each): _stands(each) for each in some},
                increment={"seats_free": sum(freed)},
            )

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

    async def _join(self, registration: Registration, before: str | None) -> Place | None:
        """Try both ways in; None when neither is open just now."""
        session_id = registration.session_id
        ways = [self._take_seat, self._wait]
        for way in reversed(ways) if session_id in self._full else ways:
            if place := await way(registration, before):
                (self._full.add if place is Place.WAITING else self._full.discard)(session_id)
                return place
        return None

    async def _take_seat(self, registration: Registration, before: str | None) -> Place | None:
        free: Where = {"open": 1, "seats_free": greater(0), "waiting_count": 0}
        entered = await self._enter(registration, before, free, _seat(registration), {"seats_free": -1})
        return Place.SEAT if entered else None

    async def _wait(self, registration: Registration, before: str | None) -> Place | None:
        reasons: tuple[Where, ...] = ({"seats_free": at_most(0)}, {"waiting_count": greater(0)})
        for reason in reasons:
            where = {"open": 1, **reason}
            if await self._enter(registration, before, where, _waiting(registration), {"waiting_count": 1}):
                return Place.WAITING
        return None

    async def _enter(
        self, registration: Registration, before: str | None, where: Where, place: str, increment: Mapping[str, int]
    ) -> bool:
        """Enter this round of a registration, once, where the condition holds; `before` is what stood there."""
        member = _member(registration)
        return await self._store.update(
            ROSTERS,
            registration.session_id,
            guard={member: before, **where},
            assign={member: place},
            increment=increment,
        )

    async def _leave(self, registration: Registration, place: str, increment: Mapping[str, int]) -> bool:
        """Give up the place of this round, if it is that one."""
        member = _member(registration)
        return await self._store.update(
            ROSTERS,
            registration.session_id,
            guard={member: place},
            assign={member: _left(registration)},
            increment=increment,
        )


def _member(registration: Registration) -> str:
    return f"members.{registration.id}"


def _stands(registration: Registration) -> str:
    return _seat(registration) if registration.state is RegistrationState.REGISTERED else _left(registration)


def _seat(registration: Registration) -> str:
    return f"seat:{registration.generation}"


def _left(registration: Registration) -> str:
    return f"left:{registration.generation}"


def _waiting(registration: Registration) -> str:
    return f"waiting:{registration.generation}:{to_millis(registration.arrived_at)}"
