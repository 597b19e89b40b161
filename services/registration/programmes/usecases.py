"""Defining programmes."""

from typing import Any, Protocol

from services.registration.programmes.domain import (
    PhaseInUseProblem,
    Programme,
    ProgrammeExistsProblem,
    ProgrammeUnknownProblem,
    promised,
)
from services.registration.programmes.store import ProgrammeStore
from shared.clock import Clock
from shared.events.vocabulary import Language, in_language
from shared.security.actions import Action
from shared.staff import Role
from shared.storage.aggregates import NotFoundError
from shared.storage.collection import Place, Slice
from shared.storage.records import Author, changed_fields


class Progress(Protocol):
    async def phases_in_use(self, programme: str, /) -> set[str]:
        """Keys of the phases that an entity is in."""


class Programmes:
    def __init__(self, stored: ProgrammeStore, progress: Progress, clock: Clock) -> None:
        self._stored = stored
        self._progress = progress
        self._clock = clock
        self.define = Action("programme.defined", Role.EDITOR, self._define)
        self.change = Action("programme.changed", Role.EDITOR, self._change)

    async def _define(self, by: Author, programme: Programme) -> Programme:
        """Raises ProgrammeExistsProblem."""
        programme = promised(programme, None, self._clock())
        if not await self._stored.create(programme, programme.defined(), record=by.record(programme.id)):
            raise ProgrammeExistsProblem
        return programme

    async def _change(self, by: Author, slug: str, changes: dict[str, Any]) -> Programme:
        """Without a difference no event is emitted.

        Raises:
            ProgrammeUnknownProblem: there is no such programme.
            PhaseInUseProblem: an entity is in a phase that would go.
        """
        if "phases" in changes:
            await self._require_unused(slug, {phase.key for phase in changes["phases"]})

        now = self._clock()

        def decide(programme: Programme) -> tuple[Programme, list[Any]]:
            changed = promised(programme.model_copy(update=changes), programme, now)
            return changed, [] if changed == programme else [changed.defined()]

        try:
            return await self._stored.change(slug, decide, record=by.record(slug, changed_fields(changes)))
        except NotFoundError:
            raise ProgrammeUnknownProblem from None

    async def _require_unused(self, slug: str, kept: set[str]) -> None:
        gone = [phase for phase in (await self.get(slug)).phases if phase.key not in kept]
        in_use = await self._progress.phases_in_use(slug) if gone else set()
        if names := [in_language(phase.text, Language.CA) for phase in gone if phase.key in in_use]:
            raise PhaseInUseProblem(phases=", ".join(names))

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

    async def bodies(self) -> dict[str, str]:
        """Names of the bodies of all programmes, by key."""
        return {body.key: body.name for programme in (await self.by_slug()).values() for body in programme.bodies}

    async def republish(self, slug: str) -> None:
        await self._stored.republish(slug, lambda programme: [programme.defined()])
