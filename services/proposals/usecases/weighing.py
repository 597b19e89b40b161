"""Weighing proposals, and what each programme gives to what counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.proposals.domain.problems import ProgrammeUnknownProblem
from services.proposals.domain.proposals import Proposal
from services.proposals.domain.weights import Weight, Weights, weigh
from services.proposals.store import ProposalStore
from shared.clock import Clock
from shared.entities.live import LiveDirectory
from shared.events.base import Event
from shared.security.actions import Action
from shared.staff import Role
from shared.storage.records import Author, Recording

WEIGHTS_SET = "proposal.weights-set"


@dataclass(eq=False)
class Weighing:
    store: ProposalStore
    entities: LiveDirectory
    clock: Clock

    def __post_init__(self) -> None:
        self.set = Action(WEIGHTS_SET, Role.ADMIN, self._set)

    async def of(self, programme: str) -> Weights:
        return await self.store.weights.get(programme) or Weights(id=programme)

    async def weigh(self, proposals: Sequence[Proposal]) -> dict[str, Weight]:
        """The weight of each, by id."""
        slugs = {proposal.programme for proposal in proposals}
        weights = {slug: await self.of(slug) for slug in slugs}
        now = self.clock()
        return {
            each.id: weigh(each, await self.entities.many(each.councils), weights[each.programme], now)
            for each in proposals
        }

    async def _set(self, by: Author, programme: str, counts: dict[str, int]) -> Weights:
        """Only the order of the list depends on them: nobody is told.

        Raises:
            ProgrammeUnknownProblem: no such programme is known.
        """
        if await self.store.programmes.get(programme) is None:
            raise ProgrammeUnknownProblem("/programme")
        await self.store.weights.create(Weights(id=programme))
        record: Recording[Weights] = by.record(programme, lambda _, after: {"weights": after.in_words})

        def given(present: Weights) -> tuple[Weights, list[Event]]:
            return present.model_copy(update=counts), []

        return await self.store.weights.change(programme, given, record=record)
