"""Mails to one person that say the same: where late news come all at once, only one of them is of use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifications.deliveries.domain import Delivery, DeliveryKind, DeliveryState, delivery_id
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.reminders import later_reminders
from services.notifications.rendering.domain import MailContext
from shared.clock import from_millis
from shared.storage.contract import Document

LATER_REMINDER = "a later reminder is due"
SURVEY_SENT_JUST_NOW = "survey sent just now"
"""Reasons. It is the survey's reminder that is not sent: only its delivery is deleted when the survey closes, so
nothing stays that tells who had not answered."""

_JUST_NOW = timedelta(hours=12)
"""A survey's reminder comes a day after the survey at the earliest."""


@dataclass(frozen=True, slots=True)
class Superseding:
    _deliveries: DeliveryStore

    async def reasons(
        self, deliveries: Sequence[Delivery], contexts: Mapping[str, MailContext], now: datetime
    ) -> dict[str, str]:
        """Why deliveries are of no use beside others to the same person, by their ids; the useful ones are left out."""
        others = {
            delivery.id: ids
            for delivery in deliveries
            if (context := contexts.get(delivery.subject_id)) and (ids := _others(delivery, context, now))
        }
        stored = await self._deliveries.documents.many({id_ for ids in others.values() for id_ in ids})
        reasons = {
            id_: [_reason(stored[other], now) for other in ids if other in stored] for id_, ids in others.items()
        }
        return {id_: reason for id_, given in reasons.items() if (reason := next(filter(None, given), ""))}


def _others(delivery: Delivery, context: MailContext, now: datetime) -> list[str]:
    """The ids of the deliveries that may stand in for this one."""
    if delivery.kind is DeliveryKind.REMINDER and context.session:
        return later_reminders(delivery, context.session, context.programme, now)
    if delivery.kind is DeliveryKind.SURVEY_REMINDER:
        return [delivery_id(DeliveryKind.SURVEY, delivery.subject_id, delivery.recipient_id, "")]
    return []


def _reason(other: Document, now: datetime) -> str:
    """Why this other delivery leaves nothing to say; empty if it does not."""
    if other["kind"] == DeliveryKind.REMINDER:
        return LATER_REMINDER if other["state"] != DeliveryState.SKIPPED else ""
    was_sent = other["state"] == DeliveryState.SENT and from_millis(other["sent_at"]) > now - _JUST_NOW
    return SURVEY_SENT_JUST_NOW if was_sent or other["open"] else ""
