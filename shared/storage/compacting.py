"""Compaction that may wait: reclaim deleted bytes if the store can do so now."""

import structlog

from shared.loops import Loop
from shared.storage.contract import Store, StoreError

log = structlog.get_logger()


async def try_to_compact(store: Store) -> bool:
    """Reclaim deleted and overwritten bytes; False if that is not possible now."""
    try:
        await store.compact()
    except StoreError as error:
        log.warning("store not compacted", action="compact_postponed", error=str(error))
        return False
    return True


def compacting(store: Store, *, every: float) -> Loop:
    """Overwrites again and again what was deleted or changed: it lies in the store's log and free pages until then."""

    async def step() -> bool:
        await try_to_compact(store)
        return False

    return Loop("compacting", step, every=every)
