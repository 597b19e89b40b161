"""Enrolling the contacts of members in a session, each by the use case that registers anybody."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from services.registration.entities.usecases import Entities
from services.registration.memberships.domain import Membership, membership_id
from services.registration.memberships.store import MembershipStore
from services.registration.registrations.domain import Registration, SessionClosedProblem
from services.registration.registrations.store import RegistrationStore
from services.registration.registrations.usecases import Person, Registrations
from services.registration.sessions.domain import Session
from services.registration.sessions.problems import NotForEntityProblem
from services.registration.sessions.store import SessionStore
from shared.clock import Clock
from shared.security.actions import Action
from shared.security.audit import Audit
from shared.staff import Role
from shared.storage.records import Author

_LOOKING_AHEAD = timedelta(days=370)


@dataclass(frozen=True, slots=True)
class _Enrolment:
    id: str
    """Of the registration."""
    entity: str
    person: Person


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What enrolling would do, or has done."""

    new: int
    there: int
    """Contacts who have a place already."""
    left: int
    """Contacts who gave their place up, and are not enrolled again."""
    without_contact: tuple[str, ...]
    """Names of the members without a contact."""


@dataclass(frozen=True, slots=True)
class NotEnrolled:
    """A session to come in which some members are enrolled, and others not yet."""

    session: Session
    members: tuple[str, ...]


@dataclass(eq=False)
class Enrolments:
    _stored: MembershipStore
    _sessions: SessionStore
    _people: RegistrationStore
    _registrations: Registrations
    _entities: Entities
    _audit: Audit
    _clock: Clock

    def __post_init__(self) -> None:
        self.enrol = Action("session.enrolled", Role.EDITOR, self._enrol)

    async def plan(self, session_id: str) -> Enrolled:
        """What `enrol` would do.

        Raises:
            SessionUnknownProblem, SessionClosedProblem, TentativeProblem: nobody can be registered.
        """
        _, enrolled = await self._plan(await self._registrations.open_session(session_id))
        return enrolled

    async def _enrol(self, by: Author, session_id: str) -> Enrolled:
        """Register the contacts of the members concerned; who has or had a place stays as they are. Safe to repeat.

        Raises:
            SessionUnknownProblem, SessionClosedProblem, TentativeProblem: nobody can be registered.
        """
        session = await self._registrations.open_session(session_id)
        new, enrolled = await self._plan(session)
        if new:
            await self._audit.record(by.member, by.act, session_id, {"enrolled": len(new)})
        for each in new:
            entity = await self._entities.find(each.entity)
            if entity and await self._is_missing(session, each):
                with suppress(SessionClosedProblem, NotForEntityProblem):
                    await self._registrations.register(session, entity, each.person)
        return enrolled

    async def _is_missing(self, session: Session, enrolment: _Enrolment) -> bool:
        """Whether the person is to be registered still: to register hundreds takes a while, in which people leave."""
        member = await self._stored.get(membership_id(session.programme, enrolment.entity))
        addresses = [each.email for each in member.people] if member and member.is_active else []
        return enrolment.person.email in addresses and await self._people.get(enrolment.id) is None

    async def incomplete(self) -> list[NotEnrolled]:
        """The sessions to come for members alone in which some are enrolled, but not all who have a contact."""
        now = self._clock()
        found = []
        for session in await self._sessions.between(now, now + _LOOKING_AHEAD):
            is_theirs = session.takes_registrations(now) and not session.is_public
            if is_theirs and (missing := await self._missing(session)):
                found.append(NotEnrolled(session, missing))
        return found

    async def _missing(self, session: Session) -> tuple[str, ...]:
        members = await self.concerned(session)
        registered = await self._registered(session, members)
        without = {
            each.entity_name
            for each in members
            if each.people
            and not any(self._registrations.id_of(session.id, one.email) in registered for one in each.people)
        }
        return tuple(sorted(without)) if registered else ()

    async def concerned(self, session: Session) -> list[Membership]:
        """The members for whom the session is."""
        members = await self._stored.active(session.programme)
        codes = {member.entity for member in members}
        return [member for member in members if session.is_for(member.entity, codes)]

    async def _plan(self, session: Session) -> tuple[list[_Enrolment], Enrolled]:
        members = await self.concerned(session)
        registered = await self._registered(session, members)
        found = defaultdict[str, list[_Enrolment]](list)
        for each in self._enrolments(session, members):
            found[_standing(registered.get(each.id))].append(each)
        nobody = tuple(member.entity_name for member in members if not member.people)
        return found["new"], Enrolled(len(found["new"]), len(found["there"]), len(found["left"]), nobody)

    def _enrolments(self, session: Session, members: Iterable[Membership]) -> Iterator[_Enrolment]:
        """One for each address: whoever is a contact of two members has one seat."""
        seen = set[str]()
        for member in members:
            for one in member.people:
                if one.email not in seen:
                    seen.add(one.email)
                    person = Person(one.name, one.email, one.role, one.language)
                    yield _Enrolment(self._registrations.id_of(session.id, one.email), member.entity, person)

    async def _registered(self, session: Session, members: Iterable[Membership]) -> dict[str, Registration]:
        """Their registrations for the session, given up or not."""
        return await self._people.many(each.id for each in self._enrolments(session, members))


def _standing(registration: Registration | None) -> str:
    if registration is None:
        return "new"
    return "there" if registration.is_active else "left"
