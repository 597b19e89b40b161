"""What the programme office does about mails, each act with a line in the audit."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from services.notifications.domain.deliveries import Delivery, DeliveryState
from services.notifications.domain.known import KnownSession
from services.notifications.domain.problems import SuppressionUnknownProblem
from services.notifications.domain.suppressions import Suppression
from services.notifications.store import NotificationsStore
from services.notifications.usecases.post import Addressed, Post
from shared.audit import Audit, AuditEntry
from shared.clock import Clock
from shared.dates import OFFICE_ZONE
from shared.events.vocabulary import Language
from shared.staff import StaffMember

RESENT, LIFTED = "delivery.resent", "suppression.lifted"
"""What the audit calls the two acts."""
_MOST_FOUND = 200


@dataclass(frozen=True, slots=True)
class Today:
    """How the mails stand."""

    ended: Mapping[DeliveryState, int]
    """How many ended in each way since midnight."""
    waiting: int
    """How many are to be sent as soon as may be."""
    later: int
    """How many are to be sent at a later time, first tries and others."""


class Office:
    """The verbs of the programme office."""

    def __init__(self, store: NotificationsStore, post: Post, audit: Audit, clock: Clock) -> None:
        self._store = store
        self._post = post
        self._audit = audit
        self._clock = clock

    async def today(self) -> Today:
        """The numbers of today."""
        now = self._clock()
        midnight = now.astimezone(ZoneInfo(OFFICE_ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
        ended = {state: await self._store.deliveries.count_ended(state, since=midnight) for state in _ENDED}
        waiting, later = await self._store.deliveries.count_open(now)
        return Today(ended, waiting, later)

    async def find(self, address: str) -> list[Addressed]:
        """What was and is to be sent to an address, the newest first; no more than the latest two hundred."""
        recipients = await self._store.recipients.at([address])
        deliveries = await self._store.deliveries.to(recipients, limit=_MOST_FOUND)
        return [Addressed(delivery, address) for delivery in deliveries]

    async def latest_sessions(self, limit: int) -> list[KnownSession]:
        """Sessions to choose from, the one that starts last in front."""
        return await self._store.known.latest_sessions(limit)

    async def deliveries(self, ids: Collection[str]) -> list[Delivery]:
        """Those of the deliveries that are there."""
        found = [await self._store.deliveries.get(delivery_id) for delivery_id in sorted(ids)]
        return [delivery for delivery in found if delivery]

    async def titles(self, deliveries: list[Addressed]) -> dict[str, Mapping[Language, str] | str]:
        """By session or proposal, the title: of a session in several languages."""
        return await self._store.known.titles([each.delivery.subject_id for each in deliveries])

    async def history(self, delivery_id: str) -> list[AuditEntry]:
        """What the office did about a delivery, the latest first."""
        return await self._audit.entries(subject=delivery_id)

    async def resend(self, member: StaffMember, delivery_id: str) -> Addressed:
        """Send a mail once more, as `Post.resend`.

        Raises:
            DeliveryUnknownProblem, DeliveryOpenProblem: there is none, or it is still to be sent.
        """
        await self._post.ended(delivery_id)
        await self._audit.record(member, RESENT, delivery_id)
        return await self._post.resend(delivery_id)

    async def suppression(self, suppression_id: str) -> Suppression:
        """An address that gets no mail, or not all.

        Raises:
            SuppressionUnknownProblem: there is none with that id.
        """
        suppression = await self._store.suppressions.get(suppression_id)
        if suppression is None:
            raise SuppressionUnknownProblem
        return suppression

    async def lift(self, member: StaffMember, suppression_id: str) -> None:
        """Send to an address again.

        Raises:
            SuppressionUnknownProblem: there is none with that id.
        """
        suppression = await self.suppression(suppression_id)
        await self._audit.record(member, LIFTED, suppression_id, {"reason": suppression.reason})
        await self._post.lift_suppression(suppression_id)


_ENDED = (DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.BOUNCED, DeliveryState.FAILED)
