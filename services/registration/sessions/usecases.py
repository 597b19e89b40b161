"""Scheduling sessions and all that follows until they are over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from services.registration.projections import KnownResults
from services.registration.seats.domain import Roster
from services.registration.seats.store import Rosters
from services.registration.sessions import domain as sessions
from services.registration.sessions.domain import Session
from services.registration.sessions.problems import AlreadyRegisteredProblem, OutsidersProblem, SessionUnknownProblem
from services.registration.sessions.search import IndexEntry
from services.registration.sessions.store import SessionStore, When
from shared.clock import Clock
from shared.events.base import Event
from shared.events.registration import Material
from shared.events.vocabulary import Language, SessionStatus
from shared.security.actions import Action
from shared.staff import Role
from shared.storage.aggregates import Decide, NotFoundError
from shared.storage.collection import Place, Slice
from shared.storage.records import Author, Details, Recording, changed_fields

LIVE_FOR = timedelta(days=60)
"""Sessions that began longer ago are not announced again: their mails, surveys and results are done."""


@dataclass(frozen=True, slots=True)
class SessionView:
    session: Session
    roster: Roster | None
    has_results: bool = False

    @property
    def seats_left(self) -> int | None:
        """Seats to be had now; None without limit."""
        if self.roster is None or self.session.capacity is None:
            return None
        return 0 if self.roster.waiting_count else max(0, self.roster.seats_free)

    @property
    def seats_shown(self) -> int | None:
        """As everybody is told: at least so many, in tens, or 1 for fewer than ten. An exact number would tell whether
        somebody whom one registers was registered before."""
        return self.seats_left and max(1, _tens(self.seats_left))

    @property
    def waiting_shown(self) -> int:
        return _tens(self.waiting)

    @property
    def waiting(self) -> int:
        return self.roster.waiting_count if self.roster else 0

    def turns_away(self, now: datetime) -> bool:
        """Whether it is not over but full, with people who can no longer cancel.

        A place on the waiting list is worth something again once the office adds seats.
        """
        may_cancel = self.session.lets_cancel(now)
        return self.session.takes_registrations(now) and not may_cancel and self.seats_left == 0


def _tens(number: int) -> int:
    return number // 10 * 10


class Settling(Protocol):
    async def settle(self, session_id: str) -> Session | None:
        """Carry out a session's decisions on its seats. Returns the session, or None if there is none."""


class Members(Protocol):
    async def entities_of(self, programme: str, /) -> set[str]:
        """Codes of the entities that take part in its phases."""


class Attending(Protocol):
    async def entities_of(self, session_id: str, /) -> list[str]:
        """The entity of each person who has a seat or waits."""


class Sessions:
    """Acts on a session raise SessionUnknownProblem, and whatever the decision of the same name in `domain` raises."""

    def __init__(
        self,
        stored: SessionStore,
        rosters: Rosters,
        settling: Settling,
        results: KnownResults,
        members: Members,
        attending: Attending,
        clock: Clock,
    ) -> None:
        self._stored = stored
        self._rosters = rosters
        self._members = members
        self._attending = attending
        self._settling = settling
        self._results = results
        self._clock = clock
        self.live: list[str] = []
        """Ids of the sessions that are still announced at intervals; `refresh_live` reads them."""
        self.schedule = Action("session.scheduled", Role.EDITOR, self._schedule)
        self.change = Action("session.changed", Role.EDITOR, self._change)
        self.reschedule = Action("session.rescheduled", Role.EDITOR, self._reschedule)
        self.cancel = Action("session.cancelled", Role.EDITOR, self._cancel)
        self.end = Action("session.ended", Role.EDITOR, self._end)
        self.publish_materials = Action("session.materials-published", Role.EDITOR, self._publish_materials)

    async def _schedule(self, by: Author, session: Session) -> Session:
        """Raises NobodyNamedProblem."""
        sessions.require_somebody(session)
        return await self.add(session, by.record(session.id, {"programme": session.programme}))

    async def add(self, session: Session, record: Recording[Session] | None) -> Session:
        scheduled = session.model_copy(update={"changed_at": self._clock()})
        if not await self._rosters.create(session):
            scheduled = sessions.with_roster_from_before(scheduled)
        await self._stored.create(scheduled, sessions.scheduled(scheduled), record=record)
        return await self._settling.settle(session.id) or scheduled if scheduled.unsettled else scheduled

    async def _change(self, by: Author, session_id: str, changes: dict[str, Any]) -> Session:
        """More seats promote those who wait. Fewer take no seat away, also of those who registered without limit.

        Raises:
            OutsidersProblem: people are registered of entities that it would no longer be for.
            AlreadyRegisteredProblem: its date would become provisional for people who are registered.
        """
        await self._require_room_for_the_registered(session_id, changes)
        record: Recording[Session] = by.record(session_id, changed_fields(changes))
        return await self._decide(session_id, lambda session: sessions.change(session, changes), record)

    async def _reschedule(
        self, by: Author, session_id: str, starts_at: datetime, duration_minutes: int | None
    ) -> Session:
        def moved(before: Session, after: Session) -> Details:
            return {"from": before.starts_at.isoformat(), "to": after.starts_at.isoformat()}

        now = self._clock()
        return await self._decide(
            session_id,
            lambda session: sessions.reschedule(session, starts_at, duration_minutes, now),
            by.record(session_id, moved),
        )

    async def _cancel(self, by: Author, session_id: str, reason: dict[Language, str] | None) -> Session:
        return await self._decide(session_id, lambda session: sessions.cancel(session, reason), by.record(session_id))

    async def _end(self, by: Author | None, session_id: str) -> Session:
        """End a session, also before its time. No author: the clock decides, and drops what was never confirmed.
        Ending again changes nothing.
        """
        now = self._clock()
        decide = sessions.end if by else sessions.run_out
        return await self._decide(
            session_id, lambda session: decide(session, now), by.record(session_id) if by else None
        )

    async def _publish_materials(
        self, by: Author, session_id: str, recording_url: str, materials: list[Material]
    ) -> Session:
        return await self._decide(
            session_id,
            lambda session: sessions.publish_materials(session, recording_url, tuple(materials)),
            by.record(session_id, {"materials": len(materials)}),
        )

    async def end_overdue(self, end_after: timedelta) -> bool:
        """End the sessions that nobody ended; a step of a loop."""
        for session_id in await self._stored.overdue(self._clock() - end_after):
            await self._end(None, session_id)
        return False

    async def view(self, session_id: str) -> SessionView:
        """Raises SessionUnknownProblem."""
        session = await self._stored.get(session_id)
        if session is None:
            raise SessionUnknownProblem
        [view] = await self._views([session])
        return view

    async def public_view(self, session_id: str) -> SessionView:
        """A session that anybody may know of.

        Raises SessionUnknownProblem.
        """
        view = await self.view(session_id)
        if not view.session.is_public:
            raise SessionUnknownProblem
        return view

    async def page(
        self, *, programme: str | None, when: When | None, limit: int, after: Place | None = None, hidden: bool = False
    ) -> Slice[SessionView]:
        """Those that anybody may know of; with `hidden` all."""
        found = await self._stored.listed(programme=programme, when=when, limit=limit, after=after, hidden=hidden)
        return Slice(await self._views(found.items), found.next)

    async def some(self, session_ids: Sequence[str]) -> list[SessionView]:
        """The sessions that exist, in this order."""
        return await self._views([*(await self._stored.many(session_ids)).values()])

    async def index(self) -> list[IndexEntry]:
        """Those that anybody may know of."""
        return await self._stored.index()

    async def refresh_live(self) -> bool:
        """A step of a loop."""
        self.live = await self._stored.live_ids(self._clock() - LIVE_FOR)
        return False

    async def republish(self, session_id: str) -> None:
        await self._stored.republish(session_id, sessions.republish)

    async def _views(self, found: Sequence[Session]) -> list[SessionView]:
        rosters = await self._rosters.many(
            [session.id for session in found if session.capacity is not None or session.unsettled]
        )
        ended = [session.id for session in found if session.status is SessionStatus.ENDED]
        with_results = await self._results.among(ended)
        return [SessionView(session, rosters.get(session.id), session.id in with_results) for session in found]

    async def _require_room_for_the_registered(self, session_id: str, changes: dict[str, Any]) -> None:
        if changes.keys().isdisjoint(("audience", "entities", "tentative")):
            return
        before = (await self.view(session_id)).session
        after, registered = before.model_copy(update=changes), await self._attending.entities_of(session_id)
        members = await self._members.entities_of(before.programme)
        if after.tentative and not before.tentative and registered:
            raise AlreadyRegisteredProblem
        outsiders = [entity for entity in registered if not after.is_for(entity, members)]
        if outsiders and (after.audience, after.entities) != (before.audience, before.entities):
            raise OutsidersProblem("/audience", people=len(outsiders))

    async def _decide(self, session_id: str, decide: Decide[Session], record: Recording[Session] | None) -> Session:
        now = self._clock()

        def decide_now(session: Session) -> tuple[Session, Sequence[Event]]:
            decided, events = decide(session)
            return decided if decided == session else decided.model_copy(update={"changed_at": now}), events

        try:
            session = await self._stored.change(session_id, decide_now, record=record)
        except NotFoundError:
            raise SessionUnknownProblem from None
        return await self._settling.settle(session_id) or session if session.unsettled else session
