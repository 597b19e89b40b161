"""Sessions as public pages show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.registration.programmes.domain import Programme
from services.registration.programmes.usecases import Programmes
from services.registration.public_site import SiteOwner
from services.registration.sessions.domain import Session
from services.registration.sessions.store import When
from services.registration.sessions.usecases import Sessions, SessionView
from shared.clock import Clock
from shared.events.vocabulary import SessionStatus
from shared.security.links import Links
from shared.web.pages import Pages

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
    def is_tentative(self) -> bool:
        return bool(self.session.tentative) and not self.is_over

    @property
    def is_long_over(self) -> bool:
        return self.seen_at >= self.session.over_at + _PUBLISHED_WITHIN

    @property
    def is_running(self) -> bool:
        return not (self.is_over or self.session.tentative) and self.seen_at >= self.session.starts_at

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


@dataclass(frozen=True, slots=True)
class Doubt:
    """What an accepted petition for support asks, until a session treats it."""

    petition_id: str
    entity_name: str
    text: str


@dataclass(frozen=True)
class SessionSite:
    """What public pages share; a noun of its own adds the use cases that its pages call."""

    pages: Pages
    links: Links
    owner: SiteOwner
    clock: Clock
    sessions: Sessions
    programmes: Programmes

    async def public_session(self, session_id: str) -> PresentedSession:
        """A session for whoever asks.

        Raises SessionUnknownProblem: there is none that anybody may know of.
        """
        return await self._shown(await self.sessions.public_view(session_id))

    async def session(self, session_id: str) -> PresentedSession:
        """A session for somebody who holds a personal link of it, whoever it is for."""
        return await self._shown(await self.sessions.view(session_id))

    async def _shown(self, view: SessionView) -> PresentedSession:
        programme = await self.programmes.get(view.session.programme)
        return self.presented([view], {programme.id: programme})[0]

    async def listed(
        self, programmes: Mapping[str, Programme], *, when: When | None, limit: int, programme: str | None = None
    ) -> list[PresentedSession]:
        """Sessions of one programme or all, past ones the latest first."""
        views = await self.sessions.page(programme=programme, when=when, limit=limit)
        return self.presented(views.items, programmes)

    async def some(self, session_ids: Sequence[str], programmes: Mapping[str, Programme]) -> list[PresentedSession]:
        """The sessions that exist, in this order."""
        return self.presented(await self.sessions.some(session_ids), programmes)

    def presented(self, views: Iterable[SessionView], programmes: Mapping[str, Programme]) -> list[PresentedSession]:
        """The sessions of these programmes."""
        now = self.clock()
        return [
            PresentedSession(
                session=view.session,
                programme=programmes[view.session.programme],
                seats_left=view.seats_shown,
                turns_away=view.turns_away(now),
                has_results=view.has_results and view.session.is_public,  # nobody finds the page of the others
                seen_at=now,
            )
            for view in views
            if view.session.programme in programmes
        ]
