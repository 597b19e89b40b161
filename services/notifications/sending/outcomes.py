"""Saving what became of the mails, in batches.

If the process dies first, nothing is lost: the very same mail is sent once more. The transport's window limits how many
those are, since a result frees its place only once it is saved.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog

from services.notifications.deliveries.domain import NOT_KNOWN_YET, Delivery, DeliveryState
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.preferences.freeing import Freeing
from services.notifications.preferences.store import SuppressionStore
from services.notifications.rendering.prepared import PersonalMail
from services.notifications.transport.smtp import UNTRIED, Outcome, Result
from shared.clock import Clock
from shared.storage.contract import StoreError

log = structlog.get_logger()


_RETRY_SECONDS = 0.5
_LOOK_AGAIN = timedelta(minutes=1)
"""A mail is woken when its session or proposal becomes known; if that was missed, it is looked at again after this."""

_ENDS = {
    Outcome.REFUSED: DeliveryState.BOUNCED,
    Outcome.OBJECTED: DeliveryState.FAILED,
    Outcome.UNFIT: DeliveryState.FAILED,
}

Marked = tuple[PersonalMail, Result]


@dataclass(frozen=True, slots=True)
class OutcomeWriter:
    _deliveries: DeliveryStore
    _suppressions: SuppressionStore
    _freeing: Freeing
    _clock: Clock
    backoff: Sequence[timedelta]
    """How long to wait after the first, second, … failed try; the last one holds for all later ones."""
    patience: timedelta
    """After the due time, how long a mail is tried, but each wait of `backoff` once at the least: it may have been due
    for days before its first try."""
    patience_to_know: timedelta
    """After the due time, how long a mail waits for the events about its session or proposal."""

    async def mark(self, results: Sequence[Marked]) -> None:
        """Save the results; returns when they are saved, however long the store is away."""
        by_outcome: dict[Outcome, list[Marked]] = defaultdict(list)
        for marked in results:
            by_outcome[marked[1].outcome].append(marked)
        await asyncio.gather(*(_until_stored(write) for write in self._writes(by_outcome)))

    async def skip(self, skipped: dict[str, list[str]]) -> None:
        for reason, ids in skipped.items():
            await self._deliveries.mark(ids, DeliveryState.SKIPPED, reason)

    async def wait(self, incomplete: Sequence[Delivery]) -> None:
        """Defer mails whose session or proposal is not known yet, or give up in the end. Nothing was tried."""
        now = self._clock()
        begun = now - self.patience_to_know
        given_up = [delivery.id for delivery in incomplete if delivery.dated_at < begun]
        waiting = [delivery.id for delivery in incomplete if delivery.id not in given_up]
        await self._deliveries.mark(given_up, DeliveryState.FAILED, f"given up: {NOT_KNOWN_YET}")
        deferred, look_at = DeliveryState.DEFERRED, now + _LOOK_AGAIN
        await self._deliveries.mark(waiting, deferred, NOT_KNOWN_YET, next_try_at=look_at)

    def _writes(self, by_outcome: dict[Outcome, list[Marked]]) -> list[Callable[[], Awaitable[object]]]:
        writes: list[Callable[[], Awaitable[object]]] = []
        for outcome, marked in by_outcome.items():
            ids = [ready.delivery.id for ready, _ in marked]
            if outcome is Outcome.ACCEPTED:
                writes.append(partial(self._deliveries.mark_sent, ids, self._clock()))
            elif outcome not in UNTRIED:  # of those there is nothing to write
                writes += [partial(self._mark_one, ready, result) for ready, result in marked]
        return writes

    async def _mark_one(self, ready: PersonalMail, result: Result) -> None:
        delivery, now = ready.delivery, self._clock()
        is_held = result.outcome is Outcome.HELD and now - delivery.dated_at <= self.patience
        if is_held or result.outcome is Outcome.FAULT:
            await self._put_back(delivery, result.reason)
            return
        if self._may_be_tried_again(delivery, result.outcome):
            await self.defer(delivery, result.reason)
            return
        if result.outcome is Outcome.REFUSED:
            await self._suppressions.bounce(ready.recipient.email, delivery, now)
        await self._deliveries.mark([delivery.id], _ENDS[result.outcome], result.reason)
        log.warning("mail not sent", action="mail_not_sent", delivery=delivery.id, outcome=result.outcome.value)

    def _may_be_tried_again(self, delivery: Delivery, outcome: Outcome) -> bool:
        if outcome is Outcome.OBJECTED:
            return delivery.tries < len(self.backoff)
        return outcome in (Outcome.DEFERRED, Outcome.UNCLEAR, Outcome.HELD)

    async def put_off(self, ids: Sequence[str], seconds: float, reason: str) -> None:
        """Leave mails to a domain that refuses us for later; nothing was tried."""
        look_at = self._clock() + timedelta(seconds=seconds)
        await self._deliveries.mark(ids, DeliveryState.DEFERRED, reason, next_try_at=look_at)

    async def take_back(self, wronged: list[PersonalMail]) -> None:
        """Free addresses that were suppressed before it showed that we are to blame; their mails go out again."""
        while wronged:
            mail = wronged.pop()
            await _until_stored(partial(self._freeing.free_bounced, mail.recipient.email))
            log.warning("address freed", action="address_freed", delivery=mail.delivery.id)

    async def _put_back(self, delivery: Delivery, reason: str) -> None:
        """Leave it due, but behind the others: a mail that is always refused would keep them from being tried."""
        await self._deliveries.defer(delivery.id, reason, self._clock(), delivery.tries)

    async def defer(self, delivery: Delivery, reason: str) -> None:
        """Try again later, or give up when it has been tried for long enough."""
        now = self._clock()
        is_late = now - delivery.dated_at > self.patience
        if is_late and delivery.tries >= len(self.backoff):
            await self._deliveries.mark([delivery.id], DeliveryState.FAILED, f"given up: {reason}")
            return
        wait = self.backoff[min(delivery.tries, len(self.backoff) - 1)]
        jitter = random.uniform(0.8, 1.2)  # noqa: S311  no secret
        await self._deliveries.defer(delivery.id, reason, now + wait * jitter, delivery.tries + 1)


async def _until_stored(write: Callable[[], Awaitable[object]]) -> None:
    while True:
        try:
            await write()
        except StoreError as error:
            log.error("results not written down yet", action="marking_failed", error=str(error))
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            return
