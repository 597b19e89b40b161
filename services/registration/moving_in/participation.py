"""Who took part in sessions of the past: how many of each council registered and came, and no people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from services.registration.entities.usecases import Entities
from services.registration.moving_in.domain import MOST_OF_A_COUNCIL, count_in, nameless
from services.registration.moving_in.entities import entity_meant
from services.registration.moving_in.past_sessions import IN_THE_FILE_TWICE, Cells, reference_to
from services.registration.programmes.usecases import Programmes
from services.registration.registrations.domain import RegistrationState
from services.registration.registrations.store import RegistrationStore
from services.registration.sessions.domain import Session
from services.registration.sessions.store import SessionStore
from shared.clock import Clock
from shared.entities.domain import Entity
from shared.imports.cells import whole_of
from shared.imports.plans import Change, Fault, Line, LineState, Plan, wrong
from shared.imports.references import Reference, meant
from shared.problems import mark
from shared.text.search_words import words_of

NOT_A_COUNT = mark("Write a whole number, from 0 to {most}.")
NO_COUNT = mark("Say how many registered or how many came.")
MORE_CAME = mark("More people came than were registered.")
Counts = tuple[int, int]
"""Registered and attended."""


@dataclass(eq=False)
class PastParticipation:
    _sessions: SessionStore
    _programmes: Programmes
    _entities: Entities
    _stored: RegistrationStore
    _clock: Clock

    async def plan(self, rows: Sequence[tuple[int, Cells]]) -> Plan:
        references = await self._references()
        sessions = {session.id: session for _, session in references}
        known: dict[str, dict[str, Counts]] = {}
        seen: dict[tuple[str, str], int] = {}
        lines: list[Line] = []
        for number, cells in rows:
            found = meant(cells.get("session", ""), _of_programme(references, cells), "session")
            entity = await entity_meant(self._entities, cells.get("entity", ""))
            counts = _counts(cells)
            if isinstance(found, Fault) or isinstance(entity, Fault) or isinstance(counts, Fault):
                faults = [each for each in (found, entity, counts) if isinstance(each, Fault)]
                lines.append(wrong(number, _written(cells), *faults))
            elif other := seen.get((found.id, entity.code)):
                lines.append(wrong(number, _written(cells), Fault("entity", IN_THE_FILE_TWICE, {"other": other})))
            else:
                seen[found.id, entity.code] = number
                if found.id not in known:
                    known[found.id] = await self._known(found.id)
                before = known[found.id].get(entity.code, (0, 0))
                lines.append(_line(number, found.about, sessions[found.id], entity, before, counts))
        return Plan(lines)

    async def store(self, item: Mapping[str, Any]) -> None:
        """Safe to repeat."""
        session, entity = await self._sessions.get(item["session"]), await self._entities.find(item["entity"])
        if session is None or entity is None:
            return
        for number in range(max(item["registered"], item["before"])):
            counted = number < item["registered"]
            count = partial(count_in, session=session, registered=counted, attended=number < item["attended"])
            place, _ = count(nameless(session, entity, number, self._clock()))
            if not await self._stored.create(place):
                await self._stored.change(place.id, count)

    async def _references(self) -> list[tuple[Reference, Session]]:
        """The sessions that were brought in, as the file may name them."""
        programmes = await self._programmes.by_slug()
        found = await self._sessions.recorded()
        return [(reference_to(each, programmes.get(each.programme)), each) for each in found]

    async def _known(self, session_id: str) -> dict[str, Counts]:
        """By entity."""
        registered, attended = Counter[str](), Counter[str]()
        for each in await self._stored.all_of(session_id):
            if each.state is RegistrationState.REGISTERED:
                registered[each.entity_code] += 1
                attended[each.entity_code] += bool(each.attended_at)
        return {code: (count, attended[code]) for code, count in registered.items()}


def _written(cells: Cells) -> str:
    return " · ".join(filter(None, (cells.get("session"), cells.get("entity"))))


def _of_programme(references: Sequence[tuple[Reference, Session]], cells: Cells) -> list[Reference]:
    """Those of the programme that the line names, if it names one."""
    slug = "-".join(words_of(cells.get("programme", "")))
    return [reference for reference, session in references if slug in ("", session.programme)]


def _counts(cells: Cells) -> Counts | Fault:
    """Where only one of the two is given: all who came were registered, or nobody is known to have come."""
    numbers = {name: whole_of(cells[name]) for name in ("registered", "attended") if name in cells}
    if not numbers:
        return Fault("registered", NO_COUNT)
    for name, number in numbers.items():
        if number is None or number > MOST_OF_A_COUNCIL:
            return Fault(name, NOT_A_COUNT, {"most": MOST_OF_A_COUNCIL})
    attended = numbers.get("attended") or 0
    registered = numbers.get("registered", attended) or 0
    return Fault("attended", MORE_CAME) if attended > registered else (registered, attended)


def _line(number: int, about: str, session: Session, entity: Entity, before: Counts, after: Counts) -> Line:
    named = f"{about} · {entity.name}"
    if before == after:
        return Line(number, named, LineState.SAME)
    changes = [
        Change(name, str(was), str(now))
        for name, was, now in zip(("registered", "attended"), before, after, strict=True)
        if was != now
    ]
    counts = {"registered": after[0], "attended": after[1], "before": before[0]}
    item = {"session": session.id, "entity": entity.code, **counts}
    return Line(number, named, LineState.CHANGED if before[0] else LineState.NEW, changes, item=item)
