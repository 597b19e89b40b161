"""What all public pages share: the frame, the use cases, sessions with their programmes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request

from services.registration.domain.programmes import Programme
from services.registration.domain.sessions import Session
from services.registration.usecases import UseCases
from services.registration.usecases.registrations import RegistrationView
from services.registration.usecases.sessions import SessionView, When
from shared.clock import Clock
from shared.events.vocabulary import SessionStatus
from shared.links import LinkPurpose, Links
from shared.web.pages import Pages

_MANY_PROGRAMMES = 500
_PUBLISHED_WITHIN = timedelta(days=60)
"""How long after a session its recording and its materials may still be to come."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who runs the installation, as its operator set it."""

    organiser: str = ""
    """Name of the body; empty: those that the programmes name."""
    contact: str = ""
    """Mailbox for questions about personal data and accessibility; empty: those of the programmes."""
    keep_people: timedelta = timedelta(days=365)
    """How long after a session the data of those registered are kept."""
    keep_followers: timedelta = timedelta(days=90)
    """How long after a proposal was answered or declined the addresses of who followed it are kept."""
    mail_from: str = "dijous@localhost"
    """The mailbox of entries whose programme has none."""
    mail_domain: str = "localhost"
    """What the UIDs of calendar entries end with, in mails and feeds alike."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A session as pages show it."""

    session: Session
    programme: Programme
    seats_left: int | None
    """Seats to be had now; None without limit."""
    turns_away: bool
    """Whether it has begun without a seat left."""
    has_results: bool
    """Whether there are results to be seen."""
    seen_at: datetime
    """The instant at which it is looked at."""

    @property
    def is_open(self) -> bool:
        """Whether one can register."""
        return self.session.takes_registrations(self.seen_at) and not self.turns_away

    @property
    def is_past(self) -> bool:
        """Whether its time is over, whatever became of it."""
        return self.seen_at >= self.session.over_at

    @property
    def is_over(self) -> bool:
        """Whether it has taken place, or will not."""
        return not self.session.is_scheduled or self.is_past

    @property
    def is_long_over(self) -> bool:
        """Whether it was so long ago that what is not published of it will not be."""
        return self.seen_at >= self.session.over_at + _PUBLISHED_WITHIN

    @property
    def is_running(self) -> bool:
        """Whether it has begun and is not over."""
        return not self.is_over and self.seen_at >= self.session.starts_at

    @property
    def path(self) -> str:
        """Where its page is."""
        return f"/sessions/{self.session.id}"

    @property
    def zone(self) -> str:
        """The time zone in which its times are told."""
        return self.programme.time_zone

    @property
    def is_cancelled(self) -> bool:
        """Whether it will not take place."""
        return self.session.status is SessionStatus.CANCELLED

    @property
    def has_moved(self) -> bool:
        """Whether it is at another time than it was announced for."""
        return self.session.previous_starts_at is not None and not self.is_cancelled


@dataclass(frozen=True, slots=True)
class Front:
    """The public side of the service."""

    pages: Pages
    use_cases: UseCases
    links: Links
    publisher: Publisher
    clock: Clock

    async def programmes(self) -> dict[str, Programme]:
        """All programmes by slug."""
        found = await self.use_cases.programmes.page(limit=_MANY_PROGRAMMES, after=None)
        return {programme.id: programme for programme in found}

    async def session(self, session_id: str) -> Shown:
        """One session.

        Raises:
            SessionUnknownProblem: there is none.
        """
        view = await self.use_cases.sessions.view(session_id)
        return shown(view, await self.use_cases.programmes.get(view.session.programme), self.clock())

    async def personal(
        self, request: Request, token: str, purpose: LinkPurpose = LinkPurpose.REGISTRATION
    ) -> RegistrationView:
        """The registration that a link speaks of. From here on the page, be it of an error, speaks its language.

        Raises:
            LinkInvalidProblem, LinkExpiredProblem, ErasedProblem: the link is not good, or no longer.
        """
        registrations = self.use_cases.registrations
        self.pages.speak(request, await registrations.language(token, purpose))
        return await registrations.view(registrations.read_link(token, purpose))

    async def sessions(
        self, programmes: Mapping[str, Programme], *, when: When | None, limit: int, programme: str | None = None
    ) -> list[Shown]:
        """Sessions of one programme or all, past ones the latest first."""
        views = await self.use_cases.sessions.page(programme=programme, when=when, limit=limit, after=None)
        return self.shown(views, programmes)

    def shown(self, views: Iterable[SessionView], programmes: Mapping[str, Programme]) -> list[Shown]:
        """Sessions with those of the programmes that are theirs."""
        now = self.clock()
        return [
            shown(view, programmes[view.session.programme], now)
            for view in views
            if view.session.programme in programmes
        ]


def shown(view: SessionView, programme: Programme, now: datetime) -> Shown:
    """A session as pages show it at an instant."""
    return Shown(
        session=view.session,
        programme=programme,
        seats_left=view.seats_left,
        turns_away=view.turns_away(now),
        has_results=view.has_results,
        seen_at=now,
    )
