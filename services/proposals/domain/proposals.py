"""A proposal: a topic or a doubt, with its states, supporters and history.

The functions are pure. Each step raises WrongStepProblem if the proposal's state does not allow it.
"""

from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from services.proposals.domain.problems import WrongStepProblem
from shared.clock import StoredInstant
from shared.events import proposals as events
from shared.events.vocabulary import Language, ProposalKind, ProposalState
from shared.storage.aggregates import Aggregate

_DECIDED = (ProposalState.ANSWERED_IN_SESSION, ProposalState.DECLINED, ProposalState.MERGED)
STEPS = MappingProxyType(
    {
        ProposalState.RECEIVED: (ProposalState.UNDER_REVIEW, ProposalState.SCHEDULED, *_DECIDED),
        ProposalState.UNDER_REVIEW: (ProposalState.SCHEDULED, *_DECIDED),
        # From scheduled to scheduled: with another session.
        ProposalState.SCHEDULED: (ProposalState.UNDER_REVIEW, ProposalState.SCHEDULED, *_DECIDED),
        ProposalState.ANSWERED_IN_SESSION: (),
        ProposalState.DECLINED: (ProposalState.UNDER_REVIEW,),
        ProposalState.MERGED: (),
    }
)
"""The states that may follow each state."""

OPEN_STATES = frozenset({ProposalState.RECEIVED, ProposalState.UNDER_REVIEW, ProposalState.SCHEDULED})
"""In these, people may support a proposal."""

ENDED_STATES = frozenset({ProposalState.ANSWERED_IN_SESSION, ProposalState.DECLINED})
"""In these nothing more happens; a merged proposal ends with its target."""

_EVENTS: MappingProxyType[ProposalState, type[events.ProposalEvent]] = MappingProxyType(
    {
        ProposalState.RECEIVED: events.TopicProposed,
        ProposalState.UNDER_REVIEW: events.ProposalReviewStarted,
        ProposalState.SCHEDULED: events.ProposalScheduled,
        ProposalState.ANSWERED_IN_SESSION: events.ProposalAnswered,
        ProposalState.DECLINED: events.ProposalDeclined,
        ProposalState.MERGED: events.ProposalMerged,
    }
)

E = TypeVar("E", bound=events.ProposalEvent)


class Author(BaseModel):
    """The author's address, kept here only until the follower is stored."""

    model_config = ConfigDict(frozen=True)

    email: str
    language: Language


class Step(BaseModel):
    model_config = ConfigDict(frozen=True)

    state: ProposalState
    at: StoredInstant
    session_id: str = ""
    reason: str = ""
    merged_into: str = ""


class Proposal(Aggregate):
    """State, supporters and their count change in one write."""

    programme: str
    kind: ProposalKind
    title: str
    body: str
    language: Language
    state: ProposalState = ProposalState.RECEIVED
    supporters: tuple[str, ...] = ()
    """Follower ids: opaque, and different for every proposal of the same person."""
    supports: int = 0
    """The number of supporters: a scalar, to order by."""
    session_id: str = ""
    cancelled_session_id: str = ""
    """The session whose cancellation brought it back to review, until its next step."""
    reason: str = ""
    councils: tuple[str, ...] = ()
    """Codes of the entities of its author and supporters, each once; of which person each is stays unsaid."""
    merged_into: str = ""
    merged_into_title: str = ""
    """For mails."""
    merged_from: tuple[str, ...] = ()
    history: tuple[Step, ...] = ()
    author: Author | None = None
    unsettled: int = 0
    """1 while `author` waits to become a follower."""
    created_at: StoredInstant
    changed_at: StoredInstant

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    def steps_before(self, instant: datetime) -> int:
        return sum(step.at < instant for step in self.history)

    def event(self, kind: type[E]) -> E:
        """An event with the present state."""
        shown = self.model_dump(include=set(kind.model_fields) - {"version"})
        return kind(version=self.announced, proposal_id=self.id, step=len(self.history), **shown)

    def state_event(self) -> events.ProposalEvent:
        return self.event(_EVENTS[self.state])


Decision = tuple[Proposal, list[events.ProposalEvent]]


def review(proposal: Proposal, now: datetime) -> Decision:
    """Also after its session was cancelled or a decline reconsidered."""
    return _step(proposal, ProposalState.UNDER_REVIEW, now, session_id="", reason="")


def schedule(proposal: Proposal, session_id: str, now: datetime) -> Decision:
    return _step(proposal, ProposalState.SCHEDULED, now, session_id=session_id, cancelled_session_id="")


def answer(proposal: Proposal, reason: str, now: datetime) -> Decision:
    """`reason` is the answer in words, or empty."""
    return _step(proposal, ProposalState.ANSWERED_IN_SESSION, now, reason=reason, cancelled_session_id="")


def decline(proposal: Proposal, reason: str, now: datetime) -> Decision:
    return _step(proposal, ProposalState.DECLINED, now, session_id="", reason=reason, cancelled_session_id="")


def session_over(proposal: Proposal, session_id: str, *, took_place: bool, now: datetime) -> Decision:
    """Answer it if its session ended, review it again if the session was cancelled."""
    if proposal.state is not ProposalState.SCHEDULED or proposal.session_id != session_id:
        return proposal, []
    if took_place:
        return answer(proposal, "", now)
    changes = {"session_id": "", "reason": "", "cancelled_session_id": session_id}
    return _step(proposal, ProposalState.UNDER_REVIEW, now, **changes)


def become_part_of(proposal: Proposal, target: Proposal, now: datetime) -> Decision:
    """Merge it whatever its state: the merge book has decided."""
    if proposal.state is ProposalState.MERGED:
        return proposal, []
    into = {"merged_into": target.id, "merged_into_title": target.title}
    changes = {"state": ProposalState.MERGED, **into, "session_id": "", "cancelled_session_id": ""}
    return _taken(proposal.model_copy(update=changes), now)


def take_in(proposal: Proposal, source: Proposal) -> Decision:
    """Its councils come with it: a council whose people supported both is one."""
    if source.id in proposal.merged_from:
        return proposal, []
    changes = {"merged_from": (*proposal.merged_from, source.id), "councils": _united(proposal, *source.councils)}
    return proposal.model_copy(update=changes), []


def count_support(proposal: Proposal, follower_id: str, now: datetime, entity: str = "") -> Decision:
    """Count a supporter and the entity once, unless the proposal was merged."""
    if proposal.state is ProposalState.MERGED or follower_id in proposal.supporters:
        return proposal, []
    supporters = (*proposal.supporters, follower_id)
    councils = _united(proposal, entity)
    changes = {"supporters": supporters, "supports": len(supporters), "councils": councils, "changed_at": now}
    counted = proposal.model_copy(update=changes)
    return counted, [counted.event(events.ProposalSupported)]


def _united(proposal: Proposal, *entities: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*proposal.councils, *filter(None, entities)]))


def forget_author(proposal: Proposal) -> Decision:
    return proposal.model_copy(update={"author": None, "unsettled": 0}), []


def check_step(proposal: Proposal, state: ProposalState) -> None:
    if state not in STEPS[proposal.state]:
        raise WrongStepProblem(proposal.state, STEPS[proposal.state])


def _step(proposal: Proposal, state: ProposalState, now: datetime, **changes: str) -> Decision:
    """Move it to a state; a repeat changes nothing."""
    wanted = proposal.model_copy(update={"state": state, **changes})
    if wanted == proposal:
        return proposal, []
    check_step(proposal, state)
    return _taken(wanted, now)


def _taken(proposal: Proposal, now: datetime) -> Decision:
    """Append its present state to its history and announce it."""
    step = Step(
        state=proposal.state,
        at=now,
        session_id=proposal.session_id,
        reason=proposal.reason,
        merged_into=proposal.merged_into,
    )
    changed = proposal.model_copy(update={"history": (*proposal.history, step), "changed_at": now})
    return changed, [changed.state_event()]
