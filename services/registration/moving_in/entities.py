"""Which entity a cell means."""

import asyncio

from services.registration.entities.usecases import Entities
from shared.entities.domain import Entity
from shared.imports.plans import Fault
from shared.imports.references import several
from shared.problems import mark

NO_ENTITY = mark("No local entity of the directory is called that.")
_COMPARED = 20
_WIDTHS = (10, 6, 5)
"""Digits of the codes: spreadsheets drop a leading zero."""


async def entity_meant(entities: Entities, text: str) -> Entity | Fault:
    """By its code, also without the leading zero, or by its name; where several are called that: all of these."""
    await asyncio.sleep(0)  # a search takes milliseconds and a file has thousands of lines: others come in between
    codes = [text, *(text.zfill(width) for width in _WIDTHS)] if text.isdecimal() else [text]
    for code in codes:
        if entity := await entities.find(code):
            return entity
    if entity := await entities.named(text):
        return entity
    found = await entities.search(text, _COMPARED)
    if len(found) == 1:
        return found[0]
    candidates = [f"{entity.name} ({entity.code})" for entity in found]
    return several("entity", candidates) if candidates else Fault("entity", NO_ENTITY)
