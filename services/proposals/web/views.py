"""What the API answers: the public side of a proposal, never an address."""

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field

from services.proposals.domain.followers import SupportStep
from services.proposals.domain.proposals import Proposal
from services.proposals.usecases.following import Followed
from services.proposals.usecases.supports import Support
from shared.events.vocabulary import FollowerRole, Language, ProposalKind, ProposalState

_NullIfEmpty = BeforeValidator(lambda text: text or None)


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
    session: Annotated[str | None, _NullIfEmpty, Field(validation_alias="session_id")]
    reason: Annotated[str | None, _NullIfEmpty]
    merged_into: Annotated[str | None, _NullIfEmpty]
    merged_from: list[str]
    created_at: AwareDatetime

    @classmethod
    def of(cls, proposal: Proposal) -> Self:
        return cls.model_validate(proposal, from_attributes=True)


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
        return cls(similarity=round(similarity, 2), **proposal.model_dump(include=set(cls.model_fields)))


class FollowedView(BaseModel):
    """A proposal and all that is kept of a person with it: personal data."""

    proposal: str
    title: str
    state: ProposalState
    email: str
    language: Language
    role: FollowerRole
    follows: bool
    """Whether the person gets mails about it."""
    entity: str
    """The local entity that a support is for, until it is counted."""
    support: SupportStep
    asked_at: AwareDatetime
    """When it was proposed, or a support was last asked for."""
    mailed_at: AwareDatetime | None
    """When the link to confirm a support was last sent."""

    @classmethod
    def of(cls, followed: Followed) -> Self:
        follower, proposal = dict(followed.follower), followed.proposal
        kept = {name: follower[name] for name in cls.model_fields if name in follower}
        return cls(proposal=proposal.id, title=proposal.title, state=proposal.state, **kept)


class PersonView(BaseModel):
    """All that is kept with one mail address."""

    followed: list[FollowedView]

    @classmethod
    def of(cls, followed: Iterable[Followed]) -> Self:
        return cls(followed=[FollowedView.of(each) for each in followed])
