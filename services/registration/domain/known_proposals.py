"""What registration knows of proposals, as their events told, for the office's list of things to do."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from shared.events.proposals import ProposalEvent
from shared.events.vocabulary import ProposalState

UNANSWERED = (ProposalState.RECEIVED, ProposalState.UNDER_REVIEW)


class KnownProposal(BaseModel):
    """A proposal; `seen` is the version of the latest event."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    id: str = Field(alias="_id")
    seen: int
    programme: str
    title: str
    state: ProposalState
    supports: int

    @classmethod
    def told_by(cls, event: ProposalEvent) -> Self:
        """The proposal as the event describes it."""
        return cls(
            id=event.proposal_id,
            seen=event.version,
            programme=event.programme,
            title=event.title,
            state=event.state,
            supports=event.supports,
        )
