"""Addresses that get no mail any more, or not of every kind."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from services.notifications.domain.deliveries import DIRECT_ANSWERS, SEAT_NOTICES, DeliveryKind
from shared.clock import StoredInstant


class SuppressionReason(StrEnum):
    """Why an address is suppressed."""

    BOUNCED = "bounced"
    """A relay refused it for good: nothing is sent."""
    UNSUBSCRIBED = "unsubscribed"
    """The person wants no more of a group of mails; direct answers and seat notices are sent all the same."""


class MailGroup(StrEnum):
    """Mails that a person stops together."""

    ALL = ""
    """All that can be stopped."""
    SESSIONS = "sessions"
    """Empty: seat notices cannot be stopped any more. Addresses that once stopped them are still kept so."""
    REMINDERS = "reminders"
    SURVEYS = "surveys"
    PUBLICATIONS = "publications"
    """Results and materials."""
    PROPOSALS = "proposals"

    @property
    def kinds(self) -> frozenset[DeliveryKind]:
        """The kinds of mail in it."""
        return _KINDS[self]


_NEWS = frozenset(DeliveryKind) - DIRECT_ANSWERS - SEAT_NOTICES
_KINDS = {
    MailGroup.ALL: _NEWS,
    MailGroup.SESSIONS: frozenset[DeliveryKind](),
    MailGroup.REMINDERS: frozenset({DeliveryKind.REMINDER}),
    MailGroup.SURVEYS: frozenset({DeliveryKind.SURVEY, DeliveryKind.SURVEY_REMINDER}),
    MailGroup.PUBLICATIONS: frozenset({DeliveryKind.RESULTS, DeliveryKind.MATERIALS}),
    MailGroup.PROPOSALS: frozenset(kind for kind in _NEWS if kind.startswith("proposal_")),
}
GROUPS = tuple(group for group in MailGroup if group is not MailGroup.ALL and group.kinds)
"""The groups that a person chooses from: together they are all that can be stopped, and no kind is in two of them."""


def group_of(kind: DeliveryKind) -> MailGroup:
    """What the one click in a mail of that kind stops: its group, or all that can be stopped where it has none."""
    return next((group for group in GROUPS if kind in group.kinds), MailGroup.ALL)


class Suppression(BaseModel):
    """One address and one reason; `id` is opaque, so that no address need be in a URL."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    id: str = Field(alias="_id")
    address: str
    reason: SuppressionReason
    group: MailGroup = MailGroup.ALL
    """Of an unsubscribed address: what it gets no more."""
    created_at: StoredInstant

    def stops(self, kind: DeliveryKind) -> bool:
        """Whether a mail of that kind is not sent."""
        return self.reason is SuppressionReason.BOUNCED or kind in self.group.kinds
