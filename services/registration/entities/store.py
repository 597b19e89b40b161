"""The imported entities as they are stored."""

from services.registration.entities.domain import Entity
from shared.storage.collection import Documents
from shared.storage.contract import Document, Index, Store

ENTITIES = "entities"
COLLECTIONS: dict[str, list[Index]] = {ENTITIES: []}


class EntityStore(Documents[Entity]):
    """Imported on top of the shipped directory. The code is the id and also a field."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, ENTITIES, Entity.model_validate)

    async def put(self, entity: Entity) -> None:
        fields: Document = entity.model_dump(mode="json")
        if not await self._store.insert(ENTITIES, {"_id": entity.code, **fields}):
            await self._store.update(ENTITIES, entity.code, assign=fields)
