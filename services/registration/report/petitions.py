"""What the report takes of petitions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from services.registration.petitions.domain import OPEN, Petition
from shared.events.vocabulary import PetitionState

_NO_ANSWER = (*OPEN, PetitionState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class PetitionFigures:
    """One petition, without its entity."""

    state: PetitionState
    received_at: datetime
    answered_at: datetime | None = None
    """When the office first decided or answered it; None while it waits."""
    answer_by: datetime | None = None
    """Until when an answer was promised."""

    @classmethod
    def of(cls, petition: Petition) -> Self:
        steps = [step for step in petition.history if not step.is_handover and step.state not in _NO_ANSWER]
        return cls(petition.state, petition.received_at, steps[0].at if steps else None, petition.answer_by)
