"""Addresses that get no mail any more, or only direct answers."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from services.notifications.domain.deliveries import DIRECT_ANSWERS, DeliveryKind
from shared.clock import StoredInstant


class SuppressionReason(StrEnum):
    """Why an address is suppressed, which also says for what."""

    BOUNCED = "bounced"
    """A relay refused it for good: nothing is sent."""
    UNSUBSCRIBED = "unsubscribed"
    """The person stopped the news: only direct answers are sent."""

    def stops(self, kind: DeliveryKind) -> bool:
        """Whether a mail of that kind is not sent."""
        return self is SuppressionReason.BOUNCED or kind not in DIRECT_ANSWERS


class Suppression(BaseModel):
    """One address and one reason; `id` is opaque, so that no address need be in a URL."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True, hide_input_in_errors=True
    )

    id: str = Field(alias="_id")
    address: str
    reason: SuppressionReason
    created_at: StoredInstant
