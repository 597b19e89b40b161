"""A petition: one entity asks for something under an offer.

The council and the office act here; whatever takes or frees a place is decided on the offer, whose verdicts are carried
out here, each once. What the council decided and the offer may not know yet is marked `unsettled` in the same write.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from services.registration.contacts import domain as contacts
from services.registration.contacts.domain import Contact, Subject
from services.registration.offers.domain import NotOfferedProblem, Verdict
from services.registration.offers.questions import Question, QuestionKind
from shared.clock import StoredInstant
from shared.events.base import Event
from shared.events.support import Finding, PetitionAdvanced, PetitionReceived
from shared.events.vocabulary import ContactSubject, PetitionState
from shared.problems import Problem, mark
from shared.storage.aggregates import Aggregate

State = PetitionState

STEPS: Mapping[State, frozenset[State]] = {
    State.RECEIVED: frozenset(set(State) - {State.RECEIVED}),
    State.UNDER_REVIEW: frozenset(set(State) - {State.RECEIVED, State.UNDER_REVIEW}),
    State.RESERVE: frozenset({State.OFFERED, State.DECLINED, State.WITHDRAWN}),
    State.OFFERED: frozenset({State.ACCEPTED, State.WITHDRAWN, State.DECLINED}),
    State.DECLINED: frozenset({State.UNDER_REVIEW}),
    State.ANSWERED: frozenset({State.UNDER_REVIEW}),
    State.ACCEPTED: frozenset({State.WITHDRAWN}),
    State.WITHDRAWN: frozenset(),
}
"""Where a petition may go on to from each state."""
OPEN = (State.RECEIVED, State.UNDER_REVIEW)
"""States in which an answer is owed."""
FINAL = (State.ACCEPTED, State.DECLINED, State.ANSWERED, State.WITHDRAWN)
"""States after which the contact is kept for a time only."""


class PetitionUnknownProblem(Problem):
    status = 404
    code = "petition-unknown"
    title = mark("There is no such petition.")


class NoSuchStepProblem(Problem):
    status = 409
    code = "no-such-step"
    title = mark("The petition stands otherwise meanwhile: this step is not possible from where it is now.")


class ContactErasedProblem(Problem):
    status = 410
    code = "contact-erased"
    title = mark("The data of the contact were erased. The petition stays with the local entity; nothing is left here.")


class Step(BaseModel):
    """One line of a petition's history."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: StoredInstant
    state: State
    owner: str = ""
    reason: str = ""
    by: str = ""
    """Name of the member of the office; empty for the council, the term or the order of the reserve."""
    is_handover: bool = False
    """Whether it only went to another owner: the reason is for those who work on it."""


class Acceptance(BaseModel):
    """Who accepted for the council. Personal data."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    role: str
    at: StoredInstant


class Points(BaseModel):
    """What staff give to the text of an answer, and why."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    points: int
    reason: str


class Petition(Aggregate):
    offer_id: str
    programme: str
    entity: str
    entity_name: str
    state: State = State.RECEIVED
    owner: str = ""
    """Key of the body that answers it; empty for the office."""
    contact: Contact
    answers: dict[str, str] = {}
    """By question; the texts are personal data and go with the contact."""
    findings: tuple[Finding, ...] = ()
    """What the official data said when it was received."""
    received_at: StoredInstant
    changed_at: StoredInstant
    answer_by: StoredInstant | None = None
    """Until when the office committed itself to answer."""
    history: tuple[Step, ...] = ()
    points: dict[str, Points] = {}
    """By question whose answer is a text."""
    offered_until: StoredInstant | None = None
    place_in_reserve: int | None = None
    """From 1, as it was when it came there."""
    acceptance: Acceptance | None = None
    """Who accepts for the council; stands before the offer knows."""
    session_id: str = ""
    """The session that treats its doubts; empty until one does."""
    followed: int = 0
    """Number of the offer's last verdict carried out here."""
    step: int = 0
    """How many steps it has taken since it was received."""
    handovers: int = 0
    """How often it went to another owner."""
    unsettled: int = 0
    """1 while the offer may not know what the council decided."""

    @property
    def subject(self) -> Subject:
        return subject_of(self.id, self.programme, self.entity, self.entity_name)

    @property
    def is_eligible(self) -> bool:
        """Whether nothing of the official data speaks against it."""
        return all(finding.passed is not False for finding in self.findings)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def reason(self) -> str:
        """What the office said to the council with the last step."""
        steps = [step for step in self.history if not step.is_handover]
        return steps[-1].reason if steps else ""

    @property
    def goes_on(self) -> bool:
        """Whether its council is still to hear of it."""
        return self.state not in (State.DECLINED, State.ANSWERED, State.WITHDRAWN)

    def is_late(self, now: datetime) -> bool:
        return self.is_open and self.answer_by is not None and now > self.answer_by

    def may_become(self, state: State) -> bool:
        return state in STEPS[self.state]

    def require(self, state: State) -> None:
        """Raises NoSuchStepProblem unless it may go on to that state."""
        if not self.may_become(state):
            raise NoSuchStepProblem


Decision = tuple[Petition, Sequence[Event]]


def subject_of(petition_id: str, programme: str, entity: str, entity_name: str) -> Subject:
    """Its contact is named when it is received, before any step."""
    return Subject(ContactSubject.PETITION, petition_id, programme, entity, entity_name)


def received(petition: Petition) -> tuple[Petition, Sequence[Event]]:
    first = Step(at=petition.received_at, state=State.RECEIVED, owner=petition.owner)
    begun = petition.model_copy(update={"history": (first,)})
    return begun, [contacts.told(begun.contact, begun.subject), _received(begun)]


def review(petition: Petition, reason: str, by: str, now: datetime) -> Decision:
    """Take it up, or take it up again after it was declined or answered."""
    if petition.state is State.UNDER_REVIEW:
        return petition, []
    petition.require(State.UNDER_REVIEW)
    return _advance(petition, State.UNDER_REVIEW, reason, by, now)


def answer(petition: Petition, text: str, by: str, now: datetime) -> Decision:
    """Close it with an answer. The same answer again changes nothing."""
    if petition.state is State.ANSWERED and petition.reason == text:
        return petition, []
    petition.require(State.ANSWERED)
    return _advance(petition, State.ANSWERED, text, by, now)


def assign(petition: Petition, owner: str, reason: str, by: str, now: datetime) -> Decision:
    """Pass it on to another body, or to the office."""
    if petition.owner == owner:
        return petition, []
    made = Step(at=now, state=petition.state, owner=owner, reason=reason, by=by, is_handover=True)
    update = {"owner": owner, "handovers": petition.handovers + 1, "history": (*petition.history, made)}
    passed_on = petition.model_copy(update=update)
    return passed_on, [_advanced(passed_on)]


def score(petition: Petition, key: str, points: int, reason: str) -> Decision:
    """Give points to the text of an answer."""
    given = {**petition.points, key: Points(points=points, reason=reason)}
    return petition.model_copy(update={"points": given}), []


def treat(petition: Petition, session_id: str) -> Decision:
    """Note, or with an empty id take back, that a session treats its doubts."""
    return petition.model_copy(update={"session_id": session_id}), []


def ask_to_accept(petition: Petition, name: str, role: str, now: datetime) -> Decision:
    """Keep who accepts for the council, until the offer gave the place. Who was first stays.

    Raises:
        NotOfferedProblem: no place is offered.
    """
    if petition.state is State.ACCEPTED or (petition.acceptance and petition.state is State.OFFERED):
        return petition, []
    if petition.state is not State.OFFERED:
        raise NotOfferedProblem
    asked = {"acceptance": Acceptance(name=name, role=role, at=now), "unsettled": 1}
    return petition.model_copy(update=asked), []


def withdraw(petition: Petition, reason: str, by: str, now: datetime) -> Decision:
    """Give up. Again: nothing changes."""
    if petition.state is State.WITHDRAWN:
        return petition, []
    petition.require(State.WITHDRAWN)
    given_up, events = _advance(petition, State.WITHDRAWN, reason, by, now)
    return given_up.model_copy(update={"unsettled": 1}), events


def follow(petition: Petition, verdict: Verdict, place_in_reserve: int | None, now: datetime) -> Decision:
    """Carry out a verdict of the offer, once. Where the petition stands otherwise meanwhile, only note it."""
    if verdict.number <= petition.followed:
        return petition, []
    noted = petition.model_copy(update={"followed": verdict.number})
    if not petition.may_become(verdict.state):
        return noted, []
    update: dict[str, Any] = {"offered_until": verdict.until, "place_in_reserve": place_in_reserve, "unsettled": 0}
    if verdict.state is not State.ACCEPTED:
        update["acceptance"] = None
    return _advance(noted.model_copy(update=update), verdict.state, verdict.reason, verdict.by, now)


def settle(petition: Petition) -> Decision:
    """The offer knows that it was withdrawn."""
    return petition.model_copy(update={"unsettled": 0}), []


def forget_acceptance(petition: Petition) -> Decision:
    """The offer has no place for it any more."""
    if petition.state is not State.OFFERED:
        return petition, []
    return petition.model_copy(update={"acceptance": None, "unsettled": 0}), []


def erase_contact(petition: Petition, questions: Sequence[Question], now: datetime) -> Decision:
    """Forget the person, with what they wrote; the petition stays with the entity. Again: nothing changes."""
    if not petition.contact.is_somebody:
        return petition, []
    counted = {question.key for question in questions if question.kind is not QuestionKind.TEXT}
    erased = petition.model_copy(
        update={
            "contact": contacts.without_person(petition.contact, now),
            "answers": {key: value for key, value in petition.answers.items() if key in counted},
            "acceptance": None,
            "outbox": contacts.forgotten(petition.outbox, petition.contact),
        }
    )
    return erased, republish(erased)


def republish(petition: Petition) -> list[Event]:
    """The events of the present state, for services that missed them."""
    has_moved = petition.step or petition.handovers
    return [
        contacts.told(petition.contact, petition.subject),
        _advanced(petition) if has_moved else _received(petition),
    ]


def _advance(petition: Petition, state: State, reason: str, by: str, now: datetime) -> Decision:
    made = Step(at=now, state=state, owner=petition.owner, reason=reason, by=by)
    update = {"state": state, "changed_at": now, "step": petition.step + 1, "history": (*petition.history, made)}
    advanced = petition.model_copy(update=update)
    return advanced, [_advanced(advanced)]


def _received(petition: Petition) -> PetitionReceived:
    return PetitionReceived(**_common(petition), findings=list(petition.findings))


def _advanced(petition: Petition) -> PetitionAdvanced:
    more = {name: getattr(petition, name) for name in ("offered_until", "place_in_reserve")}
    return PetitionAdvanced(**_common(petition), **more)


def _common(petition: Petition) -> dict[str, Any]:
    fields = ("offer_id", "programme", "entity", "state", "owner", "step", "handovers")
    return {
        "petition_id": petition.id,
        "version": petition.version,
        **{name: getattr(petition, name) for name in fields},
    }
