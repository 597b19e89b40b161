"""The imported entities as they are stored."""

from services.registration.entities.domain import Entity
from shared.storage.collection import Documents
from shared.storage.contract import Document, Index, Store

ENTITIES = "entities"
COLLECTIONS: dict[str, list[Index]] = {ENTITIES: []}


class EntityStore(Documents[Entity]):
    """What was imported on top of the directory that is shipped. The code is the id, and stands in the document too."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, ENTITIES, Entity.model_validate)

    async def put(self, entity: Entity) -> None:
        fields: Document = entity.model_dump(mode="json")
        if not await self._store.insert(ENTITIES, {"_id": entity.code, **fields}):
            await self._store.update(ENTITIES, entity.code, assign=fields)
