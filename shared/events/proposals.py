"""Events that the proposals service publishes: what becomes of each proposal, and who is to be told."""

from pydantic import AwareDatetime

from shared.events.base import Event, Stream
from shared.events.vocabulary import FollowerRole, Language, ProposalKind, ProposalState


class ProposalEvent(Event, source="proposals", key="proposal_id"):
    """What all events of a proposal carry: its public state. Title and body are public text of the proposal."""

    proposal_id: str
    programme: str
    kind: ProposalKind
    title: str
    state: ProposalState
    supports: int
    session_id: str = ""
    """The session that treats it, once scheduled."""
    cancelled_session_id: str = ""
    """The session that was to treat it, if it is back under review because that was cancelled."""
    reason: str = ""
    """Why it was declined, or the answer given."""
    merged_into: str = ""
    step: int = 0
    """How many steps it has taken since it was received: tells two steps of one kind apart."""
    created_at: AwareDatetime | None = None
    """When it was received; None where it is not told."""


class TopicProposed(ProposalEvent, name="proposals.topic-proposed"):
    """Somebody proposed a topic or a doubt."""


class ProposalReviewStarted(ProposalEvent, name="proposals.proposal-review-started"):
    """The office is studying it."""


class ProposalSupported(ProposalEvent, name="proposals.proposal-supported"):
    """One more person supports it."""


class ProposalScheduled(ProposalEvent, name="proposals.proposal-scheduled"):
    """A session will treat it."""


class ProposalAnswered(ProposalEvent, name="proposals.proposal-answered"):
    """It was answered in a session."""


class ProposalDeclined(ProposalEvent, name="proposals.proposal-declined"):
    """It will not be treated, for the reason given."""


class ProposalMerged(ProposalEvent, name="proposals.proposal-merged"):
    """It goes on as part of another proposal, to which its supporters moved."""

    merged_into_title: str = ""
    """What the other proposal is called."""


class ProposalFollowed(
    Event, name="people.proposal-followed", source="proposals", key="follower_id", stream=Stream.PEOPLE
):
    """A person is to be told what becomes of a proposal: its author, or a supporter who confirmed by mail."""

    follower_id: str
    proposal_id: str
    role: FollowerRole
    email: str
    language: Language
    after_step: int | None = None
    """How many steps the proposal had taken when the person began to follow it, who is told the later ones; None where
    nobody counted."""


class SupportRequested(
    Event, name="people.support-requested", source="proposals", key="support_id", stream=Stream.PEOPLE
):
    """Somebody wants to support a proposal and has to confirm it by the mailed link."""

    support_id: str
    proposal_id: str
    proposal_title: str
    programme: str
    email: str
    language: Language


class FollowerErased(Event, name="people.follower-erased", source="proposals", key="follower_id", stream=Stream.PEOPLE):
    """The address of a person who followed a proposal is erased: whoever keeps it forgets it too. Holds none."""

    follower_id: str
    proposal_id: str
    generation: int = 1
    """The round: raised when the same person follows the same proposal anew."""
