"""The documents of the programmes' wordings."""

from collections.abc import Mapping, Sequence

from services.notifications.rendering.wording import Wording
from shared.clock import Clock
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.contract import Index, Store

WORDINGS = "wordings"

WORDING_COLLECTIONS: Mapping[str, Sequence[Index]] = {WORDINGS: [PENDING]}


def wording_store(documents: Store, clock: Clock) -> Aggregates[Wording]:
    """What each programme adds to its mails, by its slug."""
    return Aggregates(documents, WORDINGS, Wording, clock=clock)
