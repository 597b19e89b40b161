"""Queueing mails: deliveries for one person, fan-outs for many. Queueing twice is queueing once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.notifications.deliveries.domain import Delivery, DeliveryKind, make_delivery
from services.notifications.deliveries.fanouts import FanoutStore, fanout_id, make_fanout
from services.notifications.deliveries.store import DeliveryStore
from shared.clock import Clock
from shared.storage.contract import one_of


def _nobody() -> None:
    """Without a loop to wake: the loops look by themselves from time to time."""


@dataclass(slots=True)
class Wakers:
    """Wake the loops of this process when there is something to do; the composition connects them."""

    sender: Callable[[], None] = _nobody
    fanouts: Callable[[], None] = _nobody
    surveys: Callable[[], None] = _nobody


@dataclass(frozen=True, slots=True)
class DeliveryQueue:
    _deliveries: DeliveryStore
    _fanouts: FanoutStore
    _wakers: Wakers
    _clock: Clock

    async def enqueue(self, deliveries: Sequence[Delivery]) -> None:
        if deliveries and await self._deliveries.add(deliveries):
            self._wakers.sender()

    async def resume(self, *subject_ids: str) -> None:
        """Send what waited for these subjects to become known."""
        if await self._deliveries.wake(subject_ids, self._clock()):
            self._wakers.sender()

    async def enqueue_now(
        self, kind: DeliveryKind, subject_id: str, recipient_id: str, *, round_: str = "", sequence: int = 0
    ) -> None:
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
        fanout = make_fanout(kind, subject_id, now=self._clock(), round_=round_, sequence=sequence, hashes=hashes)
        await self._fanouts.insert(fanout)
        self._wakers.fanouts()

    async def sequence_of(self, kind: DeliveryKind, subject_id: str, round_: str) -> int | None:
        """The SEQUENCE of the session that an earlier fan-out was about; None if there was none."""
        fanout = await self._fanouts.get(fanout_id(kind, subject_id, round_))
        return fanout.sequence if fanout else None

    async def backfill(
        self, subject_id: str, recipient_id: str, kinds: frozenset[DeliveryKind], *, after_step: int = 0
    ) -> None:
        """Queue the earlier fan-outs of these kinds for a person who became known late; of what takes steps, only those
        after `after_step`."""
        for fanout in await self._fanouts.about(subject_id):
            if fanout.kind in kinds and not 0 < fanout.step <= after_step:
                await self.enqueue_now(
                    fanout.kind, subject_id, recipient_id, round_=fanout.delivery_round, sequence=fanout.sequence
                )

    async def withdraw(self, subject_id: str, kinds: Sequence[DeliveryKind], reason: str) -> None:
        """Send no more mails of these kinds about a subject."""
        for fanout in await self._fanouts.about(subject_id):
            if fanout.kind in kinds:
                await self._fanouts.finish(fanout.id)
        await self._deliveries.skip({"subject_id": subject_id, "kind": one_of([kind.value for kind in kinds])}, reason)

    async def forget(self, subject_id: str, kind: DeliveryKind) -> None:
        """Delete the deliveries of a kind, sent or not."""
        await self._deliveries.delete({"subject_id": subject_id, "kind": kind.value})
