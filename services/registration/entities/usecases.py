"""The directory: the shipped entities, and the imported ones on top."""

import asyncio
import functools
from collections.abc import Sequence

from services.registration.entities.csv_files import shipped_entities
from services.registration.entities.domain import Directory, Entity
from services.registration.entities.store import EntityStore
from shared.security.actions import Action
from shared.security.audit import Audit
from shared.staff import Role
from shared.storage.collection import Slice
from shared.storage.records import Author

_AT_A_TIME = 100


@functools.cache
def shipped_directory() -> Directory:
    """Indexed once: it never changes, and takes 50 ms."""
    return Directory(shipped_entities().values())


class Entities:
    """The directory in memory, reloaded at intervals because other replicas import too."""

    def __init__(self, stored: EntityStore, audit: Audit) -> None:
        self._stored = stored
        self._audit = audit
        self.import_entities = Action("entities.imported", Role.EDITOR, self._import)
        self._directory = shipped_directory()
        self._imported: list[Entity] = []
        self._is_loaded = False

    async def find(self, code: str) -> Entity | None:
        directory = await self._loaded()
        return directory.get(code) or await self._stored.get(code)

    async def everybody(self) -> list[Entity]:
        return list(await self._loaded())

    async def search(self, query: str, limit: int) -> list[Entity]:
        return (await self._loaded()).search(query, limit)

    async def page(self, query: str, *, limit: int, after: str | None) -> Slice[Entity]:
        """The entities after the one with the code `after`: best match first; without words, all by code."""
        directory = await self._loaded()
        found = directory.search(query, len(directory)) if query.strip() else directory.by_code()
        codes = [entity.code for entity in found]
        start = 0 if after is None else codes.index(after) + 1 if after in codes else len(codes)
        return Slice(found[start : start + limit], [codes[start + limit - 1]] if len(found) > start + limit else None)

    async def named(self, query: str) -> Entity | None:
        return (await self._loaded()).named(query)

    async def _import(self, by: Author, entities: Sequence[Entity]) -> int:
        """Store entities, replacing those with the same code. Returns their number.

        The record has its own write: no single document can carry it.
        """
        await self._audit.record(by.member, by.act, "directory", {"entities": len(entities)})
        for start in range(0, len(entities), _AT_A_TIME):
            await asyncio.gather(*(self._stored.put(entity) for entity in entities[start : start + _AT_A_TIME]))
        await self.reload()
        return len(entities)

    async def reload(self) -> bool:
        """A step of a loop."""
        imported = [entity async for entity in self._stored.each()]
        if imported != self._imported:
            self._directory = Directory([*shipped_entities().values(), *imported])
            self._imported = imported
        self._is_loaded = True
        return False

    async def _loaded(self) -> Directory:
        if not self._is_loaded:
            await self.reload()
        return self._directory
