"""The imported entities as they are stored."""

from collections.abc import Sequence
from typing import Self

from shared.clock import Clock
from shared.entities.domain import Entity
from shared.events.registration import EntityListed
from shared.storage.aggregates import PENDING, Aggregate, Aggregates
from shared.storage.contract import Index, Store

ENTITIES = "entities"
COLLECTIONS: dict[str, list[Index]] = {ENTITIES: [PENDING]}


class ImportedEntity(Aggregate, Entity):
    """The code is the id and also a field."""

    @classmethod
    def of(cls, entity: Entity) -> Self:
        return cls(id=entity.code, **entity.model_dump(include=set(Entity.model_fields)))

    def listed(self) -> EntityListed:
        return EntityListed(version=self.announced, **self.model_dump(include=set(Entity.model_fields)))


class EntityStore(Aggregates[ImportedEntity]):
    """Imported on top of the shipped directory."""

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, ENTITIES, ImportedEntity, clock=clock)

    async def put(self, entity: Entity) -> None:
        new = ImportedEntity.of(entity)
        if await self.create(new, new.listed()):
            return
        fields = entity.model_dump(include=set(Entity.model_fields))

        def replace(present: ImportedEntity) -> tuple[ImportedEntity, Sequence[EntityListed]]:
            replaced = present.model_copy(update=fields)
            return replaced, [] if replaced == present and present.announced else [replaced.listed()]

        await self.change(entity.code, replace)

    async def announce_older(self) -> None:
        """Announce those that were imported before others were told."""
        async for entity in self.each({"announced": None}):
            await self.put(entity)

    async def republish_one(self, code: str) -> None:
        await self.republish(code, lambda entity: [entity.listed()])
