"""A store that dies before its n-th write, as the process would, and what must hold after the sweep."""

from collections import Counter
from typing import Any

from services.registration.registrations.domain import Registration, RegistrationState
from services.registration.seats.domain import UNLIMITED_SEATS, Roster
from services.registration.sessions.domain import Session
from tests.integration.registration.conftest import Office, data, told

WRITES = ("insert", "insert_many", "replace", "update", "update_many", "delete")
PLACES = {
    RegistrationState.REGISTERED: "seat",
    RegistrationState.WAITING: "waiting",
    RegistrationState.CANCELLED: "left",
}


class CrashedError(BaseException):
    """The process is dead: no code of the product may catch this."""


class CrashingStore:
    """Passes everything on; before write number `crash_at` (from 0) and at all later ones it is dead."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.crash_at: int | None = None
        self.writes = 0

    def restart(self, crash_at: int | None = None) -> None:
        self.crash_at, self.writes = crash_at, 0

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._store, name)
        return self._mortal(operation) if name in WRITES else operation

    def _mortal(self, operation: Any) -> Any:
        async def write(*args: Any, **options: Any) -> Any:
            if self.crash_at is not None and self.writes >= self.crash_at:
                raise CrashedError
            done = await operation(*args, **options)
            if done:  # a guard that does not hold writes nothing
                self.writes += 1
            return done

        return write


def crash_between_writes(office: Office) -> CrashingStore:
    """Make the office's store mortal."""
    crashing = CrashingStore(office.documents)
    replace_store(office, crashing)
    return crashing


def replace_store(office: Office, store: Any) -> None:
    """Put another store under the office's."""
    for kept in (*vars(office.store).values(), office.store.offers.selections):
        kept._store = store


async def assert_never_oversold(office: Office, session: str, most: int) -> None:
    """Holds at any moment, also in the middle of a crash."""
    states = Counter(registration.state for registration in await office.registrations(session))
    assert states[RegistrationState.REGISTERED] <= most


async def assert_settled(office: Office, session: str) -> None:
    """Registrations, roster and events tell the same story, and nothing is left to do."""
    registrations, current = await office.registrations(session), await office.session(session)
    for registration in registrations:
        assert registration.unsettled == 0, registration.state
        _assert_told_once(registration)
    assert current.unsettled == 0
    _assert_on_roster(await office.roster(session), current, registrations)


def _assert_on_roster(roster: Roster, session: Session, registrations: list[Registration]) -> None:
    for registration in registrations:
        assert roster.place_of(registration.id) == (PLACES[registration.state], registration.generation)
    assert roster.members.keys() <= {registration.id for registration in registrations}, "a seat that nobody has"
    _assert_counted(roster)
    assert (roster.open == 1) == session.is_scheduled
    assert roster.capacity == (session.capacity or UNLIMITED_SEATS)
    if roster.open:
        assert roster.waiting_count == 0 or roster.seats_free <= 0, "somebody waits while a seat is free"


def _assert_counted(roster: Roster) -> None:
    places = Counter(place.partition(":")[0] for place in roster.members.values())
    assert (roster.promoting, roster.entering, roster.unsettled) == ("", {}, 0)
    assert roster.seats_free == roster.capacity - places["seat"]
    assert roster.waiting_count == places["waiting"]


def _assert_told_once(registration: Registration) -> None:
    """Within a round: registered once, promoted at most once and only from the list, cancelled at most once."""
    versions = [event["version"] for event in data(registration)]
    assert versions == sorted(set(versions))
    for generation in range(1, registration.generation + 1):
        events = [
            (name, event["status"])
            for name, event in zip(told(registration), data(registration), strict=True)
            if event["generation"] == generation and name != "confirmation-requested"
        ]
        names = [name for name, _ in events]
        assert len(names) == len(set(names)), names
        assert names in _STORIES, names
        if "waiting-list-promoted" in names:
            assert events[0] == ("entity-registered", "waiting")


_STORIES = [
    [],
    ["entity-registered"],
    ["entity-registered", "registration-cancelled"],
    ["entity-registered", "waiting-list-promoted"],
    ["entity-registered", "waiting-list-promoted", "registration-cancelled"],
]
