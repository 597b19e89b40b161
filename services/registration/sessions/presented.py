"""Sessions as public pages show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.registration.programmes.domain import Programme
from services.registration.programmes.usecases import Programmes
from services.registration.public_site import PublicSite
from services.registration.sessions.domain import Session
from services.registration.sessions.store import When
from services.registration.sessions.usecases import Sessions, SessionView
from shared.events.vocabulary import SessionStatus

_PUBLISHED_WITHIN = timedelta(days=60)
"""How long after a session its recording and its materials may still be to come."""


@dataclass(frozen=True, slots=True)
class PresentedSession:
    session: Session
    programme: Programme
    seats_left: int | None
    """Seats to be had now; None without limit."""
    turns_away: bool
    """Whether it has begun without a seat left."""
    has_results: bool
    seen_at: datetime

    @property
    def is_open(self) -> bool:
        return self.session.takes_registrations(self.seen_at) and not self.turns_away

    @property
    def is_past(self) -> bool:
        return self.seen_at >= self.session.over_at

    @property
    def is_over(self) -> bool:
        return not self.session.is_scheduled or self.is_past

    @property
    def is_long_over(self) -> bool:
        return self.seen_at >= self.session.over_at + _PUBLISHED_WITHIN

    @property
    def is_running(self) -> bool:
        return not self.is_over and self.seen_at >= self.session.starts_at

    @property
    def path(self) -> str:
        return f"/sessions/{self.session.id}"

    @property
    def zone(self) -> str:
        return self.programme.time_zone

    @property
    def is_cancelled(self) -> bool:
        return self.session.status is SessionStatus.CANCELLED

    @property
    def has_moved(self) -> bool:
        return self.session.previous_starts_at is not None and not self.is_cancelled


@dataclass(frozen=True)
class SessionSite(PublicSite):
    sessions: Sessions
    programmes: Programmes

    async def session(self, session_id: str) -> PresentedSession:
        view = await self.sessions.view(session_id)
        return _presented(view, await self.programmes.get(view.session.programme), self.clock())

    async def listed(
        self, programmes: Mapping[str, Programme], *, when: When | None, limit: int, programme: str | None = None
    ) -> list[PresentedSession]:
        """Sessions of one programme or all, past ones the latest first."""
        views = await self.sessions.page(programme=programme, when=when, limit=limit)
        return self.presented(views.items, programmes)

    async def some(self, session_ids: Sequence[str], programmes: Mapping[str, Programme]) -> list[PresentedSession]:
        """Those of these sessions that there are, in this order."""
        return self.presented(await self.sessions.some(session_ids), programmes)

    def presented(self, views: Iterable[SessionView], programmes: Mapping[str, Programme]) -> list[PresentedSession]:
        """Sessions with those of the programmes that are theirs."""
        now = self.clock()
        return [
            _presented(view, programmes[view.session.programme], now)
            for view in views
            if view.session.programme in programmes
        ]


def _presented(view: SessionView, programme: Programme, now: datetime) -> PresentedSession:
    return PresentedSession(
        session=view.session,
        programme=programme,
        seats_left=view.seats_left,
        turns_away=view.turns_away(now),
        has_results=view.has_results,
        seen_at=now,
    )
