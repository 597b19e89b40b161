"""A lease in the store: of several replicas one does a piece of work at a time.

A holder trusts its lease for a little less than the lease's length. Its own stopwatch starts before the write that took
or renewed the lease. Another replica takes the lease once the document has not changed for the whole length; that
replica's stopwatch starts after its first read of that version. The write came before that read, so the holder's trust
has ended. A renewal in between changes the version, and the other replica's write fails. Pauses only shorten trust and
lengthen waiting. A released lease is free at once.

Wall clocks are compared only when a replica first reads the lease, so that a restart after a crash need not wait so
long: the lease is then free `MAX_SKEW` after its written end. This assumes every wall clock within half of that of the
true time. A holder that wrote at the true time t wrote an end of at least t + length - MAX_SKEW / 2. A clock that reads
MAX_SKEW more than the end is at most MAX_SKEW / 2 ahead, so t + length has passed.
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
"""The largest difference between two replicas' wall clocks; each is within half of it of the true time."""
_DRIFT = 0.01  # the largest relative difference between two stopwatches; NTP steers them by at most a thousandth
_MILLISECOND = timedelta(milliseconds=1)
_STOPWATCH = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # Linux: goes on while the machine is suspended

Stopwatch = Callable[[], float]
"""Seconds since some instant; never set."""


def stopwatch() -> float:
    return time.clock_gettime(_STOPWATCH)


class Term:
    """The time from taking a lease until another replica may take it. Renewals move its end."""

    def __init__(self, stopwatch: Stopwatch) -> None:
        self._stopwatch = stopwatch
        self.ends = -inf

    @property
    def is_over(self) -> bool:
        """Whether another replica may hold the lease by now. Ask before each act, from any thread."""
        return self._stopwatch() >= self.ends


class Lease:
    """One replica's claim to the work called `name`. It ends by itself unless renewed in time."""

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
        """The present or the last term. Nothing read in one term is valid in another."""

    async def hold(self) -> bool:
        """Take the lease, or renew it after a third of its length; return whether this replica holds it."""
        async with self._claiming:
            if self._stopwatch() >= self._renew_at:
                await self._claim()
            return not self.term.is_over

    async def release(self) -> None:
        """Give the lease back, so that no other replica waits for its end."""
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
        """Seconds for which a newly read lease must stay unchanged until it is free."""
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
            # The length is written too: replicas with another setting wait for the holder's.
            assign={
                "lease_owner": self._owner,
                "lease_until": to_millis(self._clock()) + length,
                "lease_length": length,
            },
        )
