"""The catalogue, and noting what entities did with its resources."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from services.registration.eligibility.domain import Facts
from services.registration.entities.usecases import Entities
from services.registration.resources.domain import (
    Assistance,
    Resource,
    ResourceExistsProblem,
    ResourceUnknownProblem,
    assistance_id,
)
from services.registration.resources.store import AssistanceStore, ResourceStore
from shared.entities.domain import Entity
from shared.security.actions import Action
from shared.staff import Role
from shared.storage.aggregates import NotFoundError
from shared.storage.collection import Place, Slice
from shared.storage.records import Author, Recording, changed_fields
from shared.text.dates import OFFICE_ZONE


class Resources:
    def __init__(self, stored: ResourceStore, assistances: AssistanceStore, entities: Entities) -> None:
        self._stored = stored
        self._assistances = assistances
        self._entities = entities
        self.add = Action("resource.added", Role.EDITOR, self._add)
        self.change = Action("resource.changed", Role.EDITOR, self._change)
        self.note = Action("assistance.noted", Role.EDITOR, self._note)

    async def _add(self, by: Author, resource: Resource) -> Resource:
        """Raises ResourceExistsProblem, ImpossibleLimitsProblem."""
        if not await self._stored.create(resource.changed({}), record=by.record(resource.id)):
            raise ResourceExistsProblem
        return resource

    async def _change(self, by: Author, slug: str, changes: dict[str, Any]) -> Resource:
        """Raises ResourceUnknownProblem, ImpossibleLimitsProblem."""
        record: Recording[Resource] = by.record(slug, changed_fields(changes))
        try:
            return await self._stored.change(slug, lambda resource: (resource.changed(changes), []), record=record)
        except NotFoundError:
            raise ResourceUnknownProblem from None

    async def _note(
        self, by: Author, slug: str, code: str, reference: str, requested_on: date | None, finished_on: date | None
    ) -> Assistance:
        """Note what an entity did, in place of what was noted under the same reference.

        Raises ResourceUnknownProblem, EntityUnknownProblem.
        """
        resource, entity = await self.get(slug), await self._entities.get(code)
        known = await self.known([(slug, entity, reference)])
        days = {"requested_on": requested_on, "finished_on": finished_on}
        told = known.get((slug, entity.code, reference)) or new_assistance(slug, entity, reference)
        record: Recording[Assistance] = by.record(entity.code, {"resource": resource.id})
        return await self._assistances.put(told.model_copy(update={**days, "source": "api"}), record=record)

    async def known(self, asked: Iterable[tuple[str, Entity, str]]) -> dict[tuple[str, str, str], Assistance]:
        """What is noted under these resources, entities and references, by resource, present code and reference: an
        entity that got another code since keeps what it did under the former."""
        places = {
            assistance_id(slug, code, reference): (slug, entity.code, reference)
            for slug, entity, reference in asked
            for code in await self._entities.codes_of(entity)
        }
        found = await self._assistances.many(places)
        return {places[each]: found[each] for each in reversed(list(found))}

    async def store(self, item: dict[str, Any]) -> None:
        """Carry out a line of an import. Safe to repeat."""
        await self._assistances.put(Assistance.model_validate(item))

    async def get(self, slug: str) -> Resource:
        """Raises ResourceUnknownProblem."""
        if resource := await self._stored.get(slug):
            return resource
        raise ResourceUnknownProblem

    async def page(self, *, limit: int, after: Place | None) -> Slice[Resource]:
        return await self._stored.page(limit=limit, after=after)

    async def by_slug(self) -> dict[str, Resource]:
        """All, also retired ones: there are few."""
        return {resource.id: resource async for resource in self._stored.each()}

    async def counts(self) -> dict[str, tuple[int, int]]:
        """By slug: how many assistances, and how many of them are finished."""
        return await self._assistances.counts(await self.by_slug())

    async def of_entity(self, entity: Entity) -> list[Assistance]:
        return await self._assistances.of_entity(await self._entities.codes_of(entity))

    async def facts_of(
        self, entity: Entity, *, accepted: int = 0, is_member: bool = False, time_zone: str = OFFICE_ZONE
    ) -> Facts:
        """What a rule asks of an entity."""
        names = {slug: resource.name for slug, resource in (await self.by_slug()).items()}
        return Facts(await self.of_entity(entity), accepted, is_member, names, time_zone)


def new_assistance(resource: str, entity: Entity, reference: str) -> Assistance:
    made = assistance_id(resource, entity.code, reference)
    return Assistance(id=made, resource=resource, entity=entity.code, reference=reference)
