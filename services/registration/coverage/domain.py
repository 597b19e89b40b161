"""Coverage: which councils came and which never did, by comarca and province."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.entities.domain import Entity
from shared.events.vocabulary import EntityKind


@dataclass(frozen=True, slots=True)
class Seat:
    """A registration with a seat, without its person."""

    session: str
    entity: str
    came: bool


@dataclass(frozen=True, slots=True)
class Participation:
    registered: int = 0
    """People with a seat, over all sessions."""
    attended: int = 0
    """How many of them came."""
    sessions: int = 0
    """Sessions to which somebody of the entity came."""


@dataclass(frozen=True, slots=True)
class Area:
    """A comarca, a province or all: how many of its councils came at least once."""

    name: str
    councils: int
    came: int

    @property
    def never(self) -> int:
        return self.councils - self.came

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.came / self.councils if self.councils else 0.0


@dataclass(frozen=True, slots=True)
class Coverage:
    total: Area
    provinces: Sequence[Area]
    comarques: Sequence[Area]
    never: Sequence[Entity]
    """Councils that never came, by province, comarca and name."""


def participation(seats: Iterable[Seat]) -> dict[str, Participation]:
    """By entity code."""
    registered, attended = Counter[str](), Counter[str]()
    sessions = defaultdict[str, set[str]](set)
    for seat in seats:
        registered[seat.entity] += 1
        if seat.came:
            attended[seat.entity] += 1
            sessions[seat.entity].add(seat.session)
    return {code: Participation(count, attended[code], len(sessions[code])) for code, count in registered.items()}


def coverage(entities: Iterable[Entity], participation: Mapping[str, Participation]) -> Coverage:
    """Of municipalities alone: other bodies are few."""
    councils = [entity for entity in entities if entity.kind is EntityKind.MUNICIPALITY]
    came = {entity.code for entity in councils if participation.get(entity.code, Participation()).attended}

    def area(name: str, members: Sequence[Entity]) -> Area:
        return Area(name, len(members), sum(entity.code in came for entity in members))

    def areas(names: Iterable[tuple[str, Entity]]) -> list[Area]:
        members = defaultdict[str, list[Entity]](list)
        for name, entity in names:
            members[name].append(entity)
        return [area(name, members[name]) for name in sorted(members)]

    never = [entity for entity in councils if entity.code not in came]
    return Coverage(
        total=area("", councils),
        provinces=areas((entity.province, entity) for entity in councils),
        comarques=areas((entity.comarca, entity) for entity in councils),
        never=sorted(never, key=lambda entity: (entity.province, entity.comarca, entity.short_name)),
    )
