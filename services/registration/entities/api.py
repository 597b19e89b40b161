"""The JSON API of entities."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from services.registration.entities.usecases import Entities
from shared.entities.csv_files import EntityFileError, decode_entities
from shared.entities.domain import MAX_QUERY, Entity
from shared.events.vocabulary import EntityKind
from shared.staff import StaffMember
from shared.web.openapi import ApiRouter
from shared.web.paging import CursorParameter, Limit, Page, decode_cursor, page_of
from shared.web.problems import located_error
from shared.web.staff_cookie import bearer_member

MAX_ROW_ERRORS = 100


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


def entity_routes(entities: Entities, staff_token: str) -> APIRouter:
    router = ApiRouter("/api/v1/entities", tag="entities")
    staff = Depends(bearer_member(staff_token))

    @router.get(
        "",
        summary="Search the directory, or read it whole",
        description="Accents, case, articles and punctuation do not matter; the best match comes first. Without words: "
        "all entities by code.",
    )
    async def search(
        q: Annotated[str, Query(max_length=MAX_QUERY)] = "", limit: Limit = 20, cursor: CursorParameter = None
    ) -> Page[EntityOut]:
        place = decode_cursor(cursor, 1)
        found = await entities.page(q, limit=limit, after=str(place[0]) if place else None)
        return page_of(found, EntityOut.of)

    @router.post(
        "/import",
        summary="Import entities from CSV",
        description="All rows or none; those with a known code replace it.",
        openapi_extra={"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}},
    )
    async def import_entities(request: Request, member: StaffMember = staff) -> EntitiesImported:
        try:
            rows = decode_entities(await request.body())
        except EntityFileError as error:
            # The first wrong lines, as pointers `/<line>/<column>`.
            raise RequestValidationError(
                [
                    {**located_error(("body", item.line, item.field), item.message), "type": item.kind}
                    for item in error.errors[:MAX_ROW_ERRORS]
                ]
            ) from None
        return EntitiesImported(imported=await entities.import_entities(member, rows))

    return router
