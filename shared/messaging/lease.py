"""A lease in the store: of several replicas one does a piece of work at a time.

A holder trusts its lease for a little less than its length, on its own stopwatch, from before the write that took or
renewed it. Another replica takes it when the document has stayed the same for the whole length on that replica's
stopwatch, from after the read that first showed it so. The write came before that read, so the holder's trust is over.
A renewal in between changes the version, and the other's write fails. Pauses only shorten trust and lengthen waiting.
What is released is free at once.

Wall clocks are compared once, at a replica's first look, so that a restart after a crash need not wait so long: the
lease is free `MAX_SKEW` after the end that is written in it. That assumes every wall clock to be within half of that of
the true time. A holder that wrote at the true time t wrote an end of t + length - MAX_SKEW / 2 at the least; a clock
that reads MAX_SKEW more than the end is ahead by MAX_SKEW / 2 at the most, so t + length has come.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from math import inf

from shared.clock import Clock, to_millis
from shared.ids import new_id
from shared.storage.contract import Document, Store

LEASES = "leases"
MAX_SKEW = timedelta(seconds=2)
"""The most that the wall clocks of two replicas may differ; each is within half of it of the true time."""
_DRIFT = 0.01  # by which part of the length two stopwatches may differ; NTP steers them by a thousandth at most
_MILLISECOND = timedelta(milliseconds=1)
_STOPWATCH = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # Linux: goes on while the machine is suspended

Stopwatch = Callable[[], float]
"""Seconds since some instant; never set."""


def stopwatch() -> float:
    return time.clock_gettime(_STOPWATCH)


class Term:
    """What a replica does under a lease from taking it until another replica may. Renewals move its end."""

    def __init__(self, stopwatch: Stopwatch) -> None:
        self._stopwatch = stopwatch
        self.ends = -inf

    @property
    def is_over(self) -> bool:
        """Whether another replica may hold the lease by now. To be asked before each act, from any thread."""
        return self._stopwatch() >= self.ends


class Lease:
    """One replica's claim to the work called `name`. It ends by itself when it is not renewed in time."""

    def __init__(
        self, store: Store, name: str, *, clock: Clock, length: timedelta, stopwatch: Stopwatch = stopwatch
    ) -> None:
        self._store = store
        self._name = name
        self._clock = clock
        self._length = length
        self._stopwatch = stopwatch
        self._owner = new_id()
        self._claiming = asyncio.Lock()
        self._renew_at = -inf
        self._seen: Document | None = None
        self._free_at = inf
        self.term = Term(stopwatch)
        """The present or the last one. What was read under one term is of no use under another."""

    async def hold(self) -> bool:
        """Take the lease, or renew it when a third has passed; whether this replica holds it now."""
        async with self._claiming:
            if self._stopwatch() >= self._renew_at:
                await self._claim()
            return not self.term.is_over

    async def release(self) -> None:
        """Give the lease back, so that another replica need not wait for its end."""
        async with self._claiming:
            owner, self._owner = self._owner, new_id()  # a write that arrives late cannot touch the next term
            self._renew_at = self.term.ends = -inf
            await self._store.update(LEASES, self._name, guard={"lease_owner": owner}, assign={"lease_until": 0})

    async def _claim(self) -> None:
        await self._store.insert(LEASES, {"_id": self._name, "lease_owner": "", "lease_until": 0})
        lease = await self._store.get(LEASES, self._name)
        now = self._stopwatch()
        if lease is not None and self._is_free(lease, now) and await self._write(lease):
            if lease["lease_owner"] != self._owner:
                self.term = Term(self._stopwatch)
            self._renew_at = now + self._length.total_seconds() / 3
            self.term.ends = now + self._length.total_seconds() * (1 - _DRIFT)
        else:
            self._renew_at = self.term.ends = -inf

    def _is_free(self, lease: Document, now: float) -> bool:
        if lease != self._seen:
            self._free_at = now + self._wait(lease)
            self._seen = lease
        return lease["lease_owner"] == self._owner or not lease["lease_until"] or now >= self._free_at

    def _wait(self, lease: Document) -> float:
        """How many seconds a lease that is seen so for the first time has to stay so until it is free."""
        wait = lease.get("lease_length", self._length / _MILLISECOND)
        if self._seen is None:
            wait = min(wait, lease["lease_until"] + MAX_SKEW / _MILLISECOND - to_millis(self._clock()))
        return float(wait / 1000)

    async def _write(self, lease: Document) -> bool:
        length = self._length // _MILLISECOND
        return await self._store.update(
            LEASES,
            self._name,
            guard={"version": lease["version"]},
            # The holder's own length: with another setting, others wait for it all the same.
            assign={
                "lease_owner": self._owner,
                "lease_until": to_millis(self._clock()) + length,
                "lease_length": length,
            },
        )
