"""Addresses that get no mail any more, or not of every kind."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

from services.notifications.domain.deliveries import DIRECT_ANSWERS, SEAT_NOTICES, Delivery, DeliveryKind
from shared.clock import StoredInstant
from shared.events.base import Event
from shared.events.notifications import BounceLifted, MailBounced
from shared.storage.aggregates import Aggregate

_SET_BY_STORE = 0
"""An event's version is set when it is saved with its aggregate."""


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


class Suppression(Aggregate):
    """One address and one reason; `id` is opaque, so that no address need be in a URL."""

    address: str
    """Empty once it was lifted, where others were told of it: what is told later has to have a later version."""
    reason: SuppressionReason
    group: MailGroup = MailGroup.ALL
    """Of an unsubscribed address: what it gets no more."""
    created_at: StoredInstant

    def stops(self, kind: DeliveryKind) -> bool:
        """Whether a mail of that kind is not sent."""
        return self.reason is SuppressionReason.BOUNCED or kind in self.group.kinds

    @property
    def is_lifted(self) -> bool:
        """Whether it stops nothing any more."""
        return not self.address


Decision = tuple[Suppression, Sequence[Event]]


def mail_bounced(suppression: Suppression, delivery: Delivery) -> MailBounced:
    """The event that tells whose mail was refused."""
    return MailBounced(
        version=_SET_BY_STORE,
        suppression_id=suppression.id,
        kind=delivery.kind,
        subject_id=delivery.subject_id,
        recipient_id=delivery.recipient_id,
        bounced_at=suppression.created_at,
    )


def bounce_again(address: str, delivery: Delivery, now: datetime) -> Callable[[Suppression], Decision]:
    """What was lifted stops all mails again; what stands stays as it was told."""

    def decide(suppression: Suppression) -> Decision:
        if not suppression.is_lifted:
            return suppression, []
        bounced = suppression.model_copy(update={"address": address, "created_at": now})
        return bounced, [mail_bounced(bounced, delivery)]

    return decide


def lift_bounce(suppression: Suppression) -> Decision:
    """Forget the address that bounced, so that it gets mails again."""
    if suppression.is_lifted:
        return suppression, []
    lifted = suppression.model_copy(update={"address": ""})
    return lifted, [BounceLifted(version=_SET_BY_STORE, suppression_id=suppression.id)]
