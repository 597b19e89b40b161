"""Sessions that took place before the programme ran here: read from lines, compared with those that are there."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from textwrap import shorten
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from services.registration.moving_in.columns import MOST_MATERIALS
from services.registration.moving_in.domain import as_recorded, correct, past_session_id
from services.registration.moving_in.faults import fault_of
from services.registration.programmes.domain import Programme
from services.registration.programmes.usecases import Programmes
from services.registration.sessions.domain import Session, recorded
from services.registration.sessions.schemas import FAR_AWAY, Duration, MaterialIn
from services.registration.sessions.store import SessionStore
from shared import ids
from shared.clock import Clock
from shared.events.vocabulary import Language, SessionStatus, in_language
from shared.imports.cells import day_of, time_of, whole_of
from shared.imports.plans import Change, Fault, Line, LineState, Plan, wrong
from shared.imports.references import Reference, meant
from shared.problems import mark
from shared.text.dates import YEARS, date_in_figures, local_instant, wall_clock
from shared.text.fields import Descriptions, OneLine, OptionalHttpsUrl, Titles

NOT_A_DAY = mark("This is no date. Write it as 21/09/2023.")
NOT_A_TIME = mark("This is no time of the day. Write it as 10:00.")
NO_SUCH_HOUR = mark("On that day the clocks were set forward: that time was never shown.")
NOT_OVER = mark("This session is not over yet: schedule it, so that people can register.")
HELD_HERE = mark("A session of the programme was held here at that time. It stays as it is.")
IN_THE_FILE_TWICE = mark("This is in the file twice: see line {other}.")
LONGEST_TITLE = 70
"""In a list of lines."""
Cells = Mapping[str, str]


class _Given(BaseModel):
    """What a line says, beside programme and time."""

    title: Titles
    description: Descriptions | None = None
    duration_minutes: Duration = 60
    recording_url: OptionalHttpsUrl = ""
    materials: tuple[MaterialIn, ...] = ()
    external_id: Annotated[OneLine, Field(max_length=100)] = ""


@dataclass(eq=False)
class PastSessions:
    _stored: SessionStore
    _programmes: Programmes
    _clock: Clock

    async def plan(self, rows: Sequence[tuple[int, Cells]]) -> Plan:
        programmes = await self._programmes.by_slug()
        known = {session.id: session for session in await self._stored.recorded()}
        read = await asyncio.to_thread(_read_all, rows, programmes, known, self._clock())
        held = await self._held_at({found.starts_at for *_, found in read if isinstance(found, Session)})
        lines: list[Line] = []
        seen: dict[str, int] = {}
        for number, cells, found in read:
            about = " · ".join(filter(None, (cells.get("date"), cells.get("title_ca"))))
            if isinstance(found, list):
                lines.append(wrong(number, about, *found))
            elif (found.programme, found.starts_at) in held:
                lines.append(wrong(number, about, Fault("date", HELD_HERE)))
            elif found.id in seen:
                lines.append(wrong(number, about, Fault("", IN_THE_FILE_TWICE, {"other": seen[found.id]})))
            else:
                seen[found.id] = number
                zone = programmes[found.programme].time_zone
                lines.append(_line(number, known.get(found.id), found, zone))
        return Plan(lines)

    async def store(self, item: Mapping[str, Any]) -> None:
        """Safe to repeat; a session that was held here stays as it is."""
        session = Session.model_validate(item).model_copy(update={"changed_at": self._clock()})
        if not await self._stored.create(session, recorded(session)):
            await self._stored.change(session.id, lambda current: correct(current, session))

    async def _held_at(self, instants: set[datetime]) -> set[tuple[str, datetime]]:
        """The programmes and instants at which a session was held here."""
        at = [entry.session_id for entry in await self._stored.index() if entry.starts_at in instants]
        found = (await self._stored.many(at)).values()
        held = [each for each in found if not each.recorded and each.status is not SessionStatus.CANCELLED]
        return {(session.programme, session.starts_at) for session in held}


def reference_to(session: Session, programme: Programme | None) -> Reference:
    """A session as other files may name it: by id, by the office's own code, by its day or by a title."""
    zone = programme.time_zone if programme else "UTC"
    day = wall_clock(session.starts_at, zone)[:10]
    title = in_language(session.title, Language.CA)
    names = (day, *filter(None, (session.external_id, *session.title.values())))
    about = f"{date_in_figures(session.starts_at, zone)} · {shorten(title, LONGEST_TITLE, placeholder='…')}"
    return Reference(session.id, about, session.external_id or session.id, names)


def _read_all(
    rows: Sequence[tuple[int, Cells]],
    programmes: Mapping[str, Programme],
    known: Mapping[str, Session],
    now: datetime,
) -> list[tuple[int, Cells, Session | list[Fault]]]:
    return [(number, cells, _read(cells, programmes, known, now)) for number, cells in rows]


def _read(
    cells: Cells, programmes: Mapping[str, Programme], known: Mapping[str, Session], now: datetime
) -> Session | list[Fault]:
    """The session that a line means, with what is known of it already; or the faults of the line."""
    programme = _programme(cells.get("programme", ""), programmes)
    if isinstance(programme, Fault):
        return [programme]
    starts_at = _start(cells, programme.time_zone)
    given = _given(cells)
    faults = [*([starts_at] if isinstance(starts_at, Fault) else []), *(given if isinstance(given, list) else [])]
    if faults or isinstance(starts_at, Fault) or isinstance(given, list):
        return faults
    session = as_recorded(_merged(programme.id, starts_at, given, cells, known))
    return [Fault("date", NOT_OVER)] if session.ends_at > now else session


def _programme(text: str, programmes: Mapping[str, Programme]) -> Programme | Fault:
    if not text and len(programmes) == 1:
        return next(iter(programmes.values()))
    references = [
        Reference(each.id, in_language(each.name, Language.CA), each.id, tuple(each.name.values()))
        for each in programmes.values()
    ]
    found = meant(text, references, "programme")
    return found if isinstance(found, Fault) else programmes[found.id]


def _start(cells: Cells, time_zone: str) -> datetime | Fault:
    day, at = day_of(cells.get("date", "")), time_of(cells.get("time", ""))
    if day is None:
        return Fault("date", NOT_A_DAY)
    if day.year not in YEARS:
        return Fault("date", FAR_AWAY)
    if at is None:
        return Fault("time", NOT_A_TIME)
    instant = local_instant(f"{day}T{at:%H:%M}", time_zone)
    return instant.astimezone(UTC) if instant else Fault("time", NO_SUCH_HOUR)


def _given(cells: Cells) -> _Given | list[Fault]:
    minutes = cells.get("duration_minutes", "60")
    numbers = [
        n for n in range(1, MOST_MATERIALS + 1) if f"material_{n}_url" in cells or f"material_{n}_title" in cells
    ]
    fields: dict[str, Any] = {
        "title": _texts(cells, "title"),
        "description": _texts(cells, "description") or None,
        "duration_minutes": minutes if whole_of(minutes) is None else whole_of(minutes),
        "recording_url": cells.get("recording_url", ""),
        "materials": [_material(cells, number) for number in numbers],
        "external_id": cells.get("external_id", ""),
    }
    try:
        return _Given.model_validate(fields, strict=False)
    except ValidationError as error:
        return [_fault(item, numbers) for item in error.errors()]


def _texts(cells: Cells, name: str) -> dict[str, str]:
    return {language: text for language in Language if (text := cells.get(f"{name}_{language}"))}


def _material(cells: Cells, number: int) -> dict[str, str]:
    """Without a title of its own a document is called by the last part of its address."""
    url = cells.get(f"material_{number}_url", "")
    return {"title": cells.get(f"material_{number}_title") or url.rstrip("/").rpartition("/")[2], "url": url}


def _fault(error: Mapping[str, Any], numbers: Sequence[int]) -> Fault:
    """`("materials", 0, "url")` is the column `material_1_url`; a title in no language is the column `title_ca`."""
    name, *rest = error["loc"]
    column = f"material_{numbers[rest[0]]}_{rest[1]}" if name == "materials" else "_".join([name, *map(str, rest)])
    column = {"title": "title_ca", "description": "description_ca"}.get(column, column.removesuffix("_[key]"))
    return fault_of(error, column)


def _merged(programme: str, at: datetime, given: _Given, cells: Cells, known: Mapping[str, Session]) -> Session:
    """What the line says over what is known. An empty cell says nothing: it takes nothing away."""
    found = _found(programme, at, given.external_id, known)
    new_id = past_session_id(programme, given.external_id or at.isoformat())
    session = found or Session(
        id=ids.new_id() if new_id in known else new_id,  # one that was at this time is at another now
        programme=programme,
        title={},
        starts_at=at,
        duration_minutes=given.duration_minutes,
        over_at=at,
    )
    said: dict[str, Any] = {
        "starts_at": at,
        "title": {**session.title, **given.title},
        "description": {**(session.description or {}), **(given.description or {})} or None,
    }
    if "duration_minutes" in cells:
        said["duration_minutes"] = given.duration_minutes
    if given.materials:
        said["materials"] = tuple(item.material() for item in given.materials)
    said |= {name: value for name in ("recording_url", "external_id") if (value := getattr(given, name))}
    return session.model_copy(update=said)


def _found(programme: str, at: datetime, external_id: str, known: Mapping[str, Session]) -> Session | None:
    """By the office's own code; else at the same time, unless it has another code."""
    of_programme = [session for session in known.values() if session.programme == programme]
    by_code = [session for session in of_programme if external_id and session.external_id == external_id]
    by_time = [session for session in of_programme if session.starts_at == at]
    fits = [each for each in by_time if not (external_id and each.external_id)]
    return next(iter([*by_code, *fits]), None)


def _line(number: int, before: Session | None, after: Session, zone: str) -> Line:
    was, now = _shown(before, zone) if before else {}, _shown(after, zone)
    names = [name for name in {**now, **was} if now.get(name, "") != was.get(name, "")]
    changes = [Change(name, was.get(name, ""), now.get(name, "")) for name in names]
    if before is None:  # what it is about says these two
        changes = [change for change in changes if change.column not in ("date", "title_ca")]
    state = LineState.NEW if before is None else LineState.CHANGED if changes else LineState.SAME
    about = f"{date_in_figures(after.starts_at, zone)} · {in_language(after.title, Language.CA)}"
    item = after.model_dump(mode="json", exclude={"outbox", "records"}) if state is not LineState.SAME else None
    return Line(number, about, state, changes, item=item)


def _shown(session: Session, zone: str) -> dict[str, str]:
    """By column, as the preview shows it."""
    day, _, at = wall_clock(session.starts_at, zone).partition("T")
    texts = {f"title_{language}": text for language, text in session.title.items()}
    texts |= {f"description_{language}": text for language, text in (session.description or {}).items()}
    for place, material in enumerate(session.materials, start=1):
        texts |= {f"material_{place}_title": material.title, f"material_{place}_url": material.url}
    rest = {"recording_url": session.recording_url, "external_id": session.external_id}
    return {"date": day, "time": at, "duration_minutes": str(session.duration_minutes), **texts, **rest}
