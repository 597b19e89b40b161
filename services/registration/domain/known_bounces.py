"""What registration knows of the addresses that refuse our mails, as the events told, for the office."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from shared.events.notifications import BounceLifted, MailBounced


class KnownBounce(BaseModel):
    """An address by an opaque id; `seen` is the version of the latest event."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    id: str = Field(alias="_id")
    seen: int
    standing: int
    """1 while it gets no mail."""
    recipient_id: str = ""
    """The registration, or the follower of a proposal, whose mail was refused."""

    @classmethod
    def told_by(cls, event: MailBounced) -> Self:
        """An address that gets no mail from now on."""
        return cls(id=event.suppression_id, seen=event.version, standing=1, recipient_id=event.recipient_id)

    @classmethod
    def lifted_by(cls, event: BounceLifted) -> Self:
        """An address that gets mails again; whose it is is forgotten."""
        return cls(id=event.suppression_id, seen=event.version, standing=0)
