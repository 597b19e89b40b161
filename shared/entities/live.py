"""The directory as a service reads it: the shipped entities, and the imported ones on top."""

import functools
from collections.abc import AsyncIterator, Callable, Iterable

from shared.entities.csv_files import shipped_entities
from shared.entities.domain import Directory, Entity
from shared.storage.collection import Slice


@functools.cache
def shipped_directory() -> Directory:
    """Indexed once: it never changes, and takes 50 ms."""
    return Directory(shipped_entities().values())


class LiveDirectory:
    """The directory in memory, reloaded at intervals because other replicas and services import too."""

    def __init__(self, imported: Callable[[], AsyncIterator[Entity]]) -> None:
        self._read_imported = imported
        self._directory = shipped_directory()
        self._imported: list[Entity] = []
        self._is_loaded = False

    async def find(self, code: str) -> Entity | None:
        return (await self._loaded()).get(code)

    async def many(self, codes: Iterable[str]) -> list[Entity]:
        """Those of the codes that the directory lists."""
        directory = await self._loaded()
        return [entity for code in codes if (entity := directory.get(code))]

    async def codes_of(self, entity: Entity) -> list[str]:
        return (await self._loaded()).codes_of(entity)

    async def everybody(self) -> list[Entity]:
        return list(await self._loaded())

    async def provinces(self) -> set[str]:
        return {entity.province for entity in await self._loaded() if entity.province}

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

    async def reload(self) -> bool:
        """A step of a loop."""
        imported = [entity async for entity in self._read_imported()]
        if imported != self._imported:
            self._directory = Directory([*shipped_entities().values(), *imported])
            self._imported = imported
        self._is_loaded = True
        return False

    async def _loaded(self) -> Directory:
        if not self._is_loaded:
            await self.reload()
        return self._directory
