"""Local entities."""

from typing import Self

from pydantic import BaseModel

from services.registration.entities.domain import Entity, EntityKind


class EntityOut(BaseModel):
    """A local entity."""

    code: str
    name: str
    kind: EntityKind
    comarca: str
    province: str
    population: int | None

    @classmethod
    def of(cls, entity: Entity) -> Self:
        return cls(**entity.model_dump(include=set(cls.model_fields)))


class EntitiesImported(BaseModel):
    """How many entities an import stored."""

    imported: int
