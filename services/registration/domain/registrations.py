"""A registration: one person for one session, in rounds; each new round begins after a cancellation.

Its id is derived from session and address, so that the same person is there once. What is decided here and has still
to reach the roster of seats is marked `unsettled` in the same write; the sweep takes up what a crash left behind.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.clock import StoredInstant
from shared.events.base import Event
from shared.events.registration import EntityRegistered, PersonEvent, RegistrationCancelled, WaitingListPromoted
from shared.events.vocabulary import Language, RegistrationStatus
from shared.storage.aggregates import Aggregate


class RegistrationState(StrEnum):
    """The public states, and the one before a seat or a place on the waiting list is found."""

    REQUESTED = "requested"
    REGISTERED = "registered"
    WAITING = "waiting"
    CANCELLED = "cancelled"


class Place(StrEnum):
    """What the roster answers to a request."""

    SEAT = "seat"
    WAITING = "waiting"
    LEFT = "left"
    """This round was over before: nothing is taken again."""
    CLOSED = "closed"


class Registration(Aggregate):
    """A person registered, waiting or cancelled. Personal data: it stays within registration and its people events."""

    session_id: str
    programme: str
    state: RegistrationState
    name: str
    email: str
    entity_code: str
    entity_name: str
    role: str = ""
    language: Language = Language.CA
    generation: int = 1
    """The round: raised when somebody who had cancelled registers again."""
    arrived_at: StoredInstant
    """When the person asked in this round, and accepted the notice; orders the waiting list."""
    changed_at: StoredInstant
    promoted: int = 0
    """1 when the seat came from the waiting list."""
    attended_at: StoredInstant | None = None
    """When the person first followed the join link."""
    unsettled: int = 0
    """1 while the roster may not know yet what is written here."""


Decision = tuple[Registration, Sequence[Event]]

_KEPT = set(Aggregate.model_fields)


def request(registration: Registration) -> Registration:
    """The registration as one that asks a roster for a seat."""
    return registration.model_copy(update={"state": RegistrationState.REQUESTED, "unsettled": 1})


def register(registration: Registration) -> Decision:
    """A seat without asking a roster: the session has no limit."""
    update = {"state": RegistrationState.REGISTERED, "unsettled": 0}
    registered = registration.model_copy(update=update)
    return registered, [_tell(EntityRegistered, registered)]


def next_round(before: Registration, asked: Registration) -> Registration:
    """What somebody who had cancelled asks now, as the next round of the same registration."""
    asked_now = {field: getattr(asked, field) for field in Registration.model_fields if field not in _KEPT}
    return before.model_copy(update={**asked_now, "generation": before.generation + 1})


def place(registration: Registration, generation: int, found: Place, now: datetime) -> Decision:
    """A request got what the roster gave it. A refused one ends without a word: it was never acknowledged."""
    if registration.state is not RegistrationState.REQUESTED or registration.generation != generation:
        return registration, []
    states = {Place.SEAT: RegistrationState.REGISTERED, Place.WAITING: RegistrationState.WAITING}
    state = states.get(found, RegistrationState.CANCELLED)
    placed = registration.model_copy(update={"state": state, "unsettled": 0, "changed_at": now})
    return placed, [_tell(EntityRegistered, placed)] if found in states else []


def promote(registration: Registration, generation: int, now: datetime) -> Decision:
    """The roster gave the first of the waiting list a seat. One still requested never knew that it waited."""
    if registration.generation != generation:
        return registration, []
    if registration.state is RegistrationState.REQUESTED:
        return place(registration, generation, Place.SEAT, now)
    if registration.state is not RegistrationState.WAITING:
        return registration, []
    update = {"state": RegistrationState.REGISTERED, "promoted": 1, "changed_at": now}
    promoted = registration.model_copy(update=update)
    return promoted, [_tell(WaitingListPromoted, promoted)]


def cancel(registration: Registration, now: datetime, *, rostered: bool) -> Decision:
    """The person gives up the seat or the place; cancelling again changes nothing."""
    if registration.state in (RegistrationState.CANCELLED, RegistrationState.REQUESTED):
        return registration, []
    update = {"state": RegistrationState.CANCELLED, "changed_at": now, "unsettled": int(rostered)}
    cancelled = registration.model_copy(update=update)
    return cancelled, [_tell(RegistrationCancelled, cancelled)]


def attend(registration: Registration, now: datetime) -> Decision:
    """The person followed the join link; the first time counts."""
    if registration.attended_at or registration.state is not RegistrationState.REGISTERED:
        return registration, []
    return registration.model_copy(update={"attended_at": now}), []


def restate(registration: Registration) -> list[Event]:
    """The event that told the present state, for who has missed it."""
    if registration.state is RegistrationState.REQUESTED:
        return []
    if registration.state is RegistrationState.CANCELLED:
        return [_tell(RegistrationCancelled, registration)]
    return [_tell(WaitingListPromoted if registration.promoted else EntityRegistered, registration)]


def _tell(event: type[PersonEvent], registration: Registration) -> PersonEvent:
    told: dict[str, Any] = {
        field: getattr(registration, field)
        for field in ("session_id", "programme", "name", "email", "entity_code", "entity_name", "role", "language")
    }
    return event(
        **told,
        version=registration.version,
        registration_id=registration.id,
        status=RegistrationStatus(registration.state),
        generation=registration.generation,
    )
