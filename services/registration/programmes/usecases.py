"""Defining programmes."""

from typing import Any

from services.registration.programmes.domain import Programme, ProgrammeExistsProblem, ProgrammeUnknownProblem
from services.registration.programmes.store import ProgrammeStore
from shared.security.actions import Action
from shared.staff import Role
from shared.storage.aggregates import NotFoundError
from shared.storage.collection import Place, Slice
from shared.storage.records import Author, changed_fields


class Programmes:
    def __init__(self, stored: ProgrammeStore) -> None:
        self._stored = stored
        self.define = Action("programme.defined", Role.EDITOR, self._define)
        self.change = Action("programme.changed", Role.EDITOR, self._change)

    async def _define(self, by: Author, programme: Programme) -> Programme:
        """Raises ProgrammeExistsProblem."""
        if not await self._stored.create(programme, programme.defined(), record=by.record(programme.id)):
            raise ProgrammeExistsProblem
        return programme

    async def _change(self, by: Author, slug: str, changes: dict[str, Any]) -> Programme:
        """Without a difference no event is emitted.

        Raises ProgrammeUnknownProblem.
        """

        def decide(programme: Programme) -> tuple[Programme, list[Any]]:
            changed = programme.model_copy(update=changes)
            return changed, [] if changed == programme else [changed.defined()]

        try:
            return await self._stored.change(slug, decide, record=by.record(slug, changed_fields(changes)))
        except NotFoundError:
            raise ProgrammeUnknownProblem from None

    async def get(self, slug: str) -> Programme:
        """Raises ProgrammeUnknownProblem."""
        if programme := await self._stored.get(slug):
            return programme
        raise ProgrammeUnknownProblem

    async def page(self, *, limit: int, after: Place | None) -> Slice[Programme]:
        return await self._stored.page(limit=limit, after=after)

    async def by_slug(self) -> dict[str, Programme]:
        """All programmes: there are few."""
        return {programme.id: programme async for programme in self._stored.each()}

    async def republish(self, slug: str) -> None:
        await self._stored.republish(slug, lambda programme: [programme.defined()])
