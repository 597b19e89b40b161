"""Expanding fan-outs: a delivery for everybody concerned, page by page, the same ones however often interrupted."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifications.deliveries.domain import DeliveryKind, delivery_id, make_delivery
from services.notifications.deliveries.fanout_store import FanoutStore
from services.notifications.deliveries.fanouts import Fanout
from services.notifications.deliveries.store import DeliveryStore, delivery_document
from services.notifications.deliveries.wakers import Wakers
from services.notifications.projections.store import KnownStore
from shared import ids
from shared.clock import Clock
from shared.events.vocabulary import RegistrationStatus
from shared.faults import failpoint
from shared.storage.contract import Document

LEASE = timedelta(seconds=10)
"""Renewed at every page; after a crash another replica continues so much later."""

Make = Callable[[Sequence[str]], list[Document]]
"""Makes the deliveries to a page of recipients."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a fan-out becomes deliveries."""

    make: Make
    recipients: Sequence[str] | None = None
    """Who gets one, where that is known beforehand; None for everybody whom the fan-out concerns."""


Planner = Callable[[Fanout], Awaitable[Plan | None]]
"""Plans the fan-outs of a kind; None for one that no longer applies."""


class Fanouts:
    """Expands fan-outs. Every replica runs one; a lease keeps two from working on the same fan-out."""

    def __init__(
        self,
        fanouts: FanoutStore,
        deliveries: DeliveryStore,
        known: KnownStore,
        wakers: Wakers,
        clock: Clock,
        *,
        page_size: int,
        planners: Mapping[DeliveryKind, Planner],
        on_idle: Callable[[], None],
    ) -> None:
        """`planners`: for the kinds that are not the same delivery for everybody. `on_idle` is called when nothing is
        left to expand."""
        self._fanouts = fanouts
        self._deliveries = deliveries
        self._known = known
        self._wakers = wakers
        self._clock = clock
        self._page_size = page_size
        self._planners = planners
        self._on_idle = on_idle
        self._owner = ids.new_id()

    async def step(self) -> bool:
        """Expand the oldest fan-out; whether there may be another."""
        now = self._clock()
        fanout = await self._fanouts.claim(self._owner, now, now + LEASE)
        if fanout is None:
            self._on_idle()
            return False
        planner = self._planners.get(fanout.kind)
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
        members = self._known.registrations if fanout.is_about_session else self._known.followers
        after = fanout.cursor
        while page := await members(fanout.subject_id, after=after, limit=self._page_size):
            await self._insert(make([item["_id"] for item in page if _is_concerned(fanout, item)]))
            failpoint("after-fanout-page")
            after = page[-1]["_id"]
            if len(page) < self._page_size:
                break
            if not await self._fanouts.save_cursor(fanout.id, self._owner, after, self._clock() + LEASE):
                return  # another replica goes on with it
        await self._fanouts.finish(fanout.id)

    async def _insert(self, documents: Sequence[Document]) -> None:
        if await self._deliveries.insert(documents):
            self._wakers.sender()


def same_for_all(fanout: Fanout, now: datetime) -> Make:
    """The same delivery for everybody: only the ids differ. Copying one document costs a tenth of making each."""
    round_ = fanout.delivery_round
    template = delivery_document(
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


def _is_concerned(fanout: Fanout, item: Document) -> bool:
    return not fanout.is_about_session or fanout.concerns(RegistrationStatus(item["status"]))
