"""Exporting proposals to Decidim."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.proposals.domain import decidim as rules
from services.proposals.domain.decidim import EXPORTED_STATES, DecidimExports
from services.proposals.domain.proposals import Proposal
from services.proposals.store import ProposalStore
from shared.clock import Clock
from shared.events.base import Event
from shared.security.actions import Action
from shared.staff import Role
from shared.storage.records import Author, Recording

EXPORTED_TO_DECIDIM = "proposal.exported-to-decidim"


@dataclass(eq=False)
class Decidim:
    store: ProposalStore
    clock: Clock

    def __post_init__(self) -> None:
        self.export = Action(EXPORTED_TO_DECIDIM, Role.EDITOR, self._export)

    async def of(self, programme: str) -> DecidimExports:
        return await self.store.decidim_exports.get(programme) or DecidimExports(id=programme)

    async def exportable(self, programme: str) -> list[Proposal]:
        """The newest first."""
        every = self.store.all_proposals(EXPORTED_STATES)
        return [proposal async for proposal in every if proposal.programme == programme]

    async def _export(self, by: Author, programme: str, *, again: bool) -> list[Proposal]:
        """The proposals that no file had yet, or all `again`; remember them, unless there are none."""
        found = await self.exportable(programme)
        given = found if again else rules.left(found, await self.of(programme))
        if not given:
            return []
        await self.store.decidim_exports.create(DecidimExports(id=programme))
        record: Recording[DecidimExports] = by.record(programme, {"proposals": len(given)})
        ids, now = [proposal.id for proposal in given], self.clock()

        def remember(exports: DecidimExports) -> tuple[DecidimExports, Sequence[Event]]:
            every = tuple(dict.fromkeys([*exports.proposals, *ids]))
            return exports.model_copy(update={"proposals": every, "at": now}), []

        await self.store.decidim_exports.change(programme, remember, record=record)
        return given
