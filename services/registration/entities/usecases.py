"""Importing entities, on top of the shipped directory."""

import asyncio
from collections.abc import Sequence

from services.registration.entities.domain import EntityUnknownProblem
from services.registration.entities.store import EntityStore
from shared.entities.domain import Entity
from shared.entities.live import LiveDirectory
from shared.security.actions import Action
from shared.security.audit import Audit
from shared.staff import Role
from shared.storage.records import Author

_AT_A_TIME = 100


class Entities(LiveDirectory):
    def __init__(self, stored: EntityStore, audit: Audit) -> None:
        super().__init__(stored.each)
        self._stored = stored
        self._audit = audit
        self.import_entities = Action("entities.imported", Role.EDITOR, self._import)

    async def find(self, code: str) -> Entity | None:
        return await super().find(code) or await self._stored.get(code)

    async def get(self, code: str) -> Entity:
        """Raises EntityUnknownProblem."""
        if entity := await self.find(code):
            return entity
        raise EntityUnknownProblem

    async def _import(self, by: Author, entities: Sequence[Entity]) -> int:
        """Store entities, replacing those with the same code. Returns their number.

        The record has its own write: no single document can carry it.
        """
        await self._audit.record(by.member, by.act, "directory", {"entities": len(entities)})
        for start in range(0, len(entities), _AT_A_TIME):
            await asyncio.gather(*(self._stored.put(entity) for entity in entities[start : start + _AT_A_TIME]))
        await self.reload()
        return len(entities)

    async def announce_older(self) -> bool:
        """Announce the entities that were imported before others were told. A step of a loop."""
        await self._stored.announce_older()
        return False
