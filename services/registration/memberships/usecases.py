"""Starting memberships, taking them on from phase to phase, ending them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from services.registration.contacts.domain import Contact, Person
from services.registration.contacts.usecases import Contacts, HeldContact
from services.registration.memberships import domain as memberships
from services.registration.memberships.domain import (
    BY_ENTITY,
    BY_OFFICE,
    Decide,
    Entry,
    Membership,
    MembershipUnknownProblem,
    NextStep,
    NoPhasesProblem,
    Progress,
    membership_id,
)
from services.registration.memberships.leaving import Leaving
from services.registration.memberships.store import MembershipStore
from services.registration.programmes.domain import Programme
from services.registration.programmes.usecases import Programmes
from shared.clock import Clock
from shared.entities.domain import Entity
from shared.events.registration import Phase
from shared.events.vocabulary import Language, MembershipState
from shared.problems import LinkExpiredProblem, LinkInvalidProblem
from shared.security.actions import Action
from shared.security.links import LinkPurpose, Links
from shared.staff import Role, StaffMember
from shared.storage.records import Author, Recording, changed_fields


@dataclass(frozen=True, slots=True)
class AcceptedPetition:
    """A petition whose entity may begin."""

    id: str
    programme: str
    entity: str
    contact: Person | None
    """None once erased."""


class Petitions(Protocol):
    async def accepted(self, petition_id: str, /) -> AcceptedPetition | None:
        """None for one that is not accepted, or not there."""

    async def give_back(self, petition_id: str, /) -> None:
        """The entity left in the first phase: the next of the reserve gets its place. Idempotent."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """With what an entity begins."""

    reason: str = ""
    petition_id: str = ""
    mentor: str | None = None
    """None for the body of its province."""
    project_url: str = ""
    people: Sequence[Person] = ()


class Memberships:
    def __init__(
        self,
        stored: MembershipStore,
        programmes: Programmes,
        contacts: Contacts,
        leaving: Leaving,
        secret: bytes,
        clock: Clock,
    ) -> None:
        self._stored = stored
        self._programmes = programmes
        self._contacts = contacts
        self._leaving = leaving
        self._secret = secret
        self._clock = clock
        self.start = Action("membership.started", Role.EDITOR, self._start)
        self.advance = Action("membership.advanced", Role.EDITOR, self._advance)
        self.set_next_step = Action("membership.next-step-set", Role.EDITOR, self._set_next_step)
        self.change = Action("membership.changed", Role.EDITOR, self._change)
        self.name_contacts = Action("membership.contacts-named", Role.EDITOR, self._name_contacts)
        self.erase_contact = Action("membership.contact-erased", Role.EDITOR, self._erase_contact)
        self.end = Action("membership.ended", Role.EDITOR, self._end)

    async def get(self, member: StaffMember, key: str) -> Membership:
        """Raises MembershipUnknownProblem: there is none, or another body accompanies it."""
        membership = await self._stored.get(key)
        if membership is None or (member.body and member.body != membership.mentor):
            raise MembershipUnknownProblem
        return membership

    async def of_programme(self, member: StaffMember, programme: str) -> list[Membership]:
        """Those that the member may see: a body's staff only what their body accompanies."""
        found = [each async for each in self._stored.of_programme(programme)]
        return [each for each in found if not member.body or each.mentor == member.body]

    async def takes_part(self, programme: str, entity: str) -> bool:
        membership = await self._stored.get(membership_id(programme, entity))
        return membership is not None and membership.is_active

    async def _start(self, by: Author, programme: Programme, entity: Entity, given: Beginning) -> Membership:
        """Have an entity take part. Who takes part already stays as it is; who had left comes back.

        Raises:
            NoPhasesProblem: the programme has none.
            TooManyContactsProblem: more than five people.
        """
        if not programme.phases:
            raise NoPhasesProblem
        asked = self._asked(by, programme, entity, given)
        named, _ = memberships.name_contacts(given.people, self._secret)(asked)
        record: Recording[Membership] = by.record(asked.id, {"entity": entity.code, "reason": given.reason})
        if await self._stored.create(named, *memberships.started(named), record=record):
            return named
        come_back = memberships.come_back(asked, given.people, self._secret)
        return await self._stored.change(asked.id, come_back, record=record)

    def _asked(self, by: Author, programme: Programme, entity: Entity, given: Beginning) -> Membership:
        now, first = self._clock(), programme.phases[0]
        mentor = programme.body_of(entity.province) if given.mentor is None else given.mentor
        return Membership(
            id=membership_id(programme.id, entity.code),
            programme=programme.id,
            entity=entity.code,
            entity_name=entity.name,
            petition_id=given.petition_id,
            reason=given.reason,
            mentor=mentor,
            phase=first.key,
            phase_name=first.text,
            steps=(Entry(first, Progress.DOING, _author(by)).at(now),),
            project_url=given.project_url,
            started_at=now,
        )

    async def _advance(
        self, by: Author, key: str, phase: Phase, state: Progress, evidence: str = "", note: str = ""
    ) -> Membership:
        """Raises MembershipEndedProblem."""
        membership = await self.get(by.member, key)
        order = [each.key for each in (await self._programmes.get(membership.programme)).phases]
        entry = Entry(phase, state, _author(by), evidence, note)
        details = {"phase": phase.key, "progress": state.value}
        return await self._decide(by, key, memberships.advance(entry, order, self._clock()), details)

    async def _set_next_step(self, by: Author, key: str, step: NextStep | None) -> Membership:
        """Its reminders are sent a week and a day before; those of the step before no more."""
        details = {"until": step.due_on.isoformat()} if step else {}
        return await self._decide(by, key, memberships.set_next_step(step), details)

    async def _change(self, by: Author, key: str, changes: Mapping[str, Any]) -> Membership:
        await self.get(by.member, key)
        decide = memberships.change(dict(changes))
        return await self._stored.change(key, decide, record=by.record(key, changed_fields(changes)))

    async def _name_contacts(self, by: Author, key: str, people: Sequence[Person]) -> Membership:
        """Raises TooManyContactsProblem."""
        return await self._decide(by, key, memberships.name_contacts(people, self._secret), {})

    async def replace_contacts(self, member: StaffMember, key: str, people: Sequence[Person]) -> None:
        """Erase the contacts that are not among these, then name these.

        Raises:
            MembershipEndedProblem, TooManyContactsProblem.
        """
        kept = {person.email for person in people}
        for contact in (await self.get(member, key)).people:
            if contact.email not in kept:
                await self.erase_contact(member, key, contact.id)
        if people:
            await self.name_contacts(member, key, people)

    async def _erase_contact(self, by: Author, key: str, contact_id: str) -> None:
        membership = await self.get(by.member, key)
        if contact := membership.contacts.get(contact_id):
            record = by.record_at(self._clock(), key)
            await self._contacts.erasing.begin(contact_id, contact.generation, record)

    async def _end(self, by: Author, key: str, state: MembershipState) -> Membership:
        """Finish or leave. Who leaves gives up the seats in coming sessions, and in the first phase the place."""
        membership = await self.get(by.member, key)
        first = next((phase.key for phase in (await self._programmes.get(membership.programme)).phases), "")
        decide = memberships.end(state, first, self._clock())
        ended = await self._decide(by, key, decide, {"state": state.value})
        await self._leaving.settle(ended)
        return ended

    async def _decide(self, by: Author, key: str, decide: Decide, details: Mapping[str, str]) -> Membership:
        await self.get(by.member, key)
        return await self._stored.change(key, decide, record=by.record(key, dict(details)))


class OwnMembership:
    """What a contact may do by the link in their mails."""

    def __init__(self, stored: MembershipStore, contacts: Contacts, links: Links, secret: bytes, clock: Clock) -> None:
        self._stored = stored
        self._contacts = contacts
        self._links = links
        self._secret = secret
        self._clock = clock

    async def read(self, token: str) -> tuple[Membership, Contact]:
        """The membership and the contact whose link it is.

        Raises:
            LinkInvalidProblem: the link is not ours, or the contact is erased.
            LinkExpiredProblem: the entity finished or left long ago.
        """
        membership, contact = await self.holder(token)
        if not membership.can_be_read(self._clock()):
            raise LinkExpiredProblem
        return membership, contact

    async def holder(self, token: str) -> tuple[Membership, Contact]:
        """Whose link it is, however long ago the entity finished or left: their rights do not end.

        Raises LinkInvalidProblem.
        """
        key = self._links.holder(LinkPurpose.MEMBERSHIP, token)
        membership = await self._stored.with_contact(key)
        if membership is None or not membership.contacts[key].is_somebody:
            raise LinkInvalidProblem
        return membership, membership.contacts[key]

    async def language(self, token: str) -> Language | None:
        key = self._links.subject(LinkPurpose.MEMBERSHIP, token)
        membership = await self._stored.with_contact(key) if key else None
        return membership.contacts[key].language if membership else None

    async def add_evidence(self, token: str, evidence: str, note: str) -> None:
        """Raises MembershipEndedProblem, TooManyStepsProblem."""
        membership, _ = await self.read(token)
        await self._stored.change(membership.id, memberships.add_evidence(BY_ENTITY, evidence, note, self._clock()))

    async def name_contact(self, token: str, person: Person) -> None:
        """Raises TooManyContactsProblem."""
        membership, _ = await self.read(token)
        await self._stored.change(membership.id, memberships.name_contacts([person], self._secret))

    async def everything(self, token: str) -> list[HeldContact]:
        """All that the address of the contact is a contact of."""
        _, contact = await self.holder(token)
        return await self._contacts.everything(contact.email)

    async def erase(self, token: str) -> None:
        """Erase the contact in everything that it is told of."""
        _, contact = await self.holder(token)
        await self._contacts.erase_all(contact.email)


def _author(by: Author) -> str:
    return by.member.body or BY_OFFICE
