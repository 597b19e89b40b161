"""Scheduling sessions and all that follows until they are over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from services.registration.domain import sessions
from services.registration.domain.problems import SessionFullProblem, SessionUnknownProblem
from services.registration.domain.rosters import Roster
from services.registration.domain.sessions import Session
from services.registration.public_store import KnownResults
from services.registration.store import BY_START, BY_START_LATEST_FIRST, RegistrationStore
from services.registration.usecases.seats import Seats
from shared.clock import Clock
from shared.events.base import Event
from shared.events.registration import Material
from shared.events.vocabulary import Language, SessionStatus
from shared.storage.aggregates import Decide, NotFoundError
from shared.storage.contract import Order, Scalar

LIVE_FOR = timedelta(days=60)
"""Sessions that began longer ago are not announced again: their mails, surveys and results are done."""


class When(StrEnum):
    """Which sessions a list holds."""

    UPCOMING = "upcoming"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session with the state of its seats and of its results."""

    session: Session
    roster: Roster | None
    has_results: bool = False
    """Whether there are results to be seen."""

    @property
    def seats_left(self) -> int | None:
        """Seats that somebody who registers now can have; None without limit."""
        if self.roster is None or self.session.capacity is None:
            return None
        return 0 if self.roster.waiting_count else max(0, self.roster.seats_free)

    @property
    def waiting(self) -> int:
        """How many wait for a seat."""
        return self.roster.waiting_count if self.roster else 0

    def turns_away(self, now: datetime) -> bool:
        """Whether it takes nobody more although it is not over: all seats are taken by people who cannot cancel any
        more. A place on the waiting list is worth something again once the office adds seats."""
        may_cancel = self.session.lets_cancel(now)
        return self.session.takes_registrations(now) and not may_cancel and self.seats_left == 0


class Sessions:
    """What the office does about sessions, and what anybody may see of them."""

    def __init__(self, store: RegistrationStore, seats: Seats, results: KnownResults, clock: Clock) -> None:
        self._store = store
        self._seats = seats
        self._results = results
        self._clock = clock
        self._live: list[str] = []

    async def schedule(self, session: Session) -> Session:
        """Put a session on the calendar."""
        scheduled = session.model_copy(update={"changed_at": self._clock()})
        if not await self._store.rosters.create(session):
            scheduled = sessions.with_roster_from_before(scheduled)
        await self._store.sessions.create(scheduled, sessions.scheduled(scheduled))
        return await self._seats.settle(session.id) or scheduled if scheduled.unsettled else scheduled

    async def change(self, session_id: str, changes: dict[str, Any]) -> Session:
        """Change title, description, duration, capacity or join link.

        More seats promote who waits, fewer take none away: who registered without limit keeps the seat, and counts.

        Raises:
            SessionUnknownProblem: there is none.
            SessionNotScheduledProblem: the duration or capacity of a session that was cancelled or has ended.
        """
        return await self._decide(session_id, lambda session: sessions.change(session, changes))

    async def reschedule(self, session_id: str, starts_at: datetime, duration_minutes: int | None) -> Session:
        """Move a session.

        Raises:
            SessionUnknownProblem, SessionNotScheduledProblem, SameTimeProblem: it cannot be moved so.
        """
        return await self._decide(session_id, lambda session: sessions.reschedule(session, starts_at, duration_minutes))

    async def cancel(self, session_id: str, reason: dict[Language, str] | None) -> Session:
        """Cancel a session; doing it again changes nothing.

        Raises:
            SessionUnknownProblem, SessionNotScheduledProblem: there is none, or it has ended.
        """
        return await self._decide(session_id, lambda session: sessions.cancel(session, reason))

    async def end(self, session_id: str) -> Session:
        """End a session, also before its time: the office decides. Doing it again changes nothing.

        Raises:
            SessionUnknownProblem, SessionNotScheduledProblem: there is none, or it was cancelled.
        """
        now = self._clock()
        return await self._decide(session_id, lambda session: sessions.end(session, now))

    async def publish_materials(self, session_id: str, recording_url: str, materials: list[Material]) -> Session:
        """Publish recording and materials, in place of those before.

        Raises:
            SessionUnknownProblem, SessionNotScheduledProblem: there is none, or it was cancelled.
        """
        published = tuple(materials)
        return await self._decide(
            session_id, lambda session: sessions.publish_materials(session, recording_url, published)
        )

    async def end_overdue(self, end_after: timedelta) -> bool:
        """End the sessions that nobody ended; as a loop's step, never more at once."""
        for session_id in await self._store.sessions_to_end(self._clock() - end_after):
            await self.end(session_id)
        return False

    async def view(self, session_id: str) -> SessionView:
        """A session with its seats and whether it has results.

        Raises:
            SessionUnknownProblem: there is none.
        """
        session = await self._store.sessions.get(session_id)
        if session is None:
            raise SessionUnknownProblem
        [view] = await self._views([session])
        return view

    async def require_seat_once_begun(self, session: Session) -> None:
        """Before the start there is always a place, be it on the waiting list. It may be taken just afterwards.

        Raises:
            SessionFullProblem: the session has begun without a seat left, whoever asks for one.
        """
        now = self._clock()
        if session.capacity is not None and not session.unsettled and not session.lets_cancel(now):
            [view] = await self._views([session])
            if view.turns_away(now):
                raise SessionFullProblem

    async def page(
        self, *, programme: str | None, when: When | None, limit: int, after: Sequence[Scalar] | None
    ) -> list[SessionView]:
        """Sessions in the order of `order_of(when)`."""
        now = self._clock()
        found = await self._store.find_sessions(
            programme=programme,
            over_before=now if when is When.PAST else None,
            over_after=now if when is When.UPCOMING else None,
            order=self.order_of(when),
            limit=limit,
            after=after,
        )
        return await self._views(found)

    async def some(self, session_ids: Sequence[str]) -> list[SessionView]:
        """Those of these sessions that there are, in this order."""
        places = {session_id: place for place, session_id in enumerate(session_ids)}
        found = await self._store.sessions_with(session_ids)
        return await self._views(sorted(found, key=lambda session: places[session.id]))

    @staticmethod
    def order_of(when: When | None) -> Order:
        """By start; past sessions the latest first."""
        return BY_START_LATEST_FIRST if when is When.PAST else BY_START

    @property
    def live(self) -> list[str]:
        """The sessions whose state is still announced at intervals, as of the last `refresh_live`."""
        return self._live

    async def refresh_live(self) -> bool:
        """Read anew which sessions are live; as a loop's step, never more at once."""
        self._live = await self._store.live_session_ids(self._clock() - LIVE_FOR)
        return False

    async def restate(self, session_id: str) -> None:
        """Announce a session again to who has missed it."""
        await self._store.sessions.restate(session_id, sessions.restate)

    async def _views(self, found: Sequence[Session]) -> list[SessionView]:
        rosters = await self._store.rosters.find(
            [session.id for session in found if session.capacity is not None or session.unsettled]
        )
        ended = [session.id for session in found if session.status is SessionStatus.ENDED]
        with_results = await self._results.among(ended)
        return [SessionView(session, rosters.get(session.id), session.id in with_results) for session in found]

    async def _decide(self, session_id: str, decide: Decide[Session]) -> Session:
        """Save what is decided and carry it out."""
        now = self._clock()

        def decide_now(session: Session) -> tuple[Session, Sequence[Event]]:
            decided, events = decide(session)
            return decided if decided == session else decided.model_copy(update={"changed_at": now}), events

        try:
            session = await self._store.sessions.change(session_id, decide_now)
        except NotFoundError:
            raise SessionUnknownProblem from None
        return await self._seats.settle(session_id) or session if session.unsettled else session
