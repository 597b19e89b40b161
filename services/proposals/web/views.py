"""What the API answers: the public side of a proposal, never an address."""

from collections.abc import Iterable
from typing import Self

from pydantic import AwareDatetime, BaseModel

from services.proposals.domain.followers import SupportStep
from services.proposals.domain.proposals import Proposal
from services.proposals.usecases.following import Followed
from services.proposals.usecases.supports import Support
from shared.events.vocabulary import FollowerRole, Language, ProposalKind, ProposalState


class ReceivedView(BaseModel):
    """A proposal was received."""

    id: str
    state: ProposalState


class SupportRequestedView(BaseModel):
    """The answer to every request of support, whether or not the address supports the proposal already."""

    status: str = "requested"


class SupportView(BaseModel):
    """A support that was confirmed."""

    proposal: str
    """The proposal that counts it: after a merge, the one in which the supported one goes on."""
    title: str
    supports: int

    @classmethod
    def of(cls, support: Support) -> Self:
        return cls(proposal=support.proposal.id, title=support.proposal.title, supports=support.proposal.supports)


class ProposalView(BaseModel):
    """A proposal as anybody may read it."""

    id: str
    programme: str
    kind: ProposalKind
    title: str
    body: str
    language: Language
    state: ProposalState
    supports: int
    session: str | None
    reason: str | None
    merged_into: str | None
    merged_from: list[str]
    created_at: AwareDatetime

    @classmethod
    def of(cls, proposal: Proposal) -> Self:
        return cls(
            id=proposal.id,
            programme=proposal.programme,
            kind=proposal.kind,
            title=proposal.title,
            body=proposal.body,
            language=proposal.language,
            state=proposal.state,
            supports=proposal.supports,
            session=proposal.session_id or None,
            reason=proposal.reason or None,
            merged_into=proposal.merged_into or None,
            merged_from=list(proposal.merged_from),
            created_at=proposal.created_at,
        )


class SimilarView(BaseModel):
    """A proposal whose title resembles the one asked about."""

    id: str
    title: str
    language: Language
    state: ProposalState
    supports: int
    similarity: float
    """From 0 to 1, rounded to two decimals."""

    @classmethod
    def of(cls, proposal: Proposal, similarity: float) -> Self:
        return cls(
            id=proposal.id,
            title=proposal.title,
            language=proposal.language,
            state=proposal.state,
            supports=proposal.supports,
            similarity=round(similarity, 2),
        )


class FollowedView(BaseModel):
    """A proposal and all that is kept of a person with it: personal data."""

    proposal: str
    title: str
    state: ProposalState
    email: str
    language: Language
    role: FollowerRole
    follows: bool
    """Whether the person is told what becomes of it."""
    support: SupportStep
    asked_at: AwareDatetime
    """When it was proposed, or a support was last asked for."""
    mailed_at: AwareDatetime | None
    """When the link to confirm a support was last sent."""

    @classmethod
    def of(cls, followed: Followed) -> Self:
        follower, proposal = followed.follower, followed.proposal
        kept = follower.model_dump(include={"email", "language", "role", "follows", "support"})
        return cls(
            proposal=proposal.id,
            title=proposal.title,
            state=proposal.state,
            asked_at=follower.asked_at,
            mailed_at=follower.mailed_at,
            **kept,
        )


class PersonView(BaseModel):
    """All that is kept with one mail address."""

    followed: list[FollowedView]

    @classmethod
    def of(cls, followed: Iterable[Followed]) -> Self:
        return cls(followed=[FollowedView.of(each) for each in followed])
