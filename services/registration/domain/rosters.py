"""A roster: who has a seat of a session that has, or once had, a limit, and who waits.

Every step is a pure function from a roster to what it becomes, or to the very same where there is nothing to do; so
taking it again changes nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from services.registration.domain.registrations import Place, Registration, RegistrationState
from services.registration.domain.sessions import Session
from shared.clock import to_millis

UNLIMITED_SEATS = 1_000_000
"""Seats of a roster whose session lost its limit: more than will ever come."""
_FREELY = (RegistrationState.REGISTERED, RegistrationState.CANCELLED)


class Roster(BaseModel):
    """Who has a seat of one session with a limit, and who waits. Its id is the session's."""

    model_config = ConfigDict(frozen=True, extra="allow", validate_by_name=True, validate_by_alias=True)

    id: str = Field(alias="_id")
    version: int = 0
    """Raised by one at every write; 0 before the first."""
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
    entering: dict[str, dict[str, Any]] = {}
    """Requests by registration id, as documents, whose place stands here while they may not stand as registrations yet.
    Personal data: each goes with a later write, at the latest with the next sweep's."""
    unsettled: int = 0
    """1 while somebody is entering: a scalar, so that the sweep finds it by an index."""

    def turn_of(self, registration_id: str) -> int:
        """Which place of the waiting list somebody has, the next to get a seat being 1; 0 for who does not wait."""
        waiting = [member for _, member in sorted(self._arrivals())]
        return waiting.index(registration_id) + 1 if registration_id in waiting else 0

    def place_of(self, registration_id: str) -> tuple[str, int]:
        """Place and generation of a member; generation 0 for a stranger."""
        place, generation, *_ = self.members.get(registration_id, "left:0").split(":")
        return place, int(generation)

    def answer_to(self, request: Registration) -> Place:
        """What a request got, once it was admitted or refused."""
        place, generation = self.place_of(request.id)
        if generation < request.generation:
            return Place.CLOSED
        return Place(place) if generation == request.generation else Place.LEFT

    def admit(self, request: Registration) -> Self:
        """Give a seat, or a place on the waiting list where no seat is free or somebody waits already. Who is written
        nowhere yet is kept with the request."""
        place, generation = self.place_of(request.id)
        if not self.open or generation >= request.generation:
            return self
        # A place that still stands is of a round that was over before it was enrolled.
        seats_free = self.seats_free + (place == Place.SEAT)
        waiting_count = self.waiting_count - (place == Place.WAITING)
        has_seat = seats_free > 0 and not waiting_count
        admitted = self._move({request.id: _seat(request) if has_seat else _waiting(request)})
        return admitted if request.version else admitted._keep(request)

    def entered(self, registration_ids: Collection[str]) -> Self:
        """These stand as registrations: their requests go."""
        if self.entering.keys().isdisjoint(registration_ids):
            return self
        entering = {each: request for each, request in self.entering.items() if each not in registration_ids}
        return self.model_copy(update={"entering": entering, "unsettled": int(bool(entering))})

    def release(self, registration: Registration) -> Self:
        """Free the seat, or the place on the waiting list, of this round of a registration."""
        place, generation = self.place_of(registration.id)
        if generation != registration.generation or place == Place.LEFT:
            return self
        return self._move({registration.id: _left(registration)})

    def missing(self, registrations: Sequence[Registration]) -> list[Registration]:
        """Those that were registered or over before they were on the roster."""
        return [each for each in registrations if each.state in _FREELY and not self._knows(each)]

    def enrol(self, registrations: Sequence[Registration]) -> Self:
        """Enter those who came before there was a roster: as seated, also where no seat is left, or as gone."""
        places = {each.id: _stands(each) for each in self.missing(registrations)}
        return self._move(places) if places else self

    def align(self, session: Session) -> Self:
        """Bring capacity and openness to what this version of the session says, unless a later one was here."""
        if self.aligned >= session.version:
            return self
        capacity = session.capacity if session.capacity is not None else UNLIMITED_SEATS
        seats_free = self.seats_free + capacity - self.capacity
        aligned = {"capacity": capacity, "seats_free": seats_free, "aligned": session.version}
        return self.model_copy(update={**aligned, "open": int(session.is_scheduled)})

    def begin_promotion(self) -> Self:
        """Give a free seat to whoever has waited longest; one promotion at a time."""
        if self.promoting or not self.open or self.seats_free <= 0 or not self.waiting_count:
            return self
        _, first = min(self._arrivals())
        _, generation = self.place_of(first)
        promoting = {"promoting": f"{first}:{generation}"}
        return self._move({first: f"{Place.SEAT}:{generation}"}).model_copy(update=promoting)

    def end_promotion(self, promoting: str) -> Self:
        """The person promoted has been told: the next may be."""
        return self.model_copy(update={"promoting": ""}) if self.promoting == promoting else self

    def _keep(self, request: Registration) -> Self:
        document = request.model_dump(mode="json", by_alias=True)
        return self.model_copy(update={"entering": {**self.entering, request.id: document}, "unsettled": 1})

    def _move(self, places: dict[str, str]) -> Self:
        """Put members in other places; the counters follow."""
        before = [self.members[member] for member in places if member in self.members]
        more_seated = _count(Place.SEAT, places.values()) - _count(Place.SEAT, before)
        more_waiting = _count(Place.WAITING, places.values()) - _count(Place.WAITING, before)
        return self.model_copy(
            update={
                "members": self.members | places,
                "seats_free": self.seats_free - more_seated,
                "waiting_count": self.waiting_count + more_waiting,
            }
        )

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


def _count(place: Place, places: Iterable[str]) -> int:
    return sum(each.startswith(f"{place}:") for each in places)


def _stands(registration: Registration) -> str:
    return _seat(registration) if registration.state is RegistrationState.REGISTERED else _left(registration)


def _seat(registration: Registration) -> str:
    return f"seat:{registration.generation}"


def _left(registration: Registration) -> str:
    return f"left:{registration.generation}"


def _waiting(registration: Registration) -> str:
    return f"waiting:{registration.generation}:{to_millis(registration.arrived_at)}"
