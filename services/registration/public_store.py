"""What registration keeps and reads for its public pages: which results there are, the list of sessions."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from services.registration.domain.session_list import Line, folded
from services.registration.store import KNOWN_RESULTS, SESSIONS
from shared.clock import from_millis, to_millis
from shared.messaging.inventory import Entry
from shared.storage.contract import Document, Order, Scalar, Store, Where, at_least, at_most, greater, one_of, position

_PAGE = 250
"""Documents read at a time: between two pages others have their turn."""
_BY_CHANGE: Order = (("changed_at", 1),)


class KnownResults:
    """Which sessions have results, as their events told."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def learn(self, session_id: str, version: int, answers: int | None) -> None:
        """Keep how many answers were published (None: too few to be told), unless a later event was here."""
        fields = {"seen": version, "answers": answers}
        if not await self._store.insert(KNOWN_RESULTS, {"_id": session_id, **fields}):
            await self._store.update(KNOWN_RESULTS, session_id, guard={"seen": at_most(version)}, assign=fields)

    async def among(self, session_ids: Sequence[str]) -> set[str]:
        """Those of these sessions whose results say something."""
        if not session_ids:
            return set()
        where: Where = {"_id": one_of(session_ids), "answers": greater(0)}
        return {known["_id"] for known in await self._store.find(KNOWN_RESULTS, where, limit=len(session_ids))}

    async def lacking(self, entries: Sequence[Entry]) -> list[str]:
        """Of a page of an inventory, the sessions whose results are not known, or in an older version."""
        where: Where = {"_id": one_of([session_id for session_id, _ in entries])}
        found = await self._store.find(KNOWN_RESULTS, where, limit=max(1, len(entries)))
        seen = {known["_id"]: known["seen"] for known in found}
        return [session_id for session_id, version in entries if seen.get(session_id, 0) < version]


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
        over_at=from_millis(document["over_at"]),
        changed_at=from_millis(document.get("changed_at") or document["starts_at"]),
        text=folded(*texts),
    )
