"""The two reference programmes and the people of the demonstration."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

_GIVEN_NAMES = ("Núria", "Jordi", "Montserrat", "Pere", "Laia", "Arnau", "Mercè", "Oriol", "Anna", "Ramon")
_FAMILY_NAMES = ("Puig", "Serra", "Vila", "Soler", "Roca", "Ferrer")
_ROLES = ("Secretària", "Tècnic de transparència", "Interventora", "Auxiliar administratiu", "Alcaldessa")
_LANGUAGES = ("ca", "ca", "ca", "ca", "es", "en")


@cache
def reference() -> dict[str, Any]:
    """Programmes, sessions and survey of `reference.json`, which names their source."""
    content = files("deploy.demo").joinpath("reference.json").read_text()
    loaded: dict[str, Any] = json.loads(content)
    return loaded


def person(number: int, entity: str) -> dict[str, Any]:
    """The registration of an invented person, as the API takes it; the same for the same number."""
    given = _GIVEN_NAMES[number % len(_GIVEN_NAMES)]
    family = _FAMILY_NAMES[number // len(_GIVEN_NAMES) % len(_FAMILY_NAMES)]
    return {
        "name": f"{given} {family}",
        "email": f"persona{number + 1}@ajuntament{entity}.example",
        "entity": entity,
        "role": _ROLES[number % len(_ROLES)],
        "language": _LANGUAGES[number % len(_LANGUAGES)],
        "consent": True,
    }


def answers(number: int) -> dict[str, int]:
    """That person's scores of the session, from 0 to 10."""
    return {
        "content": 7 + number % 4,
        "duration": 5 + number % 6,
        "understood": 6 + number % 5,
        "applicable": 4 + number % 7,
    }
