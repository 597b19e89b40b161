"""The documents of feedback: collections, indexes, orders."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.feedback.domain.known import KnownProgramme, KnownSession
from services.feedback.domain.results import Results
from services.feedback.domain.surveys import UNFINISHED, AnswerCount, Survey, SurveyState
from services.feedback.domain.tallies import Tally, tally_id
from shared.clock import Clock, StoredInstant, to_millis
from shared.imports.accepted import IMPORT_COLLECTIONS
from shared.messaging.office_access import OFFICE_ACCESS_COLLECTIONS
from shared.security.audit import AUDIT_COLLECTIONS
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.collection import Collection, Place, Slice, Stored
from shared.storage.compacting import try_to_compact
from shared.storage.contract import Index, Order, Scalar, Store, Where, at_most, one_of
from shared.storage.projections import Projection

SURVEYS = "surveys"
COUNTS = "counts"
_TALLIES = "tallies"

COLLECTIONS: Mapping[str, Sequence[Index]] = {
    SURVEYS: [PENDING, Index(("state", "closes_at")), Index(("closes_at",))],
    COUNTS: [PENDING],
    "programmes": [],
    "sessions": [Index(("recorded",))],
    _TALLIES: [Index(("session_id",))],
    "results": [
        Index(("published_at",)),
        Index(("programme", "published_at")),
        Index(("ended_at",)),
        Index(("programme", "ended_at")),
        Index(("year", "ended_at")),
    ],
    "comments": [Index(("delete_at",))],
    **IMPORT_COLLECTIONS,
    **AUDIT_COLLECTIONS,
    **OFFICE_ACCESS_COLLECTIONS,
}

_PUBLIC: Where = {"hidden": None}
_NEWEST_FIRST: Order = (("published_at", -1),)
LATEST_SESSION_FIRST: Order = (("ended_at", -1),)
_EARLIEST_SESSION_FIRST: Order = (("ended_at", 1),)
_CLOSED_LAST_FIRST: Order = (("closes_at", -1),)
RESULTS_PLACE = len(_NEWEST_FIRST) + 1
"""How many values a place in a list of results or of surveys has."""


class _Comments(Stored):
    """A session's comments until their time is over."""

    comments: list[str]
    delete_at: StoredInstant


class FeedbackStore:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = self.documents = store
        self.surveys = Aggregates(store, SURVEYS, Survey, clock=clock)
        self.counts = Aggregates(store, COUNTS, AnswerCount, clock=clock)
        self.programmes = Projection(store, "programmes", KnownProgramme)
        self.sessions = Projection(store, "sessions", KnownSession)
        self.tallies = Aggregates(store, _TALLIES, Tally, clock=clock)
        self.results = Collection(store, "results", Results)
        self._comments = Collection(store, "comments", _Comments)

    async def unfinished_surveys(self) -> list[Survey]:
        """Surveys being prepared, then open ones, the first to close first."""
        where: Where = {"state": one_of(UNFINISHED)}
        return [survey async for survey in self.surveys.each(where, order=(("closes_at", 1),))]

    async def surveys_over(self, limit: int, after: Place | None) -> Slice[Survey]:
        where: Where = {"state": one_of([state for state in SurveyState if state not in UNFINISHED])}
        return await self.surveys.page(where, order=_CLOSED_LAST_FIRST, limit=limit, after=after)

    async def note_links(self, session_id: str, part: int, links: int) -> bool:
        """Note how many links a part has. False if that was noted before or the survey is no longer in preparation.

        A guarded update: the parts of a large survey, which come side by side, share the waiting for the disk.
        """
        place = f"links_in_place.{part}"
        guard: Where = {"state": SurveyState.PREPARING.value, place: None}
        return await self._store.update(SURVEYS, session_id, guard=guard, assign={place: links})

    async def known_of(self, survey: Survey) -> tuple[KnownSession, KnownProgramme]:
        """The session and the programme of a survey that has opened."""
        session = await self.sessions.get(survey.id)
        programme = await self.programmes.get(survey.programme)
        assert session is not None, "known before the survey opened"
        assert programme is not None, "known before the survey opened"
        return session, programme

    async def tallies_of(self, survey: Survey) -> list[Tally]:
        found = await self.tallies.many(tally_id(survey.id, part) for part in survey.parts_in_place)
        return list(found.values())

    async def delete_tallies(self, session_id: str) -> None:
        """Delete slots, hashes and answers of a session."""
        await self._store.delete(_TALLIES, {"session_id": session_id})

    async def try_to_compact(self) -> bool:
        """Give deleted and overwritten bytes back; False when that is not possible just now."""
        return await try_to_compact(self._store)

    async def keep_results(self, results: Results) -> Results:
        """Publish results once: the ones that are there already stay."""
        await self.results.insert(results)
        await self.follow_audience(results.id)
        return await self.results.get(results.id) or results

    async def replace_imported(self, results: Results) -> bool:
        """Publish what a file brings, in place of what another one brought; False where results were measured here."""
        is_stored = await self.results.put(results, guard={"imported": 1})
        await self.follow_audience(results.id)
        return is_stored

    async def follow_audience(self, session_id: str) -> None:
        """Hide the results of a session that is not for everybody, and show those of one that is; safe to repeat.

        Called whenever one or the other is stored, so that the later of the two sees both.
        """
        session = await self.sessions.get(session_id)
        hidden = 1 if session and not session.is_public else None
        await self._store.update("results", session_id, assign={"hidden": hidden})

    async def list_results(self, programme: str | None, limit: int, after: Place | None) -> Slice[Results]:
        """Those that anybody may see."""
        where: Where = {**_PUBLIC, **({"programme": programme} if programme else {})}
        return await self.results.page(where, order=_NEWEST_FIRST, limit=limit, after=after)

    async def archive(self, programme: str, year: int, limit: int, after: Place | None = None) -> Slice[Results]:
        """What anybody may see of a programme and a year («» and 0 for all), the latest session first."""
        wanted: dict[str, Scalar] = {"programme": programme, "year": year}
        where: Where = {**_PUBLIC, **{name: value for name, value in wanted.items() if value}}
        return await self.results.page(where, order=LATEST_SESSION_FIRST, limit=limit, after=after)

    async def years(self) -> range:
        """The years from the latest session with results to the earliest; none where there are none."""
        earliest = await self.results.page(_PUBLIC, order=_EARLIEST_SESSION_FIRST, limit=1)
        latest = await self.results.page(_PUBLIC, order=LATEST_SESSION_FIRST, limit=1)
        return range(latest.items[0].year, earliest.items[0].year - 1, -1) if latest.items else range(0)

    async def keep_comments(self, session_id: str, comments: Sequence[str], delete_at: datetime) -> None:
        """Keep a session's comments until a day; those that are there already stay."""
        await self._comments.insert(_Comments(id=session_id, comments=list(comments), delete_at=delete_at))

    async def comments(self, session_id: str) -> list[str]:
        kept = await self._comments.get(session_id)
        return kept.comments if kept else []

    async def delete_old_comments(self, now: datetime) -> int:
        return await self._comments.delete({"delete_at": at_most(to_millis(now))})
