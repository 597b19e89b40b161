"""What the official data say of an entity under a rule. Nothing here refuses: it explains, and the office decides."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Protocol
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from shared.entities.domain import Entity
from shared.events.vocabulary import EntityKind, Language
from shared.problems import mark
from shared.text.dates import OFFICE_ZONE

POPULATION_YEAR = "2020"
"""Of the directory's figures."""
NEVER_ANY = mark("Nobody has so many inhabitants: the largest figure is below the smallest.")
Inhabitants = Annotated[int, Field(strict=True, ge=0, le=10_000_000)]
PerEntity = Annotated[int, Field(strict=True, ge=1, le=100)]
Slugs = Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]{2,64}$")], ...], Field(max_length=20)]


class Opening(BaseModel):
    """A wave: from then on the entities of these provinces may ask; of all provinces where it names none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: AwareDatetime
    provinces: tuple[str, ...] = ()


class Rule(BaseModel):
    """For whom something is. What is empty sets no condition."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: tuple[EntityKind, ...] = ()
    provinces: tuple[str, ...] = ()
    """By name, as the directory writes them."""
    population_min: Inhabitants | None = None
    population_max: Inhabitants | None = None
    """Within, to the last inhabitant. Concerns municipalities alone: the others have no population of their own."""
    finished_any: Slugs = ()
    """Resources of the catalogue, one of which must be finished."""
    finished_since: date | None = None
    """The first day on which that counts."""
    members: Annotated[bool, Field(strict=True)] = False
    """Whether only entities that take part in the programme."""
    per_entity: PerEntity | None = None
    """How many petitions of one entity are accepted."""
    openings: tuple[Opening, ...] = ()

    @field_validator("population_max")
    @classmethod
    def _not_below(cls, most: int | None, others: ValidationInfo) -> int | None:
        least = others.data.get("population_min")
        if most is not None and least is not None and most < least:
            raise ValueError(NEVER_ANY)
        return most


class Assistance(Protocol):
    """The part of an entity's use of a resource that a rule asks for."""

    @property
    def resource(self) -> str: ...
    @property
    def requested_on(self) -> date | None: ...
    @property
    def finished_on(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an entity, beside the directory."""

    assistances: Sequence[Assistance] = ()
    accepted: int = 0
    """Its petitions that are accepted under the same offer."""
    is_member: bool = False
    resource_names: Mapping[str, Mapping[Language, str]] = field(default_factory=dict)
    """By slug, of retired resources too."""
    time_zone: str = OFFICE_ZONE


@dataclass(frozen=True, slots=True)
class Words:
    """A marked message with what fills its placeholders."""

    message: str
    values: Mapping[str, "Value"] = field(default_factory=dict)


Value = str | int | date | datetime | Words | Mapping[Language, str] | tuple["Value", ...]
"""`wording.py` writes each in a language: days, instants with their zone, enumerations."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is found about one condition."""

    words: Words
    passed: bool | None
    """None: it cannot be checked."""
    day: date | None = None
    """The one that matters: of the finish, of the opening."""


WHO = {
    EntityKind.MUNICIPALITY: Words(mark("The council")),
    EntityKind.COMARCAL_COUNCIL: Words(mark("The comarcal council")),
    EntityKind.ARAN_COUNCIL: Words(mark("The general council of Aran")),
    EntityKind.PROVINCIAL_COUNCIL: Words(mark("The provincial council")),
}
KINDS = {
    EntityKind.MUNICIPALITY: Words(mark("councils")),
    EntityKind.COMARCAL_COUNCIL: Words(mark("comarcal councils")),
    EntityKind.ARAN_COUNCIL: Words(mark("the general council of Aran")),
    EntityKind.PROVINCIAL_COUNCIL: Words(mark("provincial councils")),
}


def findings(rule: Rule, entity: Entity, facts: Facts, now: datetime) -> list[Finding]:
    """One for each condition that the rule sets, in a fixed order."""
    return [
        *_of_kind(rule, entity),
        *_of_province(rule, entity),
        *_of_population(rule, entity),
        *_of_finish(rule, entity, facts, now),
        *_of_membership(rule, entity, facts),
        *_of_petitions(rule, facts),
        *_of_openings(rule, entity, facts, now),
    ]


def _of_kind(rule: Rule, entity: Entity) -> Iterator[Finding]:
    kinds = {"kinds": tuple(KINDS[kind] for kind in rule.kinds)}
    if entity.kind in rule.kinds:
        yield Finding(Words(mark("This is for {kinds}."), kinds), passed=True)
    elif rule.kinds:
        yield Finding(Words(mark("This is for {kinds} only."), kinds), passed=False)


def _of_province(rule: Rule, entity: Entity) -> Iterator[Finding]:
    values: dict[str, Value] = {"provinces": rule.provinces, "province": entity.province}
    if not rule.provinces:
        return
    if not entity.province:
        yield Finding(Words(mark("Its province is not known. This is for {provinces}."), values), passed=None)
    elif entity.province in rule.provinces:
        yield Finding(
            Words(mark("Its province, {province}, is among those this is for: {provinces}."), values), passed=True
        )
    else:
        yield Finding(Words(mark("This is for {provinces} only; its province is {province}."), values), passed=False)


def _of_population(rule: Rule, entity: Entity) -> Iterator[Finding]:
    least, most = rule.population_min, rule.population_max
    if least is None and most is None:
        return
    limits = _limits(least, most)
    if entity.kind is not EntityKind.MUNICIPALITY:
        text = mark("The limit of population is for municipalities only: {limits}.")
        yield Finding(Words(text, {"limits": limits}), passed=True)
        return
    if entity.population is None:
        text = mark("Its population is not known, so the limit cannot be checked: {limits}.")
        yield Finding(Words(text, {"limits": limits}), passed=None)
        return
    passed = (least is None or entity.population >= least) and (most is None or entity.population <= most)
    within = mark("The municipality has {population} inhabitants (figure of {year}), within the limit: {limits}.")
    outside = mark("The municipality has {population} inhabitants (figure of {year}); the limit is {limits}.")
    values: dict[str, Value] = {"population": entity.population, "year": POPULATION_YEAR, "limits": limits}
    yield Finding(Words(within if passed else outside, values), passed=passed)


def _limits(least: int | None, most: int | None) -> Words:
    if most is None:
        return Words(mark("at least {least} inhabitants"), {"least": least or 0})
    if least is None:
        return Words(mark("up to {most} inhabitants"), {"most": most})
    return Words(mark("from {least} to {most} inhabitants"), {"least": least, "most": most})


def _of_finish(rule: Rule, entity: Entity, facts: Facts, now: datetime) -> Iterator[Finding]:
    """Of several uses the best one counts: finished, the latest; else to be finished, the soonest; else requested."""
    if not rule.finished_any:
        return
    today = now.astimezone(ZoneInfo(facts.time_zone)).date()
    uses = [use for use in facts.assistances if use.resource in rule.finished_any]
    days = [(use.finished_on, use) for use in uses if use.finished_on]
    if done := [pair for pair in days if pair[0] <= today]:
        yield _finished(max(done, key=lambda pair: pair[0]), rule, entity, facts)
    elif days:
        yield _to_be_finished(min(days, key=lambda pair: pair[0]), facts)
    elif uses:
        yield _requested(max(uses, key=lambda use: use.requested_on or date.min), entity, facts)
    else:
        names = tuple(_name(slug, facts) for slug in rule.finished_any)
        text = mark("There is no record that any of these resources was finished: {resources}.")
        yield Finding(Words(text, {"resources": names}), passed=False)


def _finished(found: tuple[date, Assistance], rule: Rule, entity: Entity, facts: Facts) -> Finding:
    day, use = found
    values: dict[str, Value] = {"who": WHO[entity.kind], "resource": _name(use.resource, facts), "day": day}
    if rule.finished_since and day < rule.finished_since:
        text = mark("{who} finished «{resource}» {day}; to count it must be finished {since} or later.")
        return Finding(Words(text, {**values, "since": rule.finished_since}), passed=False, day=day)
    if use.requested_on is None:
        text = mark("{who} finished «{resource}» {day}; when it was requested is not recorded.")
        return Finding(Words(text, values), passed=True, day=day)
    return Finding(Words(mark("{who} finished «{resource}» {day}."), values), passed=True, day=day)


def _to_be_finished(found: tuple[date, Assistance], facts: Facts) -> Finding:
    day, use = found
    text = mark("«{resource}» is to be finished {day}, and counts from then on.")
    return Finding(Words(text, {"resource": _name(use.resource, facts), "day": day}), passed=False, day=day)


def _requested(use: Assistance, entity: Entity, facts: Facts) -> Finding:
    values: dict[str, Value] = {"who": WHO[entity.kind], "resource": _name(use.resource, facts)}
    if use.requested_on is None:
        return Finding(Words(mark("{who} requested «{resource}» and has not finished it."), values), passed=False)
    text = mark("{who} requested «{resource}» {day} and has not finished it.")
    return Finding(Words(text, {**values, "day": use.requested_on}), passed=False, day=use.requested_on)


def _name(slug: str, facts: Facts) -> Value:
    return facts.resource_names.get(slug, slug)


def _of_membership(rule: Rule, entity: Entity, facts: Facts) -> Iterator[Finding]:
    if not rule.members:
        return
    takes_part, not_so = mark("{who} takes part in the programme."), mark("{who} does not take part in the programme.")
    yield Finding(Words(takes_part if facts.is_member else not_so, {"who": WHO[entity.kind]}), passed=facts.is_member)


def _of_petitions(rule: Rule, facts: Facts) -> Iterator[Finding]:
    if rule.per_entity is None:
        return
    room = mark("Petitions of this entity accepted so far: {accepted} of {most}.")
    full = mark("Petitions of this entity accepted so far: {accepted} of {most}. No more are foreseen.")
    passed = facts.accepted < rule.per_entity
    values = {"accepted": facts.accepted, "most": rule.per_entity}
    yield Finding(Words(room if passed else full, values), passed=passed)


def _of_openings(rule: Rule, entity: Entity, facts: Facts, now: datetime) -> Iterator[Finding]:
    if not rule.openings:
        return
    zone = ZoneInfo(facts.time_zone)
    waves = [wave.at for wave in rule.openings if not wave.provinces or entity.province in wave.provinces]
    if waves:
        at = min(waves).astimezone(zone)
        since, later = mark("Open for this entity since {at}."), mark("It opens for this entity on {at}.")
        yield Finding(Words(since if at <= now else later, {"at": at}), passed=at <= now, day=at.date())
    elif entity.province:
        yield Finding(Words(mark("When this opens for the entities of its province is not set yet.")), passed=False)
    else:
        yield Finding(Words(mark("Its province is not known, so neither is when this opens for it.")), passed=None)
