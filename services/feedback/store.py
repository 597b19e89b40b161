"""The documents of the feedback service: the only room that knows how they lie in the database."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from services.feedback.domain.known import Known, KnownProgramme, KnownSession
from services.feedback.domain.results import Results
from services.feedback.domain.surveys import UNFINISHED, AnswerCount, Survey, SurveyState
from services.feedback.domain.tallies import SPENT, UNSPENT, Tally, TallyState, cell, new_cells, tally_id
from shared.audit import AUDIT_COLLECTIONS
from shared.clock import Clock, to_millis
from shared.office_access import OFFICE_ACCESS_COLLECTIONS
from shared.storage.aggregates import PENDING, Aggregates, ConflictError
from shared.storage.compacting import try_to_compact
from shared.storage.contract import (
    Document,
    Index,
    Order,
    Scalar,
    Store,
    Where,
    at_most,
    greater,
    one_of,
    position,
)

SURVEYS = "surveys"
COUNTS = "counts"
_PROGRAMMES = "programmes"
_SESSIONS = "sessions"
_TALLIES = "tallies"
_RESULTS = "results"
_COMMENTS = "comments"

COLLECTIONS: Mapping[str, Sequence[Index]] = {
    SURVEYS: [PENDING, Index(("state", "closes_at")), Index(("closes_at",))],
    COUNTS: [PENDING],
    _PROGRAMMES: [],
    _SESSIONS: [],
    _TALLIES: [Index(("session_id",))],
    _RESULTS: [
        Index(("published_at",)),
        Index(("programme", "published_at")),
        Index(("ended_at",)),
        Index(("programme", "ended_at")),
        Index(("year", "ended_at")),
    ],
    _COMMENTS: [Index(("delete_at",))],
    **AUDIT_COLLECTIONS,
    **OFFICE_ACCESS_COLLECTIONS,
}

_NEWEST_FIRST: Order = (("published_at", -1),)
_LATEST_SESSION_FIRST: Order = (("ended_at", -1),)
_BOTH_ENDS: Sequence[Order] = ((("ended_at", 1),), _LATEST_SESSION_FIRST)
CLOSED_LAST_FIRST: Order = (("closes_at", -1),)
RESULTS_PLACE = len(_NEWEST_FIRST) + 1
"""How many values a place in a list of results or of surveys has."""
_PAGE = 100
_TRIES = 50
_MOST_PROGRAMMES = 500
_MOST_UNFINISHED = 200
K = TypeVar("K", bound=Known)


def live_surveys(since: datetime) -> Where:
    """The surveys of which others may still need to hear."""
    return {"closes_at": greater(to_millis(since))}


class FeedbackStore:
    """What feedback keeps."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self.surveys = Aggregates(store, SURVEYS, Survey, clock=clock)
        self.counts = Aggregates(store, COUNTS, AnswerCount, clock=clock)

    async def remember_programme(self, programme: KnownProgramme) -> None:
        """Keep what is newest of a programme."""
        await self._remember(_PROGRAMMES, programme)

    async def remember_session(self, session: KnownSession) -> None:
        """Keep what is newest of a session."""
        await self._remember(_SESSIONS, session)

    async def programme(self, slug: str) -> KnownProgramme | None:
        """The programme, or None."""
        return await self._known(_PROGRAMMES, slug, KnownProgramme)

    async def programmes(self) -> list[KnownProgramme]:
        """All programmes, by their slugs."""
        documents = await self._store.find(_PROGRAMMES, limit=_MOST_PROGRAMMES)
        return [KnownProgramme.model_validate(document) for document in documents]

    async def session(self, session_id: str) -> KnownSession | None:
        """The session, or None."""
        return await self._known(_SESSIONS, session_id, KnownSession)

    async def programmes_lacking(self, entries: Sequence[tuple[str, int]]) -> list[str]:
        """Of ids and versions, the ids of the programmes that are not known in that version."""
        return await self._lacking(_PROGRAMMES, entries)

    async def sessions_lacking(self, entries: Sequence[tuple[str, int]]) -> list[str]:
        """Of ids and versions, the ids of the sessions that are not known in that version."""
        return await self._lacking(_SESSIONS, entries)

    async def each_survey(self, where: Where) -> AsyncIterator[Survey]:
        """The surveys that match, one after another; those that change meanwhile do not disturb."""
        after = None
        while page := await self.surveys.find(where, limit=_PAGE, after=after):
            for survey in page:
                yield survey
            after = [page[-1].id]

    async def unfinished_surveys(self) -> list[Survey]:
        """Those being prepared, whose end is not fixed, then the open ones, the one that closes first in front."""
        where: Where = {"state": one_of([state.value for state in UNFINISHED])}
        return await self.surveys.find(where, order=(("closes_at", 1),), limit=_MOST_UNFINISHED)

    async def surveys_over(
        self, limit: int, after: Sequence[Scalar] | None
    ) -> tuple[list[Survey], list[Scalar] | None]:
        """Surveys that take no more answers, the latest in front, and the last one's place where there are more."""
        where: Where = {"state": one_of([state.value for state in SurveyState if state not in UNFINISHED])}
        found = await self.surveys.find(where, order=CLOSED_LAST_FIRST, limit=limit + 1, after=after)
        place = position(_dump(found[limit - 1]), CLOSED_LAST_FIRST) if len(found) > limit else None
        return found[:limit], place

    async def add_tally(self, tally: Tally) -> bool:
        """Put a part in place; False when it is there."""
        return await self._store.insert(_TALLIES, _dump(tally))

    async def add_links(self, session_id: str, part: int, hashes: Sequence[str]) -> int:
        """Give a part that is in place slots for the links that it lacks, unless it was shut; how many it has then.

        Raises:
            ConflictError: answers kept coming in between; nothing was stored.
        """
        for _ in range(_TRIES):
            document = await self._store.get(_TALLIES, tally_id(session_id, part))
            if document is None:
                return 0
            tally = Tally.model_validate(document)
            grown = tally.with_late(hashes)
            if grown is tally or tally.state is TallyState.SHUT:
                return len(tally.slots)
            changed = {**document, "slots": grown.slots, "comments": grown.comments}
            if await self._store.replace(_TALLIES, changed, expected_version=document["version"]):
                return len(grown.slots)
        raise ConflictError(f"{_TALLIES}: answered {_TRIES} times in a row while links were added")

    async def note_links(self, session_id: str, part: int, links: int) -> bool:
        """Note for the first time how many links a part of a survey in preparation has; False where it is neither.

        A guarded update: the parts of a large survey, which come side by side, share the waiting for the disk.
        """
        place = f"links_in_place.{part}"
        guard: Where = {"state": SurveyState.PREPARING.value, place: None}
        return await self._store.update(SURVEYS, session_id, guard=guard, assign={place: links})

    async def open_tally(self, session_id: str, part: int, questions: Sequence[str]) -> bool:
        """Give a new part its cells and let it take answers; False when it was opened or shut before."""
        return await self._store.update(
            _TALLIES,
            tally_id(session_id, part),
            guard={"state": TallyState.NEW.value},
            assign={"state": TallyState.OPEN.value, "cells": new_cells(questions)},
        )

    async def count_answer(
        self, tally: Tally, digest: str, answers: Mapping[str, int], comment: str, comment_key: str
    ) -> bool:
        """Spend a slot, raise the cells, keep the comment: in one step or not at all.

        False when the part is not open, the slot is spent or the comment's place was taken meanwhile.
        """
        guard: dict[str, Scalar] = {"state": TallyState.OPEN.value, f"slots.{digest}": UNSPENT}
        assign: dict[str, Any] = {f"slots.{digest}": SPENT}
        if comment:
            guard[f"comments.{comment_key}"] = ""
            assign[f"comments.{comment_key}"] = comment
        increment = {f"cells.{question}.{cell(score)}": 1 for question, score in answers.items()} | {"n": 1}
        return await self._store.update(_TALLIES, tally.id, guard=guard, assign=assign, increment=increment)

    async def shut_tally(self, session_id: str, part: int) -> None:
        """Let a part take no more answers, for good."""
        await self._store.update(_TALLIES, tally_id(session_id, part), assign={"state": TallyState.SHUT.value})

    async def tally(self, session_id: str, part: int) -> Tally | None:
        """One part, or None."""
        document = await self._store.get(_TALLIES, tally_id(session_id, part))
        return Tally.model_validate(document) if document else None

    async def tallies(self, survey: Survey) -> list[Tally]:
        """The parts of a survey."""
        found = [await self.tally(survey.id, part) for part in survey.parts_in_place]
        return [tally for tally in found if tally]

    async def delete_tallies(self, session_id: str) -> None:
        """Delete slots, hashes, cells and comments of a session."""
        await self._store.delete(_TALLIES, {"session_id": session_id})

    async def try_to_compact(self) -> bool:
        """Give deleted and overwritten bytes back; False when that is not possible just now."""
        return await try_to_compact(self._store)

    async def keep_results(self, results: Results) -> Results:
        """Publish results once: the ones that are there already stay."""
        await self._store.insert(_RESULTS, _dump(results))
        return await self.results(results.id) or results

    async def results(self, session_id: str) -> Results | None:
        """A session's results, or None."""
        document = await self._store.get(_RESULTS, session_id)
        return Results.model_validate(document) if document else None

    async def list_results(
        self, programme: str | None, limit: int, after: Sequence[Scalar] | None
    ) -> tuple[list[Results], list[Scalar] | None]:
        """Results, newest first, and the place of the last one where there are more."""
        where: Where = {"programme": programme} if programme else {}
        return await self._results_page(where, _NEWEST_FIRST, limit, after)

    async def archive(
        self, programme: str, year: int, limit: int, after: Sequence[Scalar] | None = None
    ) -> tuple[list[Results], list[Scalar] | None]:
        """Results of a programme and a year («» and 0 for all), the latest session first, and the last one's place."""
        wanted: dict[str, Scalar] = {"programme": programme, "year": year}
        where: Where = {name: value for name, value in wanted.items() if value}
        return await self._results_page(where, _LATEST_SESSION_FIRST, limit, after)

    async def years(self) -> tuple[int, int] | None:
        """The years of the earliest and the latest session with results; None where there are none."""
        ends = [await self._store.find(_RESULTS, order=order, limit=1) for order in _BOTH_ENDS]
        return (ends[0][0]["year"], ends[1][0]["year"]) if all(ends) else None

    async def _results_page(
        self, where: Where, order: Order, limit: int, after: Sequence[Scalar] | None
    ) -> tuple[list[Results], list[Scalar] | None]:
        found = await self._store.find(_RESULTS, where, order=order, limit=limit + 1, after=after)
        place = position(found[limit - 1], order) if len(found) > limit else None
        return [Results.model_validate(document) for document in found[:limit]], place

    async def keep_comments(self, session_id: str, comments: Sequence[str], delete_at: datetime) -> None:
        """Keep a session's comments until a day; those that are there already stay."""
        document = {"_id": session_id, "comments": list(comments), "delete_at": to_millis(delete_at)}
        await self._store.insert(_COMMENTS, document)

    async def comments(self, session_id: str) -> list[str]:
        """A session's comments; none when there are none or their time is over."""
        document = await self._store.get(_COMMENTS, session_id)
        return list(document["comments"]) if document else []

    async def delete_old_comments(self, now: datetime) -> int:
        """Delete the comments whose time is over; of how many sessions they were."""
        return await self._store.delete(_COMMENTS, {"delete_at": at_most(to_millis(now))})

    async def _known(self, collection: str, document_id: str, model: type[K]) -> K | None:
        document = await self._store.get(collection, document_id)
        return model.model_validate(document) if document else None

    async def _remember(self, collection: str, known: Known) -> None:
        """Insert, or replace what is older or equal; again when somebody else was faster."""
        while not await self._store.insert(collection, _dump(known)):
            current = await self._store.get(collection, known.id)
            assert current is not None, "what is known is never deleted"
            before = type(known).model_validate(current)
            if before.seen > known.seen:
                return
            newer = _dump(known.after(before))
            if await self._store.replace(collection, newer, expected_version=current["version"]):
                return

    async def _lacking(self, collection: str, entries: Sequence[tuple[str, int]]) -> list[str]:
        where = {"_id": one_of([key for key, _ in entries])}
        found = await self._store.find(collection, where, limit=len(entries))
        seen: dict[str, int] = {document["_id"]: document["seen"] for document in found}
        return [key for key, version in entries if seen.get(key, 0) < version]


def _dump(model: BaseModel) -> Document:
    return model.model_dump(mode="json", by_alias=True)
