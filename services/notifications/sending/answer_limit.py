"""A limit on direct answers to one address: whoever types somebody else's address again and again fills no mailbox."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from services.notifications.deliveries.domain import DIRECT_ANSWERS, Delivery
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.projections.domain import Recipient
from services.notifications.projections.recipients import RecipientStore

TOO_MANY = "too many mails to this address in an hour"


_HOUR = timedelta(hours=1)


class ReplyRateLimit:
    """Finds the deliveries that are too many. What the office sends once more is not held against anybody."""

    def __init__(self, deliveries: DeliveryStore, recipients: RecipientStore, *, per_hour: int) -> None:
        """`per_hour`: direct answers to one address in any hour; 0 for no limit."""
        self._deliveries = deliveries
        self._recipients = recipients
        self._per_hour = per_hour

    async def exceeding(self, deliveries: Sequence[Delivery], recipients: Mapping[str, Recipient]) -> set[str]:
        """The ids of those deliveries before which, within an hour, the address was sent as many as it may be."""
        asked = [each for each in deliveries if each.kind in DIRECT_ANSWERS and each.resent_at is None]
        addresses = {each.id: recipients[each.recipient_id].email for each in asked if each.recipient_id in recipients}
        exceeding: set[str] = set()
        if not self._per_hour or not addresses:
            return exceeding
        since = min(each.created_at for each in asked) - _HOUR
        having = await self._recipients.at(sorted(set(addresses.values())))
        sent = await self._deliveries.direct_answers(having, since)
        for place, address in sorted((_place(each), addresses[each.id]) for each in asked if each.id in addresses):
            before = [other for other in sent.get(address, ()) if _is_within_hour(other, place)]
            if sum(id_ not in exceeding for _, id_ in before) >= self._per_hour:
                exceeding.add(place[1])
        return exceeding


def _place(delivery: Delivery) -> tuple[datetime, str]:
    return delivery.created_at, delivery.id


def _is_within_hour(other: tuple[datetime, str], place: tuple[datetime, str]) -> bool:
    return other < place and other[0] > place[0] - _HOUR
