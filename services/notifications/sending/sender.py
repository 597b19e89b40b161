"""Sending: take what is due, check that it still applies, hand it over in the sending threads, save the outcome.

A lease lets one replica send at a time: so the relay's limits hold for all together, and a mail needs no write before
it is sent. Pages overlap: while the threads hand over one, the next is loaded.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from services.notifications.deliveries.domain import Urgency
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.rendering.messages import Composer
from services.notifications.rendering.prepared import PersonalMail
from services.notifications.sending.batch import Batch, BatchLoader
from services.notifications.sending.outcomes import OutcomeWriter
from services.notifications.sending.queues import Queues
from services.notifications.sending.rate_limit import Backoff
from services.notifications.sending.state import SendingStates
from services.notifications.sending.suspicion import Suspicion, domain_of
from services.notifications.transport.smtp import NOT_HANDED_OVER, Outcome, Result, Transport
from shared.clock import Clock, to_millis
from shared.cores import OneCore
from shared.faults import failpoint
from shared.messaging.lease import Lease, Term
from shared.storage.contract import StoreError, at_least

log = structlog.get_logger()

LATE = timedelta(minutes=15)
"""A mail that is due for so long is a reason to look at the relay and its limits."""

_CLOSE_SECONDS = 8.0
_COLLECT_SECONDS = 0.01  # results are written down in batches: each costs an fsync, whatever is in it
_FEW = 5  # results collected in that time: mails leave slowly, and the threads need not be kept on one core
_MANY = 200  # mails in hand at which they are


@dataclass(frozen=True, slots=True)
class SendingLimits:
    page: int = 500
    """Deliveries taken at a time at the most; up to two pages are in hand."""
    lease: timedelta = timedelta(seconds=20)
    """How long until another replica takes over from a dead one."""
    per_minute: int = 0
    """Mails a minute at the most; 0 for no limit."""
    per_day: int = 0
    """Mails a day at the most; 0 for no limit."""
    answers_per_hour: int = 0
    """Direct answers to one address an hour at the most; 0 for no limit."""
    backoff: tuple[timedelta, ...] = (
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
    )
    patience: timedelta = timedelta(days=3)
    """After its due time, how long a mail is tried."""
    patience_to_know: timedelta = timedelta(days=2)
    """After its due time, how long a mail waits for the events about its session or proposal; shorter than `patience`,
    so that time is left to try it."""
    unavailable_pause: tuple[float, float] = (1.0, 60.0)
    """Shortest and longest pause, in seconds, when the relay cannot be reached."""
    fault_pause: tuple[float, float] = (60.0, 900.0)
    """The same when it refuses us."""


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """A mail in hand, as the transport takes it."""

    ready: PersonalMail
    _composer: Composer
    _term: Term
    _is_put_off: Callable[[], bool]
    """Whether sending to its domain pauses."""

    @property
    def address(self) -> str:
        return self.ready.recipient.email

    @property
    def lapsed(self) -> bool:
        """Whether another replica may be sending it by now, or its domain refuses us."""
        return self._term.is_over or self._is_put_off()

    def compose(self) -> bytes:
        return self._composer.compose(self.ready.delivery, self.ready.context, self.ready.recipient)


@dataclass(eq=False)
class Sender:
    """Sends what is due. Every replica has one; the one that holds the lease sends."""

    _deliveries: DeliveryStore
    _loader: BatchLoader
    _writer: OutcomeWriter
    _composer: Composer
    _transport: Transport[QueuedMail]
    _lease: Lease
    _states: SendingStates
    _clock: Clock
    _limits: SendingLimits

    def __post_init__(self) -> None:
        limits = self._limits
        self._backoff = Backoff()
        self._queues = Queues(self._deliveries, page=limits.page, per_minute=limits.per_minute, per_day=limits.per_day)
        self._suspicion = Suspicion(2 * limits.backoff[-1], limits.fault_pause, self._clock)
        self._core = OneCore()
        self._in_hand: dict[str, QueuedMail] = {}
        self._finished: set[str] = set()
        """Saved while a page was being read: the page may still show them as due."""
        self._room = asyncio.Event()
        self._settled = asyncio.Event()
        self._results: deque[tuple[QueuedMail, Result]] = deque()
        self._told = False
        self._reported = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def trouble(self) -> str:
        """Why this replica cannot send just now; empty if it can, or if another one sends."""
        return self._backoff.reason or self._suspicion.trouble

    async def step(self) -> bool:
        """Take the next page in hand once there is room; whether there may be more."""
        await self._begin()
        if self._backoff.is_active or not await self._lease.hold():
            return False
        self._transport.resume()
        await self._room.wait()
        return await self._take_page()

    async def settled(self) -> None:
        await self._settled.wait()

    async def close(self) -> None:
        """Finish the mails that are being handed over, leave the others due, end the threads."""
        if not self._tasks:
            return
        self._transport.halt()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.settled(), _CLOSE_SECONDS)
            await asyncio.to_thread(self._transport.close)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self._core.leave()
        if not self._lease.term.is_over:
            await self._lease.release()

    async def _begin(self) -> None:
        if self._tasks:
            return
        loop = asyncio.get_running_loop()

        def report(mail: QueuedMail, result: Result) -> None:
            self._results.append((mail, result))
            if not self._told:
                self._told = True
                loop.call_soon_threadsafe(self._reported.set)

        self._transport.start(report)
        if self._limits.per_day:
            since = to_millis(self._clock() - timedelta(days=1))
            self._queues.use(await self._deliveries.count({"sent_at": at_least(since)}))
        self._tasks = [asyncio.create_task(self._keep_marking()), asyncio.create_task(self._keep_turn())]
        self._count_hands()

    async def _take_page(self) -> bool:
        self._finished.clear()
        now, term = self._clock(), self._lease.term
        fresh = await self._queues.take(now, lambda id_: id_ in self._in_hand or id_ in self._finished)
        failpoint("after-claim")
        if fresh:
            self._take_in_hand(await self._put_aside(await self._loader.load(fresh, now)), term)
        elif not self._in_hand:
            self._queues.size.restart()
            await self._states.note(self.trouble)
        return bool(fresh) or self._queues.has_more

    async def _put_aside(self, batch: Batch) -> list[PersonalMail]:
        """Save what is not to be sent, or not now; return the rest."""
        await self._writer.skip(batch.skipped)
        paused: dict[str, list[str]] = defaultdict(list)
        for mail in batch.ready:
            if self._suspicion.is_paused(mail.recipient.email):
                paused[domain_of(mail.recipient.email)].append(mail.delivery.id)
        for domain, ids in paused.items():
            await self._writer.put_off(ids, *self._suspicion.pause_of(domain))
        if batch.incomplete:
            await self._writer.wait(batch.incomplete)
            # What became known in between has woken nothing.
            known_by_now = await self._loader.contexts(batch.incomplete)
            await self._deliveries.wake(list(known_by_now), self._clock())
        return [mail for mail in batch.ready if domain_of(mail.recipient.email) not in paused]

    def _take_in_hand(self, ready: list[PersonalMail], term: Term) -> None:
        self._queues.use(len(ready), answers=sum(each.delivery.urgency is Urgency.ANSWER for each in ready))
        for each in ready:
            is_put_off = partial(self._suspicion.is_paused, each.recipient.email)
            mail = self._in_hand[each.delivery.id] = QueuedMail(each, self._composer, term, is_put_off)
            self._transport.put(mail)
        if len(self._in_hand) > _MANY:
            self._core.keep()
        self._count_hands()

    def _count_hands(self) -> None:
        if not self._in_hand:
            self._core.leave()
        has_room = len(self._in_hand) < self._queues.size.mails
        if has_room:
            self._queues.size.handed_over()
        _set(self._room, has_room)
        _set(self._settled, not self._in_hand)

    async def _keep_marking(self) -> None:
        while True:
            await self._reported.wait()
            await asyncio.sleep(_COLLECT_SECONDS)
            self._reported.clear()
            self._told = False
            results = self._heed([self._results.popleft() for _ in range(len(self._results))])
            if len(results) <= _FEW:
                self._core.leave()
            await self._writer.mark([(mail.ready, result) for mail, result in results])
            await self._writer.take_back(self._suspicion.wronged)
            await self._states.note(self.trouble)
            failpoint("after-mark")
            self._transport.acknowledge(len(results))
            for mail, _ in results:
                del self._in_hand[mail.ready.delivery.id]
                self._finished.add(mail.ready.delivery.id)
            self._count_hands()

    def _heed(self, results: list[tuple[QueuedMail, Result]]) -> list[tuple[QueuedMail, Result]]:
        """Pause when the relay is away or refuses us, go on when it takes mails. Returns the results with our own
        faults recognised."""
        tries = len(self._limits.backoff)
        heeded = [(mail, self._suspicion.judged(mail.ready, result, tries=tries)) for mail, result in results]
        for _, result in heeded:
            if result.outcome is Outcome.ACCEPTED:
                self._backoff.reset()
            elif result.outcome is Outcome.UNAVAILABLE:
                self._pause(result.reason, self._limits.unavailable_pause)
            elif result.outcome is Outcome.FAULT:
                self._pause(result.reason, self._limits.fault_pause)
            elif result.outcome is Outcome.UNCLEAR:
                self._backoff.warn(result.reason)
        self._queues.give_back(sum(result.outcome in NOT_HANDED_OVER for _, result in heeded))
        return heeded

    def _pause(self, reason: str, bounds: tuple[float, float]) -> None:
        shortest, longest = bounds
        if seconds := self._backoff.start(reason, shortest=shortest, longest=longest):
            self._transport.halt()
            log.error("sending pauses", action="sending_pauses", reason=reason, seconds=seconds)

    async def _keep_turn(self) -> None:
        """Renew the lease while mails are in hand: a slow relay may take longer than a lease for a page."""
        while True:
            await asyncio.sleep(self._limits.lease.total_seconds() / 6)
            if self._in_hand:
                try:
                    await self._lease.hold()
                except StoreError as error:
                    log.error("lease not renewed", action="lease_not_renewed", error=str(error))


def _set(event: asyncio.Event, holds: bool) -> None:
    if holds:
        event.set()
    else:
        event.clear()


async def lateness(deliveries: DeliveryStore, now: datetime, trouble: str) -> str:
    """Why mails do not go out in time, whichever replica sends; empty if they do. `trouble`: why this one cannot."""
    if trouble:
        return f"mails do not go out: {trouble}"
    due_since = await deliveries.longest_due(now - LATE)
    if due_since is None:
        return ""
    waited = now - due_since
    return f"a mail that is due has waited for {waited // timedelta(minutes=1)} min"
