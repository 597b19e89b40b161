"""Choosing an entity in a form: from the script's list, or from radio buttons without script."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shared.entities.domain import Entity
from shared.entities.live import LiveDirectory
from shared.problems import mark

SCRIPT = (Path(__file__).parent / "picker.js").read_text(encoding="utf-8")
ENTITY_NEEDED = mark("Write the name of your local entity.")
ENTITY_UNKNOWN = mark("No local entity of the directory is called like that. Write a part of its name.")
ENTITY_AMBIGUOUS = mark("Choose your local entity from the list.")
_SHOWN = 15
_COMPARED = 100


@dataclass(frozen=True, slots=True)
class EntityChoice:
    """The result of the fields `entity` (words) and `entity_code` (the choice)."""

    entity: Entity | None = None
    matches: list[Entity] = field(default_factory=list)
    has_more: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)
    """English message ids by field name."""


async def choose(entities: LiveDirectory, words: str, code: str, *, required: bool = True) -> EntityChoice:
    """A chosen code that does not fit the words is ignored."""
    if not words and not (code and required):
        return EntityChoice(errors={"entity": ENTITY_NEEDED} if required else {})
    chosen = await entities.find(code) if code else None
    if chosen and not words:
        return EntityChoice(chosen)
    matches = await entities.search(words, _COMPARED)
    if chosen and (chosen in matches or words == chosen.name):
        return EntityChoice(chosen)
    if named := await entities.named(words):
        return EntityChoice(named)
    if not matches:
        return EntityChoice(errors={"entity": ENTITY_UNKNOWN})
    return EntityChoice(None, matches[:_SHOWN], len(matches) > _SHOWN, {"entity_code": ENTITY_AMBIGUOUS})
