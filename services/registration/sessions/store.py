"""The sessions as they are stored."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from operator import itemgetter

from services.registration.sessions.domain import LONGEST_MINUTES, Session
from services.registration.sessions.search import IndexEntry
from shared.clock import Clock, from_millis, to_millis
from shared.events.vocabulary import Audience, SessionStatus
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.collection import Documents, Place, Slice
from shared.storage.contract import (
    Condition,
    Document,
    Index,
    Order,
    Scalar,
    Store,
    Where,
    at_least,
    at_most,
    greater,
    not_equal,
    one_of,
)

SESSIONS = "sessions"
COLLECTIONS = {
    SESSIONS: [
        PENDING,
        Index(("starts_at",)),
        Index(("programme", "starts_at")),
        Index(("status", "over_at")),
        Index(("unsettled",)),
        Index(("changed_at",)),
        Index(("recorded",)),
    ]
}

BY_START: Order = (("starts_at", 1),)
BY_START_LATEST_FIRST: Order = (("starts_at", -1),)

PUBLIC: Mapping[str, Condition] = {"audience": one_of((Audience.EVERYBODY, None))}
"""What anybody may know of; those stored before there was another kind say nothing."""

_KEPT = 64  # more than are open for registration at a time


class When(StrEnum):
    """Which sessions a list holds."""

    UPCOMING = "upcoming"
    PAST = "past"


class SessionFilter(StrEnum):
    """The lists of the office; only the last one holds cancelled sessions."""

    UPCOMING = "upcoming"
    PAST = "past"
    CANCELLED = "cancelled"


class SessionStore(Aggregates[Session]):
    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, SESSIONS, Session, clock=clock, keep=_KEPT)

    async def listed(
        self, *, programme: str | None, when: When | None, limit: int, after: Place | None = None, hidden: bool = False
    ) -> Slice[Session]:
        """A page of the sessions of one programme or all: by start, past ones the latest first. With `hidden`, also
        those that not everybody may know of."""
        now = self._clock()
        where: dict[str, Scalar | Condition] = {} if hidden else {**PUBLIC}
        if programme is not None:
            where["programme"] = programme
        if when is When.PAST:
            where["over_at"] = at_most(to_millis(now))
        elif when is When.UPCOMING:
            where["over_at"] = greater(to_millis(now))
            # Says nothing new, but where to begin in the index: not with the first session of all.
            where["starts_at"] = at_least(to_millis(now - timedelta(minutes=LONGEST_MINUTES)))
        order = BY_START_LATEST_FIRST if when is When.PAST else BY_START
        return await self.page(where, order=order, limit=limit, after=after)

    async def office_page(
        self, wanted: SessionFilter, programme: str, *, limit: int, after: Place | None = None
    ) -> Slice[Session]:
        """A page of one of the office's lists. An empty `programme` means all."""
        now = to_millis(self._clock())
        where: dict[str, Scalar | Condition] = {"programme": programme} if programme else {}
        if wanted is SessionFilter.CANCELLED:
            where["status"] = SessionStatus.CANCELLED
        else:
            where["status"] = not_equal(SessionStatus.CANCELLED)
            where["over_at"] = greater(now) if wanted is SessionFilter.UPCOMING else at_most(now)
        order = BY_START if wanted is SessionFilter.UPCOMING else BY_START_LATEST_FIRST
        return await self.page(where, order=order, limit=limit, after=after)

    async def between(self, since: datetime, until: datetime, programme: str = "") -> list[Session]:
        """Sessions that begin in this period and are not cancelled, by start."""
        where: dict[str, Scalar | Condition] = {
            "starts_at": at_least(to_millis(since)),
            "status": not_equal(SessionStatus.CANCELLED),
        }
        if programme:
            where["programme"] = programme
        found = await self.page(where, order=BY_START, limit=1000)
        return [session for session in found.items if session.starts_at <= until]

    async def overdue(self, over_before: datetime, *, limit: int = 100) -> list[str]:
        where: Where = {"status": "scheduled", "over_at": at_most(to_millis(over_before))}
        return [session.id for session in (await self.page(where, limit=limit)).items]

    async def unsettled(self, *, limit: int = 100) -> list[str]:
        """Sessions with a decision that is not carried out yet."""
        return [session.id for session in (await self.page({"unsettled": 1}, limit=limit)).items]

    async def live_ids(self, since: datetime) -> list[str]:
        """Those that began since, and all that were brought in, however old: others may learn of them late."""
        lately = await self._ids({"starts_at": at_least(to_millis(since))})
        return [*dict.fromkeys([*lately, *await self._ids({"recorded": 1})])]

    async def of_programme(self, programme: str) -> list[Session]:
        """Of every state, by start."""
        return [session async for session in self.each({"programme": programme}, order=BY_START)]

    async def recorded(self) -> list[Session]:
        """Those that were brought in."""
        return [session async for session in self.each({"recorded": 1})]

    async def all_ids(self) -> list[str]:
        return await self._ids({})

    async def ids_over(self, programme: str, before: datetime) -> list[str]:
        instant = at_most(to_millis(before))
        return await self._ids({"programme": programme, "starts_at": instant, "over_at": instant})

    async def index(self) -> list[IndexEntry]:
        """All that anybody may know of, the latest start first."""
        entries = Documents(self._store, SESSIONS, _index_entry)
        return [entry async for entry in entries.each(PUBLIC, order=BY_START_LATEST_FIRST)]

    async def _ids(self, where: Where) -> list[str]:
        return [found async for found in Documents(self._store, SESSIONS, itemgetter("_id")).each(where)]


def _index_entry(document: Document) -> IndexEntry:
    """Without a model in between: a thousand models take 50 ms, a thousand entries 3 ms."""
    return IndexEntry(
        session_id=document["_id"],
        version=document["version"],
        programme=document["programme"],
        starts_at=from_millis(document["starts_at"]),
        over_at=from_millis(document["over_at"]),
        changed_at=from_millis(document.get("changed_at") or document["starts_at"]),
        texts=(*document["title"].values(), *(document["description"] or {}).values()),
    )
