"""Expanding fan-outs: a delivery for everybody concerned, page by page, the same ones however often interrupted."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.notifications.deliveries.domain import DeliveryKind, delivery_id, make_delivery
from services.notifications.deliveries.fanouts import Fanout, FanoutStore
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.deliveries.usecases import Wakers
from services.notifications.projections.store import Projections
from shared import ids
from shared.clock import Clock
from shared.faults import failpoint
from shared.storage.collection import Documents, document_of
from shared.storage.contract import Document

LEASE = timedelta(seconds=10)
"""Renewed at every page; after a crash another replica continues so much later."""

Make = Callable[[Sequence[str]], list[Document]]
"""Makes the deliveries to a page of recipients."""


@dataclass(frozen=True, slots=True)
class Plan:
    make: Make
    recipients: Sequence[str] | None = None
    """Who gets one, where that is known beforehand; None for everybody whom the fan-out concerns."""


Planner = Callable[[Fanout], Awaitable[Plan | None]]
"""Plans the fan-outs of a kind; None for one that no longer applies."""


@dataclass(frozen=True, slots=True)
class Fanouts:
    """Expands fan-outs. Every replica runs one; a lease keeps two from working on the same fan-out."""

    _fanouts: FanoutStore
    _deliveries: DeliveryStore
    _known: Projections
    _wakers: Wakers
    _clock: Clock
    page_size: int
    """Recipients at a time."""
    planners: Mapping[DeliveryKind, Planner]
    """For the kinds that are not the same delivery for everybody."""
    on_idle: Callable[[], None]
    """Called when nothing is left to expand."""
    _owner: str = field(default_factory=ids.new_id)

    async def step(self) -> bool:
        """Expand the oldest fan-out; whether there may be another."""
        now = self._clock()
        fanout = await self._fanouts.claim(self._owner, now, now + LEASE)
        if fanout is None:
            self.on_idle()
            return False
        planner = self.planners.get(fanout.kind)
        plan = await planner(fanout) if planner else Plan(same_for_all(fanout, now))
        if plan is None:
            await self._fanouts.finish(fanout.id)
        elif plan.recipients is None:
            await self._expand(fanout, plan.make)
        else:
            await self._insert(plan.make(plan.recipients))
            await self._fanouts.finish(fanout.id)
        return True

    async def _expand(self, fanout: Fanout, make: Make) -> None:
        members = self._members(fanout)
        after = fanout.cursor
        while True:
            page = await members.page(fanout.audience, limit=self.page_size, after=[after] if after else None)
            await self._insert(make(page.items))
            failpoint("after-fanout-page")
            if page.next is None:
                break
            after = page.items[-1]
            if not await self._fanouts.save_cursor(fanout.id, self._owner, after, self._clock() + LEASE):
                return  # another replica goes on with it
        await self._fanouts.finish(fanout.id)

    def _members(self, fanout: Fanout) -> Documents[str]:
        if fanout.goes_to_contacts:
            return self._known.contacts.ids
        return self._known.registrations.ids if fanout.is_about_session else self._known.followers.ids

    async def _insert(self, documents: Sequence[Document]) -> None:
        if await self._deliveries.add_documents(documents):
            self._wakers.sender()


def same_for_all(fanout: Fanout, now: datetime) -> Make:
    """The same delivery for everybody: only the ids differ. Copying one document costs a tenth of making each."""
    round_ = fanout.delivery_round
    template = document_of(
        make_delivery(fanout.kind, fanout.subject_id, "-", due_at=now, now=now, round_=round_, sequence=fanout.sequence)
    )

    def make(recipients: Sequence[str]) -> list[Document]:
        return [
            {
                **template,
                "_id": delivery_id(fanout.kind, fanout.subject_id, recipient, round_),
                "recipient_id": recipient,
            }
            for recipient in recipients
        ]

    return make
