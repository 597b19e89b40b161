"""What entities requested and finished, as another system's file tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.registration.entities.usecases import Entities
from services.registration.moving_in.entities import entity_meant
from services.registration.moving_in.past_sessions import IN_THE_FILE_TWICE, NOT_A_DAY, Cells
from services.registration.resources.domain import FINISHED_BEFORE, Assistance
from services.registration.resources.usecases import Resources, new_assistance
from services.registration.sessions.schemas import FAR_AWAY
from shared.entities.domain import Entity
from shared.events.vocabulary import Language, in_language
from shared.imports.cells import day_of
from shared.imports.plans import Change, Fault, Line, LineState, Plan, wrong
from shared.imports.references import Reference, meant
from shared.problems import mark
from shared.storage.collection import document_of
from shared.text.dates import YEARS

NO_DAY = mark("Say when it was requested or when it was finished.")
LONGEST_REFERENCE = 100
REFERENCE_TOO_LONG = mark("Write at most {most} letters.")
_DAYS = ("requested_on", "finished_on")


@dataclass(frozen=True, slots=True)
class _Given:
    resource: Reference
    entity: Entity
    reference: str
    days: Mapping[str, date | None]

    @property
    def key(self) -> tuple[str, str, str]:
        return self.resource.id, self.entity.code, self.reference

    @property
    def about(self) -> str:
        return " · ".join(filter(None, (self.resource.about, self.entity.name, self.reference)))


@dataclass(eq=False)
class ToldAssistances:
    _resources: Resources
    _entities: Entities

    async def plan(self, rows: Sequence[tuple[int, Cells]]) -> Plan:
        references = [
            Reference(slug, in_language(resource.name, Language.CA), slug, tuple(resource.name.values()))
            for slug, resource in (await self._resources.by_slug()).items()
        ]
        read = [(number, cells, await self._read(cells, references)) for number, cells in rows]
        given = [found for *_, found in read if isinstance(found, _Given)]
        known = await self._resources.known((each.resource.id, each.entity, each.reference) for each in given)
        seen: dict[tuple[str, str, str], int] = {}
        lines: list[Line] = []
        for number, cells, found in read:
            if isinstance(found, list):
                about = " · ".join(filter(None, (cells.get("resource"), cells.get("entity"))))
                lines.append(wrong(number, about, *found))
            elif other := seen.get(found.key):
                lines.append(wrong(number, found.about, Fault("reference", IN_THE_FILE_TWICE, {"other": other})))
            else:
                seen[found.key] = number
                lines.append(_line(number, found, known.get(found.key)))
        return Plan(lines)

    async def _read(self, cells: Cells, references: Sequence[Reference]) -> _Given | list[Fault]:
        resource = meant(cells.get("resource", ""), references, "resource")
        entity = await entity_meant(self._entities, cells.get("entity", ""))
        days = {name: _day(cells, name) for name in _DAYS}
        faults = [each for each in (resource, entity, *days.values()) if isinstance(each, Fault)]
        reference = cells.get("reference", "")
        if len(reference) > LONGEST_REFERENCE:
            faults.append(Fault("reference", REFERENCE_TOO_LONG, {"most": LONGEST_REFERENCE}))
        if faults or isinstance(resource, Fault) or isinstance(entity, Fault):
            return faults
        return _Given(resource, entity, reference, {n: day for n, day in days.items() if not isinstance(day, Fault)})


def _day(cells: Cells, name: str) -> date | Fault | None:
    if name not in cells:
        return None
    day = day_of(cells[name])
    if day is None:
        return Fault(name, NOT_A_DAY)
    return day if day.year in YEARS else Fault(name, FAR_AWAY)


def _line(number: int, given: _Given, known: Assistance | None) -> Line:
    """An empty finish takes a finish back; an empty request keeps the day that is known."""
    present = known or new_assistance(given.resource.id, given.entity, given.reference)
    finished = given.days["finished_on"]
    requested = given.days["requested_on"] or present.requested_on
    if requested is None and finished is None and known is None:
        return wrong(number, given.about, Fault("requested_on", NO_DAY))
    if requested and finished and finished < requested:
        return wrong(number, given.about, Fault("finished_on", FINISHED_BEFORE))
    told = present.model_copy(update={"requested_on": requested, "finished_on": finished, "source": "import"})
    changes = [
        Change(name, str(was or ""), str(now or ""))
        for name, was, now in (
            ("requested_on", present.requested_on, requested),
            ("finished_on", present.finished_on, finished),
        )
        if was != now
    ]
    if known and not changes:
        return Line(number, given.about, LineState.SAME)
    return Line(number, given.about, LineState.CHANGED if known else LineState.NEW, changes, item=_item(told))


def _item(told: Assistance) -> dict[str, object]:
    kept = {"id", "resource", "entity", "reference", *_DAYS, "source"}
    return {name: value for name, value in document_of(told).items() if name in kept | {"_id"}}
