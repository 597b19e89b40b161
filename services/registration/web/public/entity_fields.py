"""Choosing one's entity from the directory in a form: by the script's list, or by radios where there is no script."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.registration.domain.entities import Entity, telling_words, words_of
from services.registration.usecases.entities import Entities
from shared.problems import mark

SCRIPT = (Path(__file__).parents[1] / "assets" / "entity.js").read_text(encoding="utf-8")
ENTITY_NEEDED = mark("Write the name of your local entity.")
ENTITY_UNKNOWN = mark("No local entity of the directory is called like that. Write a part of its name.")
ENTITY_AMBIGUOUS = mark("Choose your local entity from the list.")
_SHOWN = 15
_COMPARED = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """What came of the two fields `entity` (words) and `entity_code` (the chosen one)."""

    entity: Entity | None = None
    matches: list[Entity] = field(default_factory=list)
    """What the words may mean, to choose from."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """English message ids by field name."""


async def choose(entities: Entities, words: str, code: str) -> Choice:
    """The entity that was chosen or named; a choice that does not fit the words any more is none."""
    if not words and not code:
        return Choice(errors={"entity": ENTITY_NEEDED})
    chosen = await entities.find(code) if code else None
    if chosen and not words:
        return Choice(chosen)
    matches = await entities.search(words, _COMPARED)
    if chosen and (chosen in matches or words == chosen.name):
        return Choice(chosen)
    if named := _named(matches, words):
        return Choice(named)
    if not matches:
        return Choice(errors={"entity": ENTITY_UNKNOWN})
    return Choice(matches=matches[:_SHOWN], errors={"entity_code": ENTITY_AMBIGUOUS})


def _named(matches: list[Entity], words: str) -> Entity | None:
    """The only entity that is called just so: by its full name, its code, or its own name."""
    asked = telling_words(words_of(words))
    for names in (_full_names, _own_names):
        exact = [entity for entity in matches if asked in names(entity)]
        if exact:
            return exact[0] if len(exact) == 1 else None
    return None


def _full_names(entity: Entity) -> list[list[str]]:
    texts = (entity.name, entity.code, entity.idescat_code, entity.ine_code)
    return [telling_words(words_of(text)) for text in texts if text]


def _own_names(entity: Entity) -> list[list[str]]:
    return [telling_words(words_of(entity.short_name))]
