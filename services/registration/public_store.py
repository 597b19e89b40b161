"""What registration reads of sessions for its public pages, beyond what every use case does."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from services.registration.domain.session_list import Line, folded
from services.registration.store import SESSIONS
from shared.clock import from_millis, to_millis
from shared.storage.contract import Document, Order, Scalar, Store, Where, at_least, position

_PAGE = 250
"""Documents read at a time: between two pages others have their turn."""
_BY_CHANGE: Order = (("changed_at", 1),)


class SessionLines:
    """The sessions as lines of their list."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def changed(self, known: Mapping[str, Line], *, since: datetime | None) -> AsyncIterator[Line]:
        """Those that changed since an instant, or all, but for those that are `known` as they are."""
        where: Where = {"changed_at": at_least(to_millis(since))} if since else {}
        after: list[Scalar] | None = None
        while page := await self._store.find(SESSIONS, where, order=_BY_CHANGE, limit=_PAGE, after=after):
            for document in page:
                line = known.get(document["_id"])
                if line is None or line.version < document["version"]:
                    yield _line(document)
            if len(page) < _PAGE:
                return
            after = position(page[-1], _BY_CHANGE)


def _line(document: Document) -> Line:
    """Without a model in between, which for a thousand sessions costs more than reading them."""
    texts = [*document["title"].values(), *(document["description"] or {}).values()]
    return Line(
        session_id=document["_id"],
        version=document["version"],
        programme=document["programme"],
        starts_at=from_millis(document["starts_at"]),
        changed_at=from_millis(document.get("changed_at") or document["starts_at"]),
        text=folded(*texts),
    )
