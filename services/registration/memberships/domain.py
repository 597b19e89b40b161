"""A membership: one entity's way through the phases of a programme.

Its id is `programme:entity`, so an entity is in a programme once, also where it left and came back. Who leaves gives up
seats, and perhaps a place, which other documents hold: the same write marks that as `unsettled`, for the sweep.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from services.registration.contacts import domain as contacts
from services.registration.contacts.domain import Contact, Person, Subject
from shared.clock import StoredInstant
from shared.events.base import Event
from shared.events.registration import Phase
from shared.events.support import MembershipAdvanced, MembershipEnded, MembershipEvent, MembershipStarted, NextStepSet
from shared.events.vocabulary import ContactSubject, Language, MembershipState
from shared.problems import Problem, mark
from shared.storage.aggregates import Aggregate

MOST_CONTACTS = 5
MOST_STEPS = 300
"""Whoever holds a link adds evidence; a document stays readable."""
READ_AFTER_END = timedelta(days=30)
"""How long the contacts of an entity that finished or left still see its page."""
BY_OFFICE, BY_ENTITY = "office", "entity"
"""Who took a step, where it was no body; never a person's name."""


class MembershipUnknownProblem(Problem):
    status = 404
    code = "membership-unknown"
    title = mark("There is no such participation.")


class MembershipEndedProblem(Problem):
    status = 409
    code = "membership-ended"
    title = mark("This entity has finished or left the programme: that can no longer be done.")


class NoPhasesProblem(Problem):
    status = 409
    code = "no-phases"
    title = mark("This programme has no phases. Write them in its settings first.")


class TooManyContactsProblem(Problem):
    status = 409
    code = "too-many-contacts"
    title = mark("An entity has five contact persons at most.")


class TooManyStepsProblem(Problem):
    status = 409
    code = "too-many-steps"
    title = mark("No more can be added here. Write to the programme office.")


class Progress(StrEnum):
    """How an entity stands in a phase that it has begun."""

    DOING = "doing"
    DONE = "done"


class Step(BaseModel):
    """What happened in a phase, and what shows it."""

    model_config = ConfigDict(frozen=True)

    phase: str
    state: Progress
    at: StoredInstant
    by: str
    """`office`, `entity`, or the key of a body."""
    evidence: str = ""
    """Address of a document or a page. It is stored and shown, and never fetched."""
    note: str = ""


class NextStep(BaseModel):
    """What the entity is to do next."""

    model_config = ConfigDict(frozen=True)

    text: str
    due_on: date


class Membership(Aggregate):
    programme: str
    entity: str
    entity_name: str
    petition_id: str = ""
    """The accepted petition that it came from; empty if the office put the entity in."""
    reason: str = ""
    """Why the office put it in."""
    mentor: str = ""
    """Key of the body that accompanies it; empty for the office."""
    state: MembershipState = MembershipState.ACTIVE
    phase: str
    phase_name: dict[Language, str]
    """As the programme named the phase then."""
    step: int = 0
    """How often it went to another phase."""
    steps: tuple[Step, ...] = ()
    next_step: NextStep | None = None
    project_url: str = ""
    contacts: dict[str, Contact] = {}
    """By id; the erased ones stay without name and address."""
    started_at: StoredInstant
    ended_at: StoredInstant | None = None
    left_in_first: int = 0
    """1 for who left in the first phase: its place goes to the reserve of the offer."""
    unsettled: int = 0
    """1 while who left may still hold seats or the place."""

    @property
    def is_active(self) -> bool:
        return self.state is MembershipState.ACTIVE

    @property
    def people(self) -> list[Contact]:
        """The contacts who are not erased, by name."""
        return sorted((each for each in self.contacts.values() if each.is_somebody), key=lambda each: each.name)

    @property
    def subject(self) -> Subject:
        """What its contacts are told of."""
        about = ContactSubject.MEMBERSHIP
        return Subject(about, self.id, self.programme, self.entity, self.entity_name, self.step)

    def progress(self, phase: str) -> Progress | None:
        """How it stands in a phase; None if it has not begun."""
        return next((step.state for step in reversed(self.steps) if step.phase == phase), None)

    def is_late(self, today: date) -> bool:
        return self.is_active and self.next_step is not None and self.next_step.due_on < today

    def can_be_read(self, now: datetime) -> bool:
        """Whether its contacts see its page."""
        return self.ended_at is None or now < self.ended_at + READ_AFTER_END


def membership_id(programme: str, entity: str) -> str:
    return f"{programme}:{entity}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry in the way through the phases."""

    phase: Phase
    state: Progress
    by: str
    evidence: str = ""
    note: str = ""

    def at(self, now: datetime) -> Step:
        return Step(phase=self.phase.key, state=self.state, at=now, by=self.by, evidence=self.evidence, note=self.note)


Decision = tuple[Membership, Sequence[Event]]
Decide = Callable[[Membership], Decision]


def started(membership: Membership) -> list[Event]:
    people = [contacts.told(each, membership.subject) for each in membership.people]
    return [_tell(MembershipStarted, membership), *people]


def come_back(asked: Membership, people: Iterable[Person], secret: bytes) -> Decide:
    """Begin again where the entity had finished or left; what it did and its contacts stay, and these are named as in
    `name_contacts`. Who takes part already stays as it is."""

    def decide(current: Membership) -> Decision:
        if current.is_active:
            return current, []
        fields = ("petition_id", "reason", "mentor", "phase", "phase_name", "project_url", "started_at")
        again = current.model_copy(
            update={field: getattr(asked, field) for field in fields}
            | {"state": MembershipState.ACTIVE, "ended_at": None, "left_in_first": 0, "unsettled": 0}
            | {"step": current.step + 1}
            | {"steps": (*current.steps, *asked.steps)}
        )
        named, _ = name_contacts(people, secret)(again)
        return named, started(named)

    return decide


def advance(entry: Entry, order: Sequence[str], now: datetime) -> Decide:
    """Enter another phase, finish one, or open one again. To go on to a later one is to finish the one it was in.

    `order`: the keys of the programme's phases.
    """

    def decide(current: Membership) -> Decision:
        _require_active(current)
        if (current.phase, current.progress(entry.phase.key)) == (entry.phase.key, entry.state) and not (
            entry.evidence or entry.note
        ):
            return current, []
        is_elsewhere = entry.state is Progress.DOING and entry.phase.key != current.phase
        steps = [entry.at(now)]
        is_later = entry.phase.key in order[order.index(current.phase) + 1 :] if current.phase in order else False
        if is_elsewhere and is_later and current.progress(current.phase) is Progress.DOING:
            steps.insert(0, Step(phase=current.phase, state=Progress.DONE, at=now, by=entry.by))
        moved = {"phase": entry.phase.key, "phase_name": entry.phase.text, "step": current.step + 1}
        advanced = _with_steps(current, steps).model_copy(update=moved if is_elsewhere else {})
        return advanced, [_tell(MembershipAdvanced, advanced)]

    return decide


def add_evidence(by: str, evidence: str, note: str, now: datetime) -> Decide:
    """Add to the phase that it is in. Nobody is told."""

    def decide(current: Membership) -> Decision:
        _require_active(current)
        state = current.progress(current.phase) or Progress.DOING
        step = Step(phase=current.phase, state=state, at=now, by=by, evidence=evidence, note=note)
        return _with_steps(current, [step]), []

    return decide


def set_next_step(step: NextStep | None) -> Decide:
    def decide(current: Membership) -> Decision:
        _require_active(current)
        changed = current.model_copy(update={"next_step": step})
        return changed, [_next_step(changed)] if step != current.next_step else []

    return decide


def change(changes: dict[str, Any]) -> Decide:
    """Change the mentor or the project's address."""

    def decide(current: Membership) -> Decision:
        changed = current.model_copy(update=changes)
        return changed, [_tell(MembershipAdvanced, changed)] if changed.mentor != current.mentor else []

    return decide


def name_contacts(people: Iterable[Person], secret: bytes) -> Decide:
    """Name contacts, or correct those with the same address.

    Raises:
        TooManyContactsProblem: they would be more than five.
    """

    def decide(current: Membership) -> Decision:
        _require_active(current)
        held, subject = dict(current.contacts), current.subject
        for person in people:
            key = contacts.contact_id(secret, subject, person.email)
            held[key] = contacts.contact_of(person, secret, subject, held.get(key))
        changed = current.model_copy(update={"contacts": held})
        if len(changed.people) > MOST_CONTACTS:
            raise TooManyContactsProblem
        told = [contacts.told(each, subject) for key, each in held.items() if each != current.contacts.get(key)]
        return changed, [_tell(MembershipAdvanced, changed), *told] if told else []

    return decide


def erase_contact(contact_id: str, generation: int, now: datetime) -> Decide:
    """Remove the contact's personal data, also from the outbox; a later generation stays."""

    def decide(current: Membership) -> Decision:
        contact = current.contacts[contact_id]
        if not contact.is_somebody or contact.generation != generation:
            return current, []
        erased = contacts.without_person(contact, now)
        changed = current.model_copy(
            update={
                "contacts": {**current.contacts, contact_id: erased},
                "outbox": contacts.forgotten(current.outbox, contact),
            }
        )
        return changed, [_tell(_present(changed), changed), contacts.told(erased, changed.subject)]

    return decide


def end(state: MembershipState, first_phase: str, now: datetime) -> Decide:
    """Finish the phases or leave the programme; what has ended stays ended."""

    def decide(current: Membership) -> Decision:
        if not current.is_active:
            return current, []
        has_left = state is MembershipState.LEFT
        ended = current.model_copy(
            update={
                "state": state,
                "ended_at": now,
                "next_step": None,
                "left_in_first": int(has_left and current.phase == first_phase),
                "unsettled": int(has_left),
            }
        )
        return ended, [_tell(MembershipEnded, ended)]

    return decide


def republish(membership: Membership) -> list[Event]:
    """The events of the present state, for services that missed it."""
    people = [contacts.told(each, membership.subject) for each in membership.contacts.values()]
    return [_tell(_present(membership), membership), _next_step(membership), *people]


E = TypeVar("E", bound=MembershipEvent)


def _require_active(membership: Membership) -> None:
    if not membership.is_active:
        raise MembershipEndedProblem


def _with_steps(membership: Membership, steps: Sequence[Step]) -> Membership:
    if len(membership.steps) + len(steps) > MOST_STEPS:
        raise TooManyStepsProblem
    return membership.model_copy(update={"steps": (*membership.steps, *steps)})


def _present(membership: Membership) -> type[MembershipEvent]:
    if not membership.is_active:
        return MembershipEnded
    return MembershipAdvanced if membership.step else MembershipStarted


def _next_step(membership: Membership) -> NextStepSet:
    step = membership.next_step
    return _tell(NextStepSet, membership, **({"text": step.text, "due_on": step.due_on} if step else {}))


def _tell(event: type[E], membership: Membership, **more: Any) -> E:
    fields = ("programme", "entity", "state", "phase", "phase_name", "mentor", "step")
    told = {field: getattr(membership, field) for field in fields}
    return event(version=membership.version, membership_id=membership.id, **told, **more)
