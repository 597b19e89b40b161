"""Leaving no byte behind of what was deleted, where the store can do so just now."""

import structlog

from shared.storage.contract import Store, StoreError

log = structlog.get_logger()


async def try_to_compact(store: Store) -> bool:
    """Give deleted and overwritten bytes back; False when that is not possible just now."""
    try:
        await store.compact()
    except StoreError as error:
        log.warning("store not compacted", action="compact_postponed", error=str(error))
        return False
    return True
