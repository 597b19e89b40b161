"""What the office reads of sessions and registrations, beyond what everybody does."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from services.registration.domain.programmes import Programme
from services.registration.domain.registrations import Registration, RegistrationState
from services.registration.domain.sessions import Session
from services.registration.store import (
    BY_START,
    BY_START_LATEST_FIRST,
    PROGRAMMES,
    REGISTRATIONS,
    SESSIONS,
    all_registrations,
)
from shared.clock import Clock, to_millis
from shared.events.vocabulary import Language, SessionStatus
from shared.storage.aggregates import Aggregates
from shared.storage.contract import (
    Condition,
    Order,
    Scalar,
    Store,
    Where,
    at_least,
    at_most,
    greater,
    not_equal,
    one_of,
    position,
)

_PAGE = 1000


class View(StrEnum):
    """The office's lists of sessions."""

    UPCOMING = "upcoming"
    PAST = "past"
    CANCELLED = "cancelled"


ORDERS: dict[View, Order] = {
    View.UPCOMING: BY_START,
    View.PAST: BY_START_LATEST_FIRST,
    View.CANCELLED: BY_START_LATEST_FIRST,
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many registrations a session has, by state, and how many came."""

    registered: int
    waiting: int
    attended: int

    @property
    def told(self) -> int:
        """How many get a mail when the session moves or is cancelled."""
        return self.registered + self.waiting


class OfficeReading:
    """Lists and counts for the office."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._programmes = Aggregates(store, PROGRAMMES, Programme, clock=clock)
        self._sessions = Aggregates(store, SESSIONS, Session, clock=clock)
        self._registrations = Aggregates(store, REGISTRATIONS, Registration, clock=clock)

    async def sessions(
        self, view: View, programme: str, *, limit: int, after: Sequence[Scalar] | None = None
    ) -> list[Session]:
        """A page of one of the lists, of one programme or (empty) of all."""
        now = to_millis(self._clock())
        where: dict[str, Scalar | Condition] = {"programme": programme} if programme else {}
        if view is View.CANCELLED:
            where["status"] = SessionStatus.CANCELLED
        else:
            where["status"] = not_equal(SessionStatus.CANCELLED)
            where["over_at"] = greater(now) if view is View.UPCOMING else at_most(now)
        return await self._sessions.find(where, order=ORDERS[view], limit=limit, after=after)

    async def sessions_between(self, since: datetime, until: datetime, programme: str = "") -> list[Session]:
        """Those that begin in a stretch of time and are not cancelled, by start."""
        where: dict[str, Scalar | Condition] = {
            "starts_at": at_least(to_millis(since)),
            "status": not_equal(SessionStatus.CANCELLED),
        }
        if programme:
            where["programme"] = programme
        found = await self._sessions.find(where, order=BY_START, limit=_PAGE)
        return [session for session in found if session.starts_at <= until]

    async def numbers(self, session_id: str, readers: Collection[Language] = tuple(Language)) -> Numbers:
        """How many are registered, wait and came, of those who read in these languages."""
        of_them: Where = {"session_id": session_id}
        if len(readers) < len(Language):
            of_them = {**of_them, "language": one_of(sorted(readers))}

        async def count(**where: Scalar | Condition) -> int:
            return await self._store.count(REGISTRATIONS, {**of_them, **where})

        return Numbers(
            registered=await count(state=RegistrationState.REGISTERED),
            waiting=await count(state=RegistrationState.WAITING),
            attended=await count(state=RegistrationState.REGISTERED, attended_at=greater(0)),
        )

    async def titles(self, ids: Collection[str]) -> dict[str, dict[Language, str]]:
        """What the sessions and programmes with these ids are called."""
        where: Where = {"_id": one_of(sorted(ids))}
        sessions = await self._sessions.find(where, limit=max(1, len(ids)))
        programmes = await self._programmes.find(where, limit=max(1, len(ids)))
        return {each.id: each.title for each in sessions} | {each.id: each.name for each in programmes}

    async def registrations(self, session_id: str) -> list[Registration]:
        """All registrations for a session in the order in which they came."""
        return await all_registrations(self._registrations, session_id)

    async def participation(self, programme: str = "") -> AsyncIterator[dict[str, Any]]:
        """Every registration with a seat as a document: entity, session, whether the person came."""
        where: dict[str, Scalar | Condition] = {"state": RegistrationState.REGISTERED}
        if programme:
            where["programme"] = programme
        after: list[Scalar] | None = None
        while page := await self._store.find(REGISTRATIONS, where, limit=_PAGE, after=after):
            for document in page:
                yield document
            after = position(page[-1], ())
