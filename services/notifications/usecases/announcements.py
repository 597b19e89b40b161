"""Announcing: what is to be told to one person or to everybody concerned. Telling it twice is telling it once."""

from collections.abc import Sequence

from services.notifications.domain.deliveries import Delivery, DeliveryKind, make_delivery
from services.notifications.domain.fanouts import Fanout, make_fanout
from services.notifications.store import NotificationsStore
from services.notifications.usecases.bells import Bells
from shared.clock import Clock


class Announcements:
    """Stores deliveries and fan-outs and wakes who goes on with them."""

    def __init__(self, store: NotificationsStore, clock: Clock, bells: Bells) -> None:
        self._store = store
        self._clock = clock
        self._bells = bells

    async def tell(self, deliveries: Sequence[Delivery]) -> None:
        """Tell these people, each at the due time."""
        if deliveries and await self._store.deliveries.add(deliveries):
            self._bells.sender()

    async def take_up(self, *subject_ids: str) -> None:
        """Have what waited to hear of these sessions and proposals sent now."""
        if await self._store.deliveries.wake(subject_ids, self._clock()):
            self._bells.sender()

    async def tell_now(
        self, kind: DeliveryKind, subject_id: str, recipient_id: str, *, round_: str = "", sequence: int = 0
    ) -> None:
        """Tell one person now."""
        now = self._clock()
        delivery = make_delivery(kind, subject_id, recipient_id, due_at=now, now=now, round_=round_, sequence=sequence)
        await self.tell([delivery])

    async def tell_everybody(
        self,
        kind: DeliveryKind,
        subject_id: str,
        *,
        round_: str = "",
        sequence: int = 0,
        hashes: Sequence[str] = (),
    ) -> None:
        """Tell everybody whom a session or a proposal concerns."""
        fanout = make_fanout(
            kind, subject_id, now=self._clock(), round_=round_, sequence=sequence, hashes=tuple(hashes)
        )
        await self._store.fanouts.add(fanout)
        self._bells.fanouts()

    async def tell_what_all_were_told(
        self, subject_id: str, recipient_id: str, kinds: frozenset[DeliveryKind], *, after_step: int = 0
    ) -> None:
        """Tell a person who became known late what everybody was told before; of a proposal, the steps after that."""
        for fanout in await self._store.fanouts.about(subject_id):
            if fanout.kind in kinds and not 0 < fanout.step <= after_step:
                await self._tell_late(fanout, recipient_id)

    async def _tell_late(self, fanout: Fanout, recipient_id: str) -> None:
        await self.tell_now(
            fanout.kind, fanout.subject_id, recipient_id, round_=fanout.delivery_round, sequence=fanout.sequence
        )
