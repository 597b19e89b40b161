"""Mails to one person that say the same: late news come all at once, and one person may be told for two reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifications.deliveries.domain import Delivery, DeliveryKind, DeliveryState, delivery_id
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.projections.domain import Recipient
from services.notifications.projections.store import Projections
from services.notifications.reminders import later_reminders
from services.notifications.rendering.domain import MailContext
from shared.clock import from_millis
from shared.events.vocabulary import RegistrationStatus
from shared.storage.contract import Document

LATER_REMINDER = "a later reminder is due"
SURVEY_SENT_JUST_NOW = "survey sent just now"
"""It is the survey's reminder that is not sent: only its delivery is deleted when the survey closes, so nothing stays
that tells who had not answered."""
NEW_DATE_TOLD = "new date told already"
TOLD_AS_REGISTERED = "told as registered"

_JUST_NOW = timedelta(hours=12)
"""A survey's reminder comes a day after the survey at the earliest."""

_SEAT = frozenset({RegistrationStatus.REGISTERED})
_PLACE = _SEAT | {RegistrationStatus.WAITING}
_ALSO_TO_PLACES = {
    DeliveryKind.PROPOSAL_RESCHEDULED: _PLACE,
    DeliveryKind.PROPOSAL_SESSION_CANCELLED: _PLACE,
    DeliveryKind.PROPOSAL_RECORDING: _SEAT,
}
"""News of a proposal's session, which those who have such a place in it get as such."""


@dataclass(frozen=True, slots=True)
class Superseding:
    _deliveries: DeliveryStore
    _known: Projections

    async def reasons(
        self,
        deliveries: Sequence[Delivery],
        contexts: Mapping[str, MailContext],
        recipients: Mapping[str, Recipient],
        now: datetime,
    ) -> dict[str, str]:
        """Why deliveries are of no use beside others to the same person, by their ids; the useful ones are left out."""
        others = {
            delivery.id: (delivery, ids)
            for delivery in deliveries
            if (context := contexts.get(delivery.subject_id)) and (ids := _others(delivery, context, now))
        }
        stored = await self._deliveries.documents.many({id_ for _, ids in others.values() for id_ in ids})
        found = {
            id_: next(filter(None, (_reason(delivery, stored[other], now) for other in ids if other in stored)), "")
            for id_, (delivery, ids) in others.items()
        }
        told = dict.fromkeys(await self._told_as_registered(deliveries, contexts, recipients), TOLD_AS_REGISTERED)
        return {id_: reason for id_, reason in found.items() if reason} | told

    async def _told_as_registered(
        self,
        deliveries: Sequence[Delivery],
        contexts: Mapping[str, MailContext],
        recipients: Mapping[str, Recipient],
    ) -> list[str]:
        """The ids of those to who has a place in the proposal's session under the same address."""
        places = {
            delivery.id: ((context.session.id, recipient.email), _ALSO_TO_PLACES[delivery.kind])
            for delivery in deliveries
            if delivery.kind in _ALSO_TO_PLACES
            and (recipient := recipients.get(delivery.recipient_id))
            and (context := contexts.get(delivery.subject_id))
            and context.session
        }
        if not places:
            return []
        session_ids, addresses = ({place[part] for place, _ in places.values()} for part in (0, 1))
        held = await self._known.having_places(sorted(session_ids), sorted(addresses))
        return [id_ for id_, (place, statuses) in places.items() if held.get(place) in statuses]


def _others(delivery: Delivery, context: MailContext, now: datetime) -> list[str]:
    """The ids of the deliveries that may stand in for this one."""
    subject, recipient = delivery.subject_id, delivery.recipient_id
    if delivery.kind is DeliveryKind.REMINDER and context.session:
        return later_reminders(delivery, context.session, context.programme, now)
    if delivery.kind is DeliveryKind.SURVEY_REMINDER:
        return [delivery_id(DeliveryKind.SURVEY, subject, recipient, "")]
    if delivery.kind is DeliveryKind.PROPOSAL_RESCHEDULED and context.proposal:
        return [delivery_id(DeliveryKind.PROPOSAL_SCHEDULED, subject, recipient, context.proposal.step_round)]
    return []


def _reason(delivery: Delivery, other: Document, now: datetime) -> str:
    """Why this other delivery leaves nothing to say; empty if it does not."""
    if delivery.kind is DeliveryKind.REMINDER:
        return LATER_REMINDER if other["state"] != DeliveryState.SKIPPED else ""
    if delivery.kind is DeliveryKind.SURVEY_REMINDER:
        return SURVEY_SENT_JUST_NOW if _tells_since(other, now - _JUST_NOW) else ""
    return NEW_DATE_TOLD if _tells_since(other, delivery.created_at) else ""


def _tells_since(other: Document, instant: datetime) -> bool:
    """Whether it was sent after that instant, or is yet to be."""
    was_sent = other["state"] == DeliveryState.SENT and from_millis(other["sent_at"]) > instant
    return was_sent or bool(other["open"])
