"""Queueing mails: deliveries for one person, fan-outs for many. Queueing twice is queueing once."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.notifications.deliveries.domain import Delivery, DeliveryKind, make_delivery
from services.notifications.deliveries.fanout_store import FanoutStore
from services.notifications.deliveries.fanouts import make_fanout
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.deliveries.wakers import Wakers
from shared.clock import Clock


@dataclass(frozen=True, slots=True)
class DeliveryQueue:
    """Stores deliveries and fan-outs and wakes the loops that work on them."""

    _deliveries: DeliveryStore
    _fanouts: FanoutStore
    _wakers: Wakers
    _clock: Clock

    async def enqueue(self, deliveries: Sequence[Delivery]) -> None:
        """Queue these deliveries, each for its due time."""
        if deliveries and await self._deliveries.add(deliveries):
            self._wakers.sender()

    async def resume(self, *subject_ids: str) -> None:
        """Send what waited to hear of these sessions and proposals."""
        if await self._deliveries.wake(subject_ids, self._clock()):
            self._wakers.sender()

    async def enqueue_now(
        self, kind: DeliveryKind, subject_id: str, recipient_id: str, *, round_: str = "", sequence: int = 0
    ) -> None:
        """Queue a mail to one person for now."""
        now = self._clock()
        delivery = make_delivery(kind, subject_id, recipient_id, due_at=now, now=now, round_=round_, sequence=sequence)
        await self.enqueue([delivery])

    async def enqueue_fanout(
        self,
        kind: DeliveryKind,
        subject_id: str,
        *,
        round_: str = "",
        sequence: int = 0,
        hashes: Sequence[str] = (),
    ) -> None:
        """Queue a mail to everybody whom a session or a proposal concerns."""
        fanout = make_fanout(
            kind, subject_id, now=self._clock(), round_=round_, sequence=sequence, hashes=tuple(hashes)
        )
        await self._fanouts.add(fanout)
        self._wakers.fanouts()

    async def backfill(
        self, subject_id: str, recipient_id: str, kinds: frozenset[DeliveryKind], *, after_step: int = 0
    ) -> None:
        """Queue the earlier fan-outs of these kinds for a person who became known late; of a proposal, only the steps
        after `after_step`."""
        for fanout in await self._fanouts.about(subject_id):
            if fanout.kind in kinds and not 0 < fanout.step <= after_step:
                await self.enqueue_now(
                    fanout.kind, subject_id, recipient_id, round_=fanout.delivery_round, sequence=fanout.sequence
                )

    async def withdraw(self, subject_id: str, kinds: Sequence[DeliveryKind], reason: str) -> None:
        """Send no more mails of these kinds about a session or a proposal."""
        await self._fanouts.close(subject_id, kinds)
        await self._deliveries.skip_open(subject_id, kinds, reason)

    async def forget(self, subject_id: str, kind: DeliveryKind) -> None:
        """Delete the deliveries of a kind, sent or not."""
        await self._deliveries.forget(subject_id, kind)
