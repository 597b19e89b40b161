"""A lease in the store: of several replicas one does a piece of work at a time."""

from datetime import timedelta

from shared.clock import Clock, to_millis
from shared.ids import new_id
from shared.storage.contract import Document, Store

LEASES = "leases"
"""The collection of all leases of a service."""


class Lease:
    """One replica's claim to the work called `name`. It ends by itself when it is not renewed in time."""

    def __init__(self, store: Store, name: str, *, clock: Clock, length: timedelta) -> None:
        self._store = store
        self._name = name
        self._clock = clock
        self._length = length // timedelta(milliseconds=1)
        self._owner = new_id()
        self._renew_at = 0

    async def hold(self) -> bool:
        """Take the lease or renew it; whether this replica holds it now."""
        now = to_millis(self._clock())
        if 0 <= self._renew_at - now <= self._length:
            return True
        held = await self._claim(now)
        self._renew_at = now + self._length // 3 if held else 0
        return held

    async def release(self) -> None:
        """Give the lease back, so that another replica need not wait for its end."""
        self._renew_at = 0
        await self._store.update(LEASES, self._name, guard={"lease_owner": self._owner}, assign={"lease_until": 0})

    async def _claim(self, now: int) -> bool:
        await self._store.insert(LEASES, {"_id": self._name, "lease_owner": "", "lease_until": 0})
        lease = await self._store.get(LEASES, self._name)
        if lease is None or not self._is_free(lease, now):
            return False
        return await self._store.update(
            LEASES,
            self._name,
            guard={"version": lease["version"]},
            assign={"lease_owner": self._owner, "lease_until": now + self._length},
        )

    def _is_free(self, lease: Document, now: int) -> bool:
        """Ours, run out, or longer than a lease can be: made before the clock was set back."""
        return lease["lease_owner"] == self._owner or not now < lease["lease_until"] <= now + self._length
