"""Addresses that get no more mails, or not all kinds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.notifications.deliveries.domain import (
    CONTACT_KINDS,
    DIRECT_ANSWERS,
    MAILBOX_KINDS,
    PROPOSAL_KINDS,
    SEAT_NOTICES,
    Delivery,
    DeliveryKind,
)
from shared.clock import StoredInstant
from shared.events.base import Event
from shared.events.notifications import BounceLifted, MailBounced
from shared.problems import Problem, mark
from shared.storage.aggregates import Aggregate


class SuppressionUnknownProblem(Problem):
    status = 404
    code = "suppression-unknown"
    title = mark("No address is suppressed under this identifier.")


class RecipientUnknownProblem(Problem):
    status = 404
    code = "recipient-unknown"
    title = mark("This link is about somebody who does not receive messages from here.")


class SuppressionReason(StrEnum):
    BOUNCED = "bounced"
    """A relay refused it for good: nothing is sent."""
    UNSUBSCRIBED = "unsubscribed"
    """The person stopped a group of mails; direct answers and seat notices are still sent."""


ADDRESS_BOUNCED = f"address {SuppressionReason.BOUNCED}"
"""The reason why a mail is skipped whose address bounced before."""

SUPPRESSION_NAMES: Mapping[SuppressionReason, str] = {
    SuppressionReason.BOUNCED: mark("Refused for good: nothing is sent"),
    SuppressionReason.UNSUBSCRIBED: mark("The person stopped"),
}


class MailGroup(StrEnum):
    """Mails that a person stops together."""

    ALL = ""
    SESSIONS = "sessions"
    """Empty: seat notices can no longer be stopped, but some addresses once did."""
    REMINDERS = "reminders"
    SURVEYS = "surveys"
    PUBLICATIONS = "publications"
    """Results and materials."""
    PROPOSALS = "proposals"
    PARTICIPATION = "participation"
    """Petitions and memberships."""

    @property
    def kinds(self) -> frozenset[DeliveryKind]:
        return _KINDS[self]


_NEWS = frozenset(DeliveryKind) - DIRECT_ANSWERS - SEAT_NOTICES - MAILBOX_KINDS

_KINDS = {
    MailGroup.ALL: _NEWS,
    MailGroup.SESSIONS: frozenset[DeliveryKind](),
    MailGroup.REMINDERS: frozenset({DeliveryKind.REMINDER}),
    MailGroup.SURVEYS: frozenset({DeliveryKind.SURVEY, DeliveryKind.SURVEY_REMINDER}),
    MailGroup.PUBLICATIONS: frozenset({DeliveryKind.RESULTS, DeliveryKind.MATERIALS}),
    MailGroup.PROPOSALS: _NEWS & PROPOSAL_KINDS,
    MailGroup.PARTICIPATION: _NEWS & CONTACT_KINDS,
}

GROUPS = tuple(group for group in MailGroup if group is not MailGroup.ALL and group.kinds)
"""The groups that a person chooses from: together all that can be stopped, without overlap."""

GROUP_NAMES: Mapping[MailGroup, tuple[str, str]] = {
    MailGroup.ALL: (mark("All that can be stopped"), ""),
    MailGroup.SESSIONS: (mark("Changes of sessions, which are sent all the same"), ""),
    MailGroup.REMINDERS: (mark("Reminders"), mark("Before each session for which you are registered.")),
    MailGroup.SURVEYS: (mark("Surveys"), mark("After each session, and once more while you have not answered.")),
    MailGroup.PUBLICATIONS: (
        mark("Results and materials"),
        mark("When the recording, the materials or the results of the survey are published."),
    ),
    MailGroup.PROPOSALS: (mark("Proposals"), mark("What becomes of the proposals that you made or support.")),
    MailGroup.PARTICIPATION: (
        mark("Petitions and participation"),
        mark("What becomes of the petitions of your entity, and of its way through the phases of a programme."),
    ),
}
"""Each group's name, and its explanation on the page of preferences."""


def group_of(kind: DeliveryKind) -> MailGroup:
    """The group that one click in such a mail stops; ALL if the kind is in no group."""
    return next((group for group in GROUPS if kind in group.kinds), MailGroup.ALL)


class Suppression(Aggregate):
    """One address and one reason; `id` is opaque, so that no URL needs the address."""

    address: str
    """Empty once lifted. The document stays if an event was published: later events need later versions."""
    reason: SuppressionReason
    group: MailGroup = MailGroup.ALL
    """The mails that an unsubscribed address no longer gets."""
    created_at: StoredInstant

    def stops(self, kind: DeliveryKind) -> bool:
        return self.reason is SuppressionReason.BOUNCED or kind in self.group.kinds

    @property
    def is_lifted(self) -> bool:
        return not self.address


@dataclass(frozen=True, slots=True)
class SuppressionChoice:
    """Suppressed addresses to be freed together."""

    reason: SuppressionReason = SuppressionReason.BOUNCED
    domain: str = ""
    """After the @; empty for any."""
    since: datetime | None = None
    until: datetime | None = None
    """When they were suppressed."""

    def means(self, suppression: Suppression) -> bool:
        return (
            suppression.reason is self.reason
            and (not self.domain or suppression.address.endswith(f"@{self.domain}"))
            and (self.since is None or suppression.created_at >= self.since)
            and (self.until is None or suppression.created_at < self.until)
        )

    @property
    def details(self) -> dict[str, str]:
        """For the record."""
        limits = {"since": self.since, "until": self.until}
        said = {"reason": self.reason.value, "domain": self.domain}
        return {key: value for key, value in said.items() if value} | {
            key: value.isoformat() for key, value in limits.items() if value
        }


Decision = tuple[Suppression, Sequence[Event]]


def mail_bounced(suppression: Suppression, delivery: Delivery) -> MailBounced:
    return MailBounced(
        version=suppression.version,
        suppression_id=suppression.id,
        kind=delivery.kind,
        subject_id=delivery.subject_id,
        recipient_id=delivery.recipient_id,
        bounced_at=suppression.created_at,
    )


def bounce_again(address: str, delivery: Delivery, now: datetime) -> Callable[[Suppression], Decision]:
    """Renew a lifted suppression; one that stands does not change."""

    def decide(suppression: Suppression) -> Decision:
        if not suppression.is_lifted:
            return suppression, []
        bounced = suppression.model_copy(update={"address": address, "created_at": now})
        return bounced, [mail_bounced(bounced, delivery)]

    return decide


def lift_bounce(suppression: Suppression) -> Decision:
    """Forget the address, which then gets mails again."""
    if suppression.is_lifted:
        return suppression, []
    lifted = suppression.model_copy(update={"address": ""})
    return lifted, [BounceLifted(version=lifted.version, suppression_id=suppression.id)]
