"""A roster: who has a seat of a session, and who waits for one.

Every step is a pure function from a roster to what it becomes, or to the very same where there is nothing to do; so
taking it again changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, Self

from pydantic import ConfigDict

from shared.clock import to_millis
from shared.storage.collection import Stored

UNLIMITED_SEATS = 1_000_000
"""Seats where there is no limit: more than will ever come."""


class Place(StrEnum):
    """What the roster answers to a request."""

    SEAT = "seat"
    WAITING = "waiting"
    LEFT = "left"
    """This round was over before: nothing is taken again."""
    CLOSED = "closed"


class Terms(Protocol):
    """The part of a session that its roster needs."""

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def capacity(self) -> int | None: ...
    @property
    def is_scheduled(self) -> bool: ...


class Request(Protocol):
    """The part of a registration that the roster needs."""

    @property
    def id(self) -> str: ...
    @property
    def session_id(self) -> str: ...
    @property
    def generation(self) -> int: ...
    @property
    def arrived_at(self) -> datetime: ...
    def model_dump(self, *, mode: str, by_alias: bool) -> dict[str, Any]: ...


class Roster(Stored):
    """Who has a seat of one session, and who waits. Its id is the session's."""

    model_config = ConfigDict(extra="allow")

    version: int = 0
    """Raised by one at every write; 0 before the first."""
    open: int = 1
    """1 while seats are given."""
    capacity: int
    aligned: int = 0
    """Version of the session whose capacity and state stand here; 0 as long as they never changed."""
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
        """The place on the waiting list, from 1; 0 for a person who does not wait."""
        waiting = [member for _, member in sorted(self._arrivals())]
        return waiting.index(registration_id) + 1 if registration_id in waiting else 0

    def place_of(self, registration_id: str) -> tuple[str, int]:
        """Place and generation of a member; generation 0 for a stranger."""
        place, generation, *_ = self.members.get(registration_id, "left:0").split(":")
        return place, int(generation)

    def answer_to(self, request: Request) -> Place:
        """The place that a request got."""
        place, generation = self.place_of(request.id)
        if generation < request.generation:
            return Place.CLOSED
        return Place(place) if generation == request.generation else Place.LEFT

    def admit(self, request: Request) -> Self:
        """Give a seat, or a place on the waiting list where no seat is free or somebody waits already, and keep the
        request."""
        _, generation = self.place_of(request.id)
        if not self.open or generation >= request.generation:
            return self
        has_seat = self.seats_free > 0 and not self.waiting_count
        seat = f"{Place.SEAT}:{request.generation}"
        waiting = f"{Place.WAITING}:{request.generation}:{to_millis(request.arrived_at)}"
        admitted = self._move(request.id, seat if has_seat else waiting)
        kept = {**self.entering, request.id: request.model_dump(mode="json", by_alias=True)}
        return admitted.model_copy(update={"entering": kept, "unsettled": 1})

    def entered(self, rounds: Mapping[str, int]) -> Self:
        """Drop the requests of these rounds (by id), which stand as registrations or are over."""
        entering = {
            member: request
            for member, request in self.entering.items()
            if member not in rounds or rounds[member] < request["generation"]
        }
        if len(entering) == len(self.entering):
            return self
        return self.model_copy(update={"entering": entering, "unsettled": int(bool(entering))})

    def entering_rounds(self) -> dict[str, int]:
        """The rounds that may not stand as registrations yet, by id."""
        return {member: request["generation"] for member, request in self.entering.items()}

    def release(self, registration: Request) -> Self:
        """Free the seat, or the place on the waiting list, of this round of a registration."""
        place, generation = self.place_of(registration.id)
        if generation != registration.generation or place == Place.LEFT:
            return self
        return self._move(registration.id, f"{Place.LEFT}:{generation}")

    def align(self, session: Terms) -> Self:
        """Take over capacity and openness from this version of the session, unless a later one was here."""
        if self.aligned >= session.version:
            return self
        capacity = seats_of(session)
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
        return self._move(first, f"{Place.SEAT}:{generation}").model_copy(update=promoting)

    def end_promotion(self, promoting: str) -> Self:
        """Note that the promoted person was told: the next may be."""
        return self.model_copy(update={"promoting": ""}) if self.promoting == promoting else self

    def _move(self, member: str, place: str) -> Self:
        """Change the place of a member, and the counters."""
        before = self.members.get(member, "")
        return self.model_copy(
            update={
                "members": {**self.members, member: place},
                "seats_free": self.seats_free + _is(Place.SEAT, before) - _is(Place.SEAT, place),
                "waiting_count": self.waiting_count - _is(Place.WAITING, before) + _is(Place.WAITING, place),
            }
        )

    def _arrivals(self) -> Iterator[tuple[int, str]]:
        for member, place in self.members.items():
            if place.startswith("waiting:"):
                yield int(place.rpartition(":")[2]), member


@dataclass(frozen=True, slots=True)
class SeatCounts:
    registered: int
    waiting: int
    attended: int

    @property
    def recipients(self) -> int:
        """How many get a mail when the session moves or is cancelled."""
        return self.registered + self.waiting


def seats_of(session: Terms) -> int:
    return session.capacity if session.capacity is not None else UNLIMITED_SEATS


def _is(place: Place, member_place: str) -> bool:
    return member_place.startswith(f"{place}:")
