"""Defining programmes."""

from collections.abc import Sequence
from typing import Any

from services.registration.domain.problems import ProgrammeExistsProblem, ProgrammeUnknownProblem
from services.registration.domain.programmes import Programme
from services.registration.store import RegistrationStore
from shared.storage.aggregates import NotFoundError
from shared.storage.contract import Scalar


class Programmes:
    """What the office does about programmes."""

    def __init__(self, store: RegistrationStore) -> None:
        self._store = store

    async def define(self, programme: Programme) -> Programme:
        """Create a programme.

        Raises:
            ProgrammeExistsProblem: its slug is taken.
        """
        if not await self._store.programmes.create(programme, programme.defined()):
            raise ProgrammeExistsProblem
        return programme

    async def change(self, slug: str, changes: dict[str, Any]) -> Programme:
        """Change settings; what stays the same is not told.

        Raises:
            ProgrammeUnknownProblem: there is none.
        """

        def decide(programme: Programme) -> tuple[Programme, list[Any]]:
            changed = programme.model_copy(update=changes)
            return changed, [] if changed == programme else [changed.defined()]

        try:
            return await self._store.programmes.change(slug, decide)
        except NotFoundError:
            raise ProgrammeUnknownProblem from None

    async def get(self, slug: str) -> Programme:
        """A programme.

        Raises:
            ProgrammeUnknownProblem: there is none.
        """
        if programme := await self._store.programmes.get(slug):
            return programme
        raise ProgrammeUnknownProblem

    async def page(self, *, limit: int, after: Sequence[Scalar] | None) -> list[Programme]:
        """The programmes by slug."""
        return await self._store.find_programmes(limit=limit, after=after)

    async def restate(self, slug: str) -> None:
        """Announce a programme again to who has missed it."""
        await self._store.programmes.restate(slug, lambda programme: [programme.defined()])
