"""Bringing in the results of sessions that took place before: imported ones replace imported ones, never measured."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from textwrap import shorten
from typing import Any
from zoneinfo import ZoneInfo

from services.feedback.domain.imports import RESULT_COLUMNS, Cells, Read, read_line, title_of
from services.feedback.domain.known import KnownProgramme, KnownSession
from services.feedback.domain.results import PublishedQuestion, Results, publishable_number
from services.feedback.domain.surveys import brought, brought_again
from services.feedback.store import FeedbackStore
from shared.clock import Clock
from shared.imports.accepted import Imports
from shared.imports.files import FileImport
from shared.imports.plans import Change, Fault, Line, LineState, Plan, wrong
from shared.imports.references import Reference, meant
from shared.problems import mark
from shared.security.actions import Action
from shared.staff import Role
from shared.storage.records import Author
from shared.text.dates import date_in_figures, wall_clock

IMPORTED = "results.imported"
"""What the audit calls it."""
KIND = "results"
HELD_HERE = mark("This session was held here: its results come from its own survey.")
OTHER_NUMBER = mark("Another line of this session says another number of answers.")
SAME_QUESTION = mark("Another line of this session is about this question.")
TOO_FEW = "< 5"
LONGEST_TITLE = 70
"""In a list of lines."""


@dataclass
class _Session:
    """What the lines of a session say together."""

    session: KnownSession
    programme: KnownProgramme
    about: str
    n: int
    lines: list[tuple[int, PublishedQuestion | None]] = field(default_factory=list)

    def fault(self, read: Read) -> Fault | None:
        if read.n != self.n:
            return Fault("answers", OTHER_NUMBER)
        keys = [question.key for _, question in self.lines if question]
        return Fault("question", SAME_QUESTION) if read.question and read.question.key in keys else None


class Importing:
    def __init__(self, store: FeedbackStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.imports = Imports.over(store.documents, clock, {KIND: self.keep})
        self.results = FileImport(RESULT_COLUMNS, self.plan, Action(IMPORTED, Role.ADMIN, self._import))

    async def plan(self, rows: Sequence[tuple[int, Cells]]) -> Plan:
        programmes = {programme.id: programme async for programme in self._store.programmes.each()}
        sessions = [session async for session in self._store.sessions.each() if session.programme in programmes]
        references = [_reference(session, programmes[session.programme]) for session in sessions if session.ended_at]
        by_id = {session.id: session for session in sessions}
        read: dict[str, _Session] = {}
        faults: list[Line] = []
        for number, cells in rows:
            await asyncio.sleep(0)  # a file has thousands of lines: others come in between
            about = " · ".join(filter(None, (cells.get("session"), cells.get("question"))))
            found = meant(cells.get("session", ""), _of_programme(references, by_id, cells), "session")
            if isinstance(found, Fault):
                faults.append(wrong(number, about, found))
                continue
            session = by_id[found.id]
            programme = programmes[session.programme]
            line = read_line(cells, programme) if session.recorded else [Fault("session", HELD_HERE)]
            if isinstance(line, list):
                faults.append(wrong(number, about, *line))
                continue
            together = read.setdefault(session.id, _Session(session, programme, found.about, line.n))
            if fault := together.fault(line):
                faults.append(wrong(number, about, fault))
            else:
                together.lines.append((number, line.question))
        planned = [line for each in read.values() for line in await self._lines(each)]
        return Plan(sorted([*faults, *planned], key=lambda line: line.number))

    async def keep(self, item: Mapping[str, Any]) -> None:
        """Safe to repeat."""
        results = Results.model_validate(item)
        if not await self._store.replace_imported(results):
            return
        survey, events = brought(results)
        if not await self._store.surveys.create(survey, *events):
            await self._store.surveys.change(survey.id, partial(brought_again, results=results))

    async def _import(self, by: Author, plan: Plan) -> None:
        counts = plan.counts
        details = {"lines_new": counts[LineState.NEW], "lines_changed": counts[LineState.CHANGED]}
        await self.imports.accept(KIND, plan.items, by.record("", details))

    async def _lines(self, together: _Session) -> list[Line]:
        """The first line of a session carries its results."""
        before = await self._store.results.get(together.session.id)
        results = self._results(together, before)
        state = LineState.NEW if before is None else LineState.SAME if results == before else LineState.CHANGED
        item = None if state is LineState.SAME else results.model_dump(mode="json")
        lines = []
        for number, question in together.lines:
            about = f"{together.about} · {title_of(question.text)}" if question else together.about
            lines.append(Line(number, about, state, _changes(results, before, question), item=item))
            item = None
        return lines

    def _results(self, together: _Session, before: Results | None) -> Results:
        session, programme = together.session, together.programme
        order = [question.key for question in programme.questions]
        questions = [question for _, question in together.lines if question]
        questions.sort(key=lambda each: order.index(each.key) if each.key in order else len(order))
        n = publishable_number(together.n)
        return Results(
            id=session.id,
            programme=session.programme,
            title=session.title,
            ended_at=session.planned_end,
            year=session.planned_end.astimezone(ZoneInfo(programme.time_zone)).year,
            published_at=before.published_at if before else self._clock(),
            n=n,
            questions=() if n is None else tuple(questions),
            imported=1,
        )


def _reference(session: KnownSession, programme: KnownProgramme) -> Reference:
    zone = programme.time_zone
    day = wall_clock(session.planned_end, zone)[:10]
    code = session.external_id or session.id
    title = shorten(title_of(session.title), LONGEST_TITLE, placeholder="…")
    about = f"{date_in_figures(session.planned_end, zone)} · {title}"
    return Reference(session.id, about, code, (day, *filter(None, (session.external_id, *session.title.values()))))


def _of_programme(references: Sequence[Reference], by_id: Mapping[str, KnownSession], cells: Cells) -> list[Reference]:
    slug = cells.get("programme", "")
    return [each for each in references if slug in ("", by_id[each.id].programme)]


def _changes(results: Results, before: Results | None, question: PublishedQuestion | None) -> list[Change]:
    key = question.key if question else ""
    pairs = {
        "session": (title_of(before.title) if before else "", title_of(results.title) if before else ""),
        "answers": (_number(before), _number(results)),
        "mean": (_mean(before, key), _mean(results, key)),
        "converted_from": ("", question.converted_from if question and results.n else ""),
    }
    return [Change(name, was, now) for name, (was, now) in pairs.items() if was != now]


def _number(results: Results | None) -> str:
    return "" if results is None else TOO_FEW if results.n is None else str(results.n)


def _mean(results: Results | None, key: str) -> str:
    mean = results.mean(key) if results else None
    return "" if mean is None else f"{mean:.2f}"
