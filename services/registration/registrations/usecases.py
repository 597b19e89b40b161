"""Registering, cancelling, attending."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from services.registration.registrations import domain as registrations
from services.registration.registrations.domain import (
    ErasedProblem,
    JoinClosedProblem,
    Registration,
    RegistrationState,
    SessionClosedProblem,
    SessionFullProblem,
    SessionStartedProblem,
)
from services.registration.registrations.seating import Seating
from services.registration.registrations.store import RegistrationStore
from services.registration.seats.domain import Place
from services.registration.seats.store import Rosters
from services.registration.sessions.domain import Session
from services.registration.sessions.problems import NotForEntityProblem, SessionUnknownProblem, TentativeProblem
from services.registration.sessions.store import SessionStore
from services.registration.sessions.usecases import Members, SessionView
from shared import ids
from shared.clock import Clock
from shared.entities.domain import Entity
from shared.events.vocabulary import Language
from shared.problems import ConflictProblem, LinkInvalidProblem
from shared.security.actions import Action
from shared.security.audit import Audit
from shared.security.links import LinkPurpose, Links
from shared.staff import Role
from shared.storage.aggregates import ConflictError, NotFoundError
from shared.storage.collection import Slice
from shared.storage.contract import Scalar
from shared.storage.records import ActRecord, Author, Recording
from shared.text.web_addresses import as_sent


@dataclass(frozen=True, slots=True)
class Person:
    """A person as entered in the form; the address is normalised, the notice accepted."""

    name: str
    email: str
    role: str
    language: Language


@dataclass(frozen=True, slots=True)
class RegistrationView:
    """A registration with its session, for the person who holds its link."""

    registration: Registration
    session: Session
    join_url: str
    """Empty while it does not lead to the session."""
    turn: int = 0
    """The place on the waiting list, from 1; 0 for a person who does not wait."""

    def may_correct(self, now: datetime) -> bool:
        return self.registration.is_active and self.session.takes_registrations(now)

    def may_cancel(self, now: datetime) -> bool:
        return self.registration.is_active and self.session.lets_cancel(now)


@dataclass(eq=False, repr=False)
class Registrations:
    _stored: RegistrationStore
    _sessions: SessionStore
    _members: Members
    _rosters: Rosters
    seating: Seating
    _links: Links
    _secret: bytes
    _audit: Audit
    _clock: Clock

    def __post_init__(self) -> None:
        self.register_for = Action("registration.added", Role.EDITOR, self._register_for)
        self.cancel_for = Action("registration.cancelled", Role.EDITOR, self._cancel_for)
        self.read = Action("registrations.exported", Role.VIEWER, self._read)
        self.export = Action("registrations.exported", Role.VIEWER, self._export)

    async def open_session(self, session_id: str) -> Session:
        """The session, if it takes registrations.

        Raises:
            SessionUnknownProblem: there is none.
            SessionClosedProblem: it was cancelled or is over.
            TentativeProblem: its date is not confirmed yet.
        """
        session = await self._sessions.get(session_id)
        if session is None:
            raise SessionUnknownProblem
        if session.is_scheduled and session.tentative:
            raise TentativeProblem
        if not session.takes_registrations(self._clock()):
            raise SessionClosedProblem
        return session

    async def require_for(self, session: Session, entity: str) -> None:
        """Raises NotForEntityProblem: the session is for other entities."""
        members = await self._members.entities_of(session.programme) if not session.is_public else ()
        if not session.is_for(entity, members):
            raise NotForEntityProblem("/entity")

    async def require_seat_once_begun(self, session: Session) -> None:
        """Before the start there is always a place, be it on the waiting list. It may be taken just afterwards.

        Raises:
            SessionFullProblem: the session has begun without a seat left, whoever asks for one.
        """
        now = self._clock()
        if session.capacity is None or session.unsettled or session.lets_cancel(now):
            return
        if SessionView(session, await self._rosters.get(session.id)).turns_away(now):
            raise SessionFullProblem

    async def _register_for(self, by: Author, session: Session, entity: Entity, person: Person) -> None:
        """The record goes with the request, from the roster into the registration.

        Raises:
            SessionClosedProblem, NotForEntityProblem, ConflictProblem: as `register`.
        """
        await self.register(session, entity, person, by.record_at(self._clock(), session.id, {"entity": entity.code}))

    async def register(self, session: Session, entity: Entity, person: Person, record: ActRecord | None = None) -> None:
        """Register a person for an entity.

        For a person who is registered or waiting nothing changes but that the mail is sent again, if the last one
        did not go out a moment ago; it takes as many steps.

        Raises:
            SessionClosedProblem: the session closed meanwhile.
            NotForEntityProblem: it is for other entities.
            ConflictProblem: too much happened at once; trying again is safe.
        """
        await self.require_for(session, entity.code)
        asked = self._asked(session, entity, person, record)
        try:
            if session.unsettled:  # a limit holds from when it was stored, also where who set it died since
                await self.seating.settle(session.id)
            before = await self._stored.get(asked.id)
            if before is not None and before.is_active:
                await self.seating.enter_as_decoy(before)
            elif await self._enter(asked, before) is Place.CLOSED:
                raise SessionClosedProblem
        except ConflictError:
            raise ConflictProblem from None

    async def _enter(self, asked: Registration, before: Registration | None) -> Place:
        if before is None:
            return await self.seating.enter(asked)
        await self.seating.finish_cancelling(before)  # the place of the round before must be free first
        return await self.seating.enter(asked.model_copy(update={"generation": before.generation + 1}), before)

    def id_of(self, session_id: str, email: str) -> str:
        """The id of the registration of an address for a session, whether there is one or not."""
        return ids.derived_id(self._secret, "registration", session_id, email)

    def _asked(self, session: Session, entity: Entity, person: Person, record: ActRecord | None) -> Registration:
        now = self._clock()
        return Registration(
            id=self.id_of(session.id, person.email),
            session_id=session.id,
            programme=session.programme,
            state=RegistrationState.REQUESTED,
            name=person.name,
            email=person.email,
            entity_code=entity.code,
            entity_name=entity.name,
            role=person.role,
            language=person.language,
            arrived_at=now,
            changed_at=now,
            records=(record,) if record else (),
        )

    async def read_link(self, token: str, purpose: LinkPurpose = LinkPurpose.REGISTRATION) -> str:
        """The id of the registration. Its links follow the date of the session, whatever it was when they were made.

        Raises:
            LinkInvalidProblem, LinkExpiredProblem: the link is not good.
        """
        registration, now = await self.holder(token, purpose), self._clock()
        if now > (await self._session_of(registration)).date.links_expire_at:
            self._links.read(purpose, token, now)  # one that was asked for afterwards lasts longer
        return registration.id

    async def holder(self, token: str, purpose: LinkPurpose = LinkPurpose.REGISTRATION) -> Registration:
        """Whose link it is, also after it expired.

        Raises:
            LinkInvalidProblem: the link is not good.
        """
        return await self._get(self._links.holder(purpose, token))

    async def send_link(self, session_id: str, email: str) -> None:
        """Mail the personal link to who is registered with this address, unless it went out a moment ago."""
        now = self._clock()
        with suppress(NotFoundError):
            await self._stored.change(
                self.id_of(session_id, email), lambda current: registrations.ask_by_registering(current, now)
            )

    async def language(self, token: str, purpose: LinkPurpose = LinkPurpose.REGISTRATION) -> Language | None:
        """The language of the holder's mails, also after the link expired or they were erased."""
        registration = await self._stored.get(self._links.subject(purpose, token))
        return registration.language if registration else None

    async def view(self, registration_id: str) -> RegistrationView:
        """A registration with its session, and the join link when it is time.

        Raises:
            LinkInvalidProblem, ErasedProblem: there is no such registration any more.
        """
        registration = await self._of_somebody(registration_id)
        session = await self._session_of(registration)
        may_join = registration.state is RegistrationState.REGISTERED and session.can_be_joined(self._clock())
        roster = await self._rosters.get(session.id) if registration.is_waiting else None
        turn = roster.turn_of(registration.id) if roster else 0
        return RegistrationView(registration, session, as_sent(session.join_url) if may_join else "", turn)

    async def _cancel_for(self, by: Author, registration_id: str) -> None:
        await self.cancel(registration_id, by.record(registration_id, lambda _, after: {"session": after.session_id}))

    async def cancel(self, registration_id: str, record: Recording[Registration] | None = None) -> None:
        """Give up the seat or the place on the waiting list; again: nothing changes.

        Raises:
            LinkInvalidProblem, ErasedProblem: there is no such registration any more.
            SessionStartedProblem: the session has begun or is closed.
        """
        registration = await self._of_somebody(registration_id)
        session = await self._session_of(registration)
        if registration.state is RegistrationState.CANCELLED:
            await self.seating.finish_entering_of(session.id)  # the person may be coming back
            registration = await self._get(registration_id)
        if registration.state is not RegistrationState.CANCELLED and not session.lets_cancel(self._clock()):
            raise SessionStartedProblem
        now = self._clock()
        cancelled = await self._stored.change(
            registration_id, lambda current: registrations.cancel(current, now), record=record
        )
        if cancelled.state is RegistrationState.CANCELLED:
            await self.seating.finish_cancelling(cancelled)

    async def attend(self, registration_id: str) -> None:
        """Record the first time that the person joins.

        Raises:
            LinkInvalidProblem: there is no such registration.
            JoinClosedProblem: it is not the time, or the person has no seat.
        """
        view = await self.view(registration_id)
        if not view.join_url:
            raise JoinClosedProblem
        now = self._clock()
        attended = await self._stored.change(
            registration_id, lambda current: registrations.attend(current, now), known=view.registration
        )
        date = (await self._session_of(attended)).date
        if now < date.join_opens_at:  # the session moved meanwhile
            await self._stored.change(registration_id, partial(registrations.leave_other_dates, date=date, now=now))
            raise JoinClosedProblem

    async def _read(
        self, by: Author, session_id: str, *, limit: int, after: Sequence[Scalar] | None
    ) -> Slice[Registration]:
        """A page of the registrations for a session in the order of arrival; `after` None: the first one.

        Reading stores nothing that could carry the record: it is written before the first page goes out.

        Raises:
            SessionUnknownProblem: there is no such session.
        """
        if await self._sessions.get(session_id) is None:
            raise SessionUnknownProblem
        if after is None:
            await self._audit.record(by.member, by.act, session_id)
        return await self._stored.of_session(session_id, limit=limit, after=after)

    async def _export(self, by: Author, session_id: str) -> list[Registration]:
        """All registrations for a session; recorded as `read` is."""
        await self._audit.record(by.member, by.act, session_id)
        return await self._stored.all_of(session_id)

    async def republish(self, registration_id: str) -> None:
        await self._stored.republish(registration_id, registrations.republish)

    async def _get(self, registration_id: str) -> Registration:
        registration = await self._stored.get(registration_id)
        if registration is None:
            raise LinkInvalidProblem
        return registration

    async def _of_somebody(self, registration_id: str) -> Registration:
        registration = await self._get(registration_id)
        if registration.erased_at:
            raise ErasedProblem
        return registration

    async def _session_of(self, registration: Registration) -> Session:
        session = await self._sessions.get(registration.session_id)
        if session is None:
            raise LinkInvalidProblem
        return session
