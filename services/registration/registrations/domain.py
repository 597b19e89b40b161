"""A registration: one person for one session, in rounds; each new round begins after a cancellation.

Its id is derived from session and address, so that the same person is there once. A request has a place on the roster
of its session before it stands as a registration. What is given up here and has still to reach the roster is marked
`unsettled` in the same write; the sweep takes up what a crash left behind.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from services.registration.seats.domain import Place
from services.registration.sessions.domain import SessionDate
from shared.clock import StoredInstant
from shared.events.base import Event
from shared.events.registration import (
    ConfirmationRequested,
    EntityRegistered,
    PersonEvent,
    RegistrationCancelled,
    RegistrationCorrected,
    RegistrationErased,
    WaitingListPromoted,
)
from shared.events.vocabulary import Language, RegistrationStatus
from shared.problems import Problem, mark
from shared.storage.aggregates import Aggregate


class SessionClosedProblem(Problem):
    status = 409
    code = "session-closed"
    title = mark("Registration for this session is closed.")


class SessionFullProblem(Problem):
    """Once a session has begun nobody can cancel any more: a place on the waiting list would be in vain."""

    status = 409
    code = "session-full"
    title = mark("The session has begun and all its seats are taken.")


class SessionStartedProblem(Problem):
    status = 409
    code = "session-started"
    title = mark("The session has begun or is over: the registration can no longer be cancelled.")


class NotCorrectableProblem(Problem):
    status = 409
    code = "not-correctable"
    title = mark("This registration was cancelled, or its session is over: that can no longer be done.")


class AskedTooSoonProblem(Problem):
    status = 429
    code = "asked-too-soon"
    title = mark("The message is on its way. If it does not arrive, ask for it again in {minutes} min.")

    def __init__(self, left: timedelta) -> None:
        self.retry_after = max(1, round(left.total_seconds()))
        super().__init__(minutes=-(-self.retry_after // 60))


class ErasedProblem(Problem):
    status = 410
    code = "erased"
    title = mark("The data of this registration were erased. Nothing is left to be shown.")


class JoinClosedProblem(Problem):
    status = 409
    code = "join-closed"
    title = mark("The session cannot be joined now.")


class RegistrationState(StrEnum):
    """The public states, and that of a request before it has a seat or a place on the waiting list."""

    REQUESTED = "requested"
    REGISTERED = "registered"
    WAITING = "waiting"
    CANCELLED = "cancelled"


class Registration(Aggregate):
    """A person's place in a session. Personal data: it stays within registration and its people events."""

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
    left_waiting: int = 0
    """1 when what was given up was a place on the waiting list."""
    attended_at: StoredInstant | None = None
    """When the person first followed the join link."""
    asked_again_at: StoredInstant | None = None
    """When the person last asked for the confirmation once more."""
    erased_at: StoredInstant | None = None
    """When name, address and role were erased; the entity stays, for the list of those that took part."""
    unsettled: int = 0
    """1 while the roster may not know yet that the place was given up."""

    @property
    def is_active(self) -> bool:
        return self.state in (RegistrationState.REGISTERED, RegistrationState.WAITING)

    @property
    def is_waiting(self) -> bool:
        return self.state is RegistrationState.WAITING


ASK_AGAIN_AFTER = timedelta(minutes=10)
"""How long after asking for the confirmation one may ask once more."""


@dataclass(frozen=True, slots=True)
class Correction:
    """The fields that a person may correct. The address is the proof of whose it is, so it stays."""

    name: str
    entity_code: str
    entity_name: str
    role: str
    language: Language


Decision = tuple[Registration, Sequence[Event]]
_KEPT = set(Aggregate.model_fields)


def place(request: Registration, found: Place, now: datetime) -> Decision:
    """Give a request the seat, or the place on the waiting list, that was found."""
    states = {Place.SEAT: RegistrationState.REGISTERED, Place.WAITING: RegistrationState.WAITING}
    placed = request.model_copy(update={"state": states[found], "changed_at": now})
    return placed, [_tell(EntityRegistered, placed)]


def come_back(before: Registration, request: Registration, found: Place, now: datetime) -> Decision:
    """Place a person who had cancelled again, in the next round of the same registration; once."""
    if before.state is not RegistrationState.CANCELLED or before.generation >= request.generation:
        return before, []
    asked = {field: getattr(request, field) for field in Registration.model_fields if field not in _KEPT}
    return place(before.model_copy(update=asked), found, now)


def promote(registration: Registration, generation: int, now: datetime) -> Decision:
    """Take the seat that the roster gave to the first of the waiting list."""
    if registration.generation != generation or registration.state is not RegistrationState.WAITING:
        return registration, []
    update = {"state": RegistrationState.REGISTERED, "promoted": 1, "changed_at": now}
    promoted = registration.model_copy(update=update)
    return promoted, [_tell(WaitingListPromoted, promoted)]


def cancel(registration: Registration, now: datetime) -> Decision:
    """Give up the seat or the place; cancelling again changes nothing."""
    if registration.state is RegistrationState.CANCELLED:
        return registration, []
    update = {
        "state": RegistrationState.CANCELLED,
        "left_waiting": int(registration.state is RegistrationState.WAITING),
        "changed_at": now,
        "unsettled": 1,
    }
    cancelled = registration.model_copy(update=update)
    return cancelled, [_cancelled(cancelled)]


def attend(registration: Registration, now: datetime) -> Decision:
    """Record that the person followed the join link; the first time counts."""
    if registration.attended_at or registration.state is not RegistrationState.REGISTERED:
        return registration, []
    return registration.model_copy(update={"attended_at": now}), []


def leave_other_dates(registration: Registration, date: SessionDate, now: datetime) -> Decision:
    """Take back attendance of a date that the session left, and with it the seat that an erased person kept for it."""
    if registration.attended_at is None or date.holds(registration.attended_at):
        return registration, []
    update: dict[str, Any] = {"attended_at": None}
    if registration.erased_at and registration.is_active:
        update |= {"state": RegistrationState.CANCELLED, "changed_at": now, "unsettled": 1}
    return registration.model_copy(update=update), []


def correct(registration: Registration, correction: Correction) -> Decision:
    """Correct the fields. Without a change there is no event; after an erasure nothing changes."""
    corrected = registration.model_copy(update=asdict(correction))
    if corrected == registration or registration.erased_at:
        return registration, []
    told = _tell(RegistrationCorrected, corrected, promoted=bool(corrected.promoted))
    return corrected, [told] if registration.is_active else []


def ask_again(registration: Registration, now: datetime) -> Decision:
    """Send the confirmation once more, unless there is no place to confirm.

    Raises:
        AskedTooSoonProblem: it was asked for a moment ago.
    """
    asked = registration.asked_again_at
    if asked and now < asked + ASK_AGAIN_AFTER:
        raise AskedTooSoonProblem(asked + ASK_AGAIN_AFTER - now)
    if not registration.is_active:
        return registration, []
    asking = registration.model_copy(update={"asked_again_at": now})
    return asking, [_tell(ConfirmationRequested, asking)]


def ask_by_registering(registration: Registration, now: datetime) -> Decision:
    """Who registers again has lost the mail: send it once more, unless it went out a moment ago."""
    last = max(registration.arrived_at, registration.asked_again_at or registration.arrived_at)
    if now < last + ASK_AGAIN_AFTER:
        return registration, []
    return ask_again(registration, now)


def erase(registration: Registration, now: datetime, *, gives_up: bool) -> Decision:
    """Remove all personal data, also from the outbox. With `gives_up` the seat or the place is free for another."""
    if registration.erased_at:
        return registration, []
    update: dict[str, Any] = {"name": "", "email": "", "role": "", "erased_at": now, "changed_at": now, "outbox": ()}
    if gives_up and registration.is_active:
        update |= {"state": RegistrationState.CANCELLED, "unsettled": 1}
    erased = registration.model_copy(update=update)
    return erased, [_erased(erased)]


def republish(registration: Registration) -> list[Event]:
    """The event of the present state, for services that missed it."""
    if registration.erased_at:
        return [_erased(registration)]
    if registration.state is RegistrationState.CANCELLED:
        return [_cancelled(registration)]
    return [_tell(WaitingListPromoted if registration.promoted else EntityRegistered, registration)]


def _cancelled(registration: Registration) -> PersonEvent:
    return _tell(RegistrationCancelled, registration, held_seat=not registration.left_waiting)


def _erased(registration: Registration) -> RegistrationErased:
    return RegistrationErased(
        version=registration.version,
        registration_id=registration.id,
        session_id=registration.session_id,
        programme=registration.programme,
        generation=registration.generation,
    )


def _tell(event: type[PersonEvent], registration: Registration, **more: Any) -> PersonEvent:
    told: dict[str, Any] = {
        field: getattr(registration, field)
        for field in ("session_id", "programme", "name", "email", "entity_code", "entity_name", "role", "language")
    }
    return event(
        **told,
        **more,
        version=registration.version,
        registration_id=registration.id,
        status=RegistrationStatus(registration.state),
        generation=registration.generation,
    )
