"""Registering, cancelling, attending."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.registration.domain import registrations
from services.registration.domain.entities import Entity
from services.registration.domain.problems import (
    ErasedProblem,
    JoinClosedProblem,
    SessionClosedProblem,
    SessionStartedProblem,
    SessionUnknownProblem,
)
from services.registration.domain.registrations import Place, Registration, RegistrationState
from services.registration.domain.sessions import Session
from services.registration.store import RegistrationStore
from services.registration.usecases.seats import Seats
from shared import ids
from shared.clock import Clock
from shared.events.vocabulary import Language
from shared.links import LinkPurpose, Links
from shared.problems import ConflictProblem, LinkInvalidProblem
from shared.storage.aggregates import ConflictError
from shared.storage.contract import Scalar


@dataclass(frozen=True, slots=True)
class Person:
    """Who registers, as the form was filled in; the address is normalised, the notice accepted."""

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
    """Which place of the waiting list the person has, the next to get a seat being 1; 0 for who does not wait."""


class Registrations:
    """What a person does about a session."""

    def __init__(self, store: RegistrationStore, seats: Seats, links: Links, secret: bytes, clock: Clock) -> None:
        self._store = store
        self._seats = seats
        self._links = links
        self._secret = secret
        self._clock = clock

    async def open_session(self, session_id: str) -> Session:
        """The session, if one can register for it.

        Raises:
            SessionUnknownProblem: there is none.
            SessionClosedProblem: it was cancelled or is over.
        """
        session = await self._store.sessions.get(session_id)
        if session is None:
            raise SessionUnknownProblem
        if not session.takes_registrations(self._clock()):
            raise SessionClosedProblem
        return session

    async def register(self, session: Session, entity: Entity, person: Person) -> None:
        """Register a person for an entity. Who is registered or waiting already stays so and hears nothing, and the
        answer takes as many steps.

        Raises:
            SessionClosedProblem: the session closed meanwhile.
            ConflictProblem: too much happened at once; trying again is safe.
        """
        asked = self._asked(session, entity, person)
        try:
            if session.unsettled:  # a limit holds from when it was stored, also where who set it died since
                await self._seats.settle(session.id)
            before = await self._store.registrations.get(asked.id)
            if before is not None and before.is_active:
                await self._seats.enter_in_vain(before)
            elif await self._enter(asked, before) is Place.CLOSED:
                raise SessionClosedProblem
        except ConflictError:
            raise ConflictProblem from None

    async def _enter(self, asked: Registration, before: Registration | None) -> Place:
        if before is None:
            return await self._seats.enter(asked)
        await self._seats.resume(before)  # the place of the round before must be free first
        return await self._seats.enter(asked.model_copy(update={"generation": before.generation + 1}), before)

    def id_of(self, session_id: str, email: str) -> str:
        """The id of the registration of an address for a session, whether there is one or not."""
        return ids.derived_id(self._secret, "registration", session_id, email)

    def _asked(self, session: Session, entity: Entity, person: Person) -> Registration:
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
        )

    def read_link(self, token: str, purpose: LinkPurpose = LinkPurpose.REGISTRATION) -> str:
        """The registration that a personal link speaks of.

        Raises:
            LinkInvalidProblem, LinkExpiredProblem: the link is not good.
        """
        return self._links.read(purpose, token, self._clock())

    async def language(self, token: str, purpose: LinkPurpose = LinkPurpose.REGISTRATION) -> Language | None:
        """In which the holder of a link is written to, or was before it expired or they were erased."""
        registration = await self._store.registrations.get(self._links.subject(purpose, token))
        return registration.language if registration else None

    async def view(self, registration_id: str) -> RegistrationView:
        """A registration with its session, and the join link when it is time.

        Raises:
            LinkInvalidProblem, ErasedProblem: there is no such registration any more.
        """
        registration = await self._of_somebody(registration_id)
        session = await self._session_of(registration)
        may_join = registration.state is RegistrationState.REGISTERED and session.can_be_joined(self._clock())
        turn = await self._turn(registration) if registration.state is RegistrationState.WAITING else 0
        return RegistrationView(registration, session, session.join_url if may_join else "", turn)

    async def cancel(self, registration_id: str) -> None:
        """Give up the seat or the place on the waiting list; doing it again changes nothing.

        Raises:
            LinkInvalidProblem, ErasedProblem: there is no such registration any more.
            SessionStartedProblem: the session has begun or is closed.
        """
        registration = await self._of_somebody(registration_id)
        session = await self._session_of(registration)
        if registration.state is RegistrationState.CANCELLED:
            await self._seats.finish_entering_of(session.id)  # the person may be coming back
            registration = await self._get(registration_id)
        if registration.state is not RegistrationState.CANCELLED and not session.lets_cancel(self._clock()):
            raise SessionStartedProblem
        now = self._clock()
        cancelled = await self._store.registrations.change(
            registration_id, lambda current: registrations.cancel(current, now)
        )
        if cancelled.state is RegistrationState.CANCELLED:
            await self._seats.resume(cancelled)

    async def attend(self, registration_id: str) -> str:
        """Record that the person joins, the first time; the join link.

        Raises:
            LinkInvalidProblem: there is no such registration.
            JoinClosedProblem: it is not the time, or the person has no seat.
        """
        view = await self.view(registration_id)
        if not view.join_url:
            raise JoinClosedProblem
        now = self._clock()
        await self._store.registrations.change(
            registration_id, lambda current: registrations.attend(current, now), known=view.registration
        )
        return view.join_url

    async def page(self, session_id: str, *, limit: int, after: Sequence[Scalar] | None) -> list[Registration]:
        """The registrations for a session in the order in which they came. For the office only.

        Raises:
            SessionUnknownProblem: there is no such session.
        """
        if await self._store.sessions.get(session_id) is None:
            raise SessionUnknownProblem
        return await self._store.find_registrations(session_id, limit=limit, after=after)

    async def restate(self, registration_id: str) -> None:
        """Announce a registration again to who has missed it."""
        await self._store.registrations.restate(registration_id, registrations.restate)

    async def _get(self, registration_id: str) -> Registration:
        registration = await self._store.registrations.get(registration_id)
        if registration is None:
            raise LinkInvalidProblem
        return registration

    async def _of_somebody(self, registration_id: str) -> Registration:
        """A registration whose person was not erased."""
        registration = await self._get(registration_id)
        if registration.erased_at:
            raise ErasedProblem
        return registration

    async def _turn(self, registration: Registration) -> int:
        roster = await self._store.rosters.get(registration.session_id)
        return roster.turn_of(registration.id) if roster else 0

    async def _session_of(self, registration: Registration) -> Session:
        session = await self._store.sessions.get(registration.session_id)
        if session is None:
            raise LinkInvalidProblem
        return session
