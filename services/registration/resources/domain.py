"""The catalogue's resources, and what each entity did with them: requested, finished."""

from datetime import date
from typing import Any, Self

from services.registration.eligibility.domain import NEVER_ANY
from shared import ids
from shared.events.support import AssistanceEvent, AssistanceFinished, AssistanceRequested
from shared.events.vocabulary import EntityKind, Language
from shared.problems import FieldProblem, Problem, mark
from shared.storage.aggregates import Aggregate

FINISHED_BEFORE = mark("It was finished before it was requested.")


class ResourceUnknownProblem(Problem):
    status = 404
    code = "resource-unknown"
    title = mark("There is no such resource in the catalogue.")


class ResourceExistsProblem(Problem):
    status = 409
    code = "resource-exists"
    title = mark("A resource with this short name already exists. Change that one, or choose another short name.")


class ImpossibleLimitsProblem(FieldProblem):
    title = NEVER_ANY

    def __init__(self) -> None:
        super().__init__("/population_max")


class Resource(Aggregate):
    """What the catalogue offers to entities. Its id is its slug."""

    name: dict[Language, str]
    kinds: tuple[EntityKind, ...] = ()
    """Kinds of entities that may request it; empty for all."""
    population_min: int | None = None
    population_max: int | None = None
    years: tuple[int, ...] = ()
    """Editions of the catalogue in which it is; empty for all."""
    per_entity: int | None = None
    """How often one entity may request it."""

    def is_retired(self, year: int) -> bool:
        """Whether the last edition with it is over. What was finished of it stays finished."""
        return bool(self.years) and max(self.years) < year

    def changed(self, changes: dict[str, Any]) -> Self:
        """Raises ImpossibleLimitsProblem."""
        changed = self.model_copy(update=changes)
        least, most = changed.population_min, changed.population_max
        if least is not None and most is not None and most < least:
            raise ImpossibleLimitsProblem
        return changed


class Assistance(Aggregate):
    """One entity's use of a resource."""

    resource: str
    entity: str
    reference: str = ""
    """Of the request in the system where it is kept; one entity may have several."""
    requested_on: date | None = None
    finished_on: date | None = None
    source: str = ""
    """Whence the last change came: `api` or `import`."""

    def told(self) -> AssistanceEvent:
        event = AssistanceFinished if self.finished_on else AssistanceRequested
        fields = self.model_dump(include={"version", "resource", "entity", "requested_on", "finished_on"})
        return event(assistance_id=self.id, **fields)


def assistance_id(resource: str, entity: str, reference: str) -> str:
    return ids.derived_id(b"assistance", resource, entity, reference)


def taken_over(present: Assistance, told: Assistance) -> tuple[Assistance, list[AssistanceEvent]]:
    """Take over the dates that are told now, also a finish taken back. Unchanged ones change nothing."""
    days = {"requested_on": told.requested_on, "finished_on": told.finished_on}
    if days == {name: getattr(present, name) for name in days}:
        return present, []
    changed = present.model_copy(update={**days, "source": told.source})
    return changed, [changed.told()]
