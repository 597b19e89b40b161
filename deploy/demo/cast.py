"""Who and what is invented: councils drawn from the directory, their people, and what these think."""

from collections.abc import Sequence
from itertools import count, pairwise
from random import Random
from typing import Any

from shared.entities.csv_files import shipped_entities
from shared.entities.domain import Entity
from shared.events.vocabulary import EntityKind

SEED = 2023
FOLLOWING = 140
"""Councils that come to the series now and then."""
_GIVEN_NAMES = ("Núria", "Jordi", "Montserrat", "Pere", "Laia", "Arnau", "Mercè", "Oriol", "Anna", "Ramon")
_FAMILY_NAMES = ("Puig", "Serra", "Vila", "Soler", "Roca", "Ferrer")
_ROLES = ("Secretària", "Tècnic de transparència", "Interventora", "Auxiliar administratiu", "Alcaldessa")
_LANGUAGES = ("ca", "ca", "ca", "ca", "es", "en")
_COMMENTS = ("Molt útil, gràcies.", "Ens ha anat molt bé veure exemples de municipis petits.", "Ha quedat curta.")
_LIKED = {"content": 8.4, "duration": 7.4, "understood": 8.0, "applicable": 6.8}
"""How much, from 0 to 10, on average."""
_SPREAD = 1.3
_COMMENTING = 0.15

Person = dict[str, Any]
"""As the API takes a registration."""


class Cast:
    """All of it is drawn by one seed."""

    def __init__(self) -> None:
        self.random = Random(SEED)  # noqa: S311  a story, no secret
        self._councils = sorted(
            (each for each in shipped_entities().values() if each.kind is EntityKind.MUNICIPALITY),
            key=lambda each: each.population or 0,
        )
        self.following = self.drawn(FOLLOWING)
        self._numbers = count()
        self.people = self.people_of(self.following)
        """One of each council that follows the series."""

    def drawn(self, number: int, provinces: Sequence[str] = ()) -> list[Entity]:
        """One council of each of so many equal parts of the directory by population: half of all are tiny."""
        among = [each for each in self._councils if not provinces or each.province in provinces]
        bounds = [part * len(among) // number for part in range(number + 1)]
        chosen = [self.random.choice(among[start:end]) for start, end in pairwise(bounds)]
        return self.random.sample(chosen, number)

    def people_of(self, councils: Sequence[Entity]) -> list[Person]:
        """One of each."""
        return [_person(next(self._numbers), each) for each in councils]

    def answer(self) -> dict[str, Any]:
        """What somebody thinks of a session, as the survey takes it."""
        comment = self.random.choice(_COMMENTS) if self.random.random() < _COMMENTING else ""
        return {"answers": {key: self._score(mean) for key, mean in _LIKED.items()}, "comment": comment}

    def means(self) -> dict[str, float]:
        """Of the answers of a session, by question of the survey."""
        return {key: round(mean + self.random.uniform(-0.8, 0.8), 2) for key, mean in _LIKED.items()}

    def _score(self, mean: float) -> int:
        return max(0, min(10, round(self.random.gauss(mean, _SPREAD))))


def _person(number: int, council: Entity) -> Person:
    given = _GIVEN_NAMES[number % len(_GIVEN_NAMES)]
    family = _FAMILY_NAMES[number // len(_GIVEN_NAMES) % len(_FAMILY_NAMES)]
    return {
        "name": f"{given} {family}",
        "email": f"persona{number + 1}@ajuntament{council.code}.example",
        "entity": council.code,
        "role": _ROLES[number % len(_ROLES)],
        "language": _LANGUAGES[number % len(_LANGUAGES)],
        "consent": True,
    }
