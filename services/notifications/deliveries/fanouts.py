"""A fan-out: one event about many people, to become a delivery for each of them."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from services.notifications.deliveries.domain import SESSION_KINDS, DeliveryKind
from shared.clock import StoredInstant
from shared.events.vocabulary import RegistrationStatus

SURVEY_KINDS = (DeliveryKind.SURVEY, DeliveryKind.SURVEY_REMINDER)
"""Kinds that are of no use after the survey has closed."""

_ALSO_WAITING = frozenset({DeliveryKind.RESCHEDULED, DeliveryKind.CHANGED, DeliveryKind.SESSION_CANCELLED})
"""News of a session that concern its waiting list too."""


class Fanout(BaseModel):
    """One mail to everybody concerned; expanded page by page, from the cursor on."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    id: str = Field(alias="_id")
    kind: DeliveryKind
    subject_id: str
    """The session or the proposal."""
    round: str = ""
    """Distinguishes intended repetitions, as in the deliveries' ids."""
    sequence: int = 0
    """The session's SEQUENCE it is about."""
    created_at: StoredInstant
    open: int = 1
    """1 until everybody has a delivery."""
    cursor: str = ""
    """The last recipient whose delivery is stored."""
    hashes: tuple[str, ...] = ()
    """The unused links that a survey's reminder is about; emptied after the expansion."""

    @property
    def delivery_round(self) -> str:
        """The round of its deliveries. A survey may open again for late registrants and its reminder comes in parts,
        yet each person gets one link and one reminder."""
        return "" if self.kind in SURVEY_KINDS else self.round

    @property
    def step(self) -> int:
        """The step of its proposal; 0 if the step has no number or the fan-out is about a session."""
        return 0 if self.is_about_session or not self.round.isdecimal() else int(self.round)

    @property
    def is_about_session(self) -> bool:
        """Whether it goes to registrations, not to followers of a proposal."""
        return self.kind in SESSION_KINDS

    def concerns(self, status: RegistrationStatus) -> bool:
        """Whether a registration in that status gets the mail."""
        if status is RegistrationStatus.WAITING:
            return self.kind in _ALSO_WAITING
        return status is RegistrationStatus.REGISTERED


def make_fanout(
    kind: DeliveryKind,
    subject_id: str,
    *,
    now: datetime,
    round_: str = "",
    sequence: int = 0,
    hashes: tuple[str, ...] = (),
) -> Fanout:
    """A fan-out with an id that makes a second insertion a no-op."""
    return Fanout(
        id=f"{kind}:{subject_id}:{round_}",
        kind=kind,
        subject_id=subject_id,
        round=round_,
        sequence=sequence,
        created_at=now,
        hashes=hashes,
    )
