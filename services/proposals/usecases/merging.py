"""Merging a proposal into another: one write in the merge book decides, then each step is carried out."""

from dataclasses import dataclass
from functools import partial

from services.proposals.domain import merges as rules
from services.proposals.domain.merges import MergeBook
from services.proposals.domain.problems import (
    MergeTargetDeclinedProblem,
    OtherProgrammeProblem,
    OtherProposalUnknownProblem,
)
from services.proposals.domain.proposals import Proposal, become_part_of, check_step, take_in
from services.proposals.store import ProposalStore
from services.proposals.usecases.followers import Followers
from shared.clock import Clock
from shared.events.vocabulary import ProposalState
from shared.storage.records import Author, Recording


@dataclass
class Merging:
    store: ProposalStore
    followers: Followers
    clock: Clock

    async def merge(self, by: Author, source_id: str, target_id: str) -> Proposal:
        """Merge a proposal into the target, or into what that was merged into. The merge book's write has the record.

        Raises:
            ProposalUnknownProblem, OtherProposalUnknownProblem, OtherProgrammeProblem, WrongStepProblem,
            MergeCycleProblem, MergeTargetDeclinedProblem
        """
        await self.check(source_id, target_id)
        source = await self.store.proposal(source_id)
        await self.store.merges.create(MergeBook(id=source.programme))
        enter = partial(rules.enter, source_id=source_id, target_id=target_id)
        record: Recording[MergeBook] = by.record(source_id, {"into": target_id})
        await self.carry_out(await self.store.merges.change(source.programme, enter, record=record))
        return await self.store.proposal(source_id)

    async def check(self, source_id: str, target_id: str) -> None:
        """Raise what `merge` would raise, without a change. A merge decided before is possible."""
        source = await self.store.proposal(source_id)
        target = await self._target(source, target_id)
        book = await self.store.merges.get(source.programme) or MergeBook(id=source.programme)
        if not (source_id in book.into and book.end_of(source_id) == target.id):
            check_step(source, ProposalState.MERGED)
        if target.state is ProposalState.DECLINED:
            raise MergeTargetDeclinedProblem
        rules.enter(book, source_id, target_id)

    async def carry_out(self, book: MergeBook) -> None:
        """Complete the merges that a book has begun."""
        for source_id in book.begun:
            target_id = book.into[source_id]
            target = await self.store.proposal(target_id)
            merged = partial(become_part_of, target=target, now=self.clock())
            source = await self.store.proposals.change(source_id, merged)
            await self.store.proposals.change(target_id, partial(take_in, source=source))
            async for follower in self.store.followers_of(source_id):
                if follower.follows:
                    await self.followers.settle(follower.id)
            await self.store.merges.change(book.id, partial(rules.complete, source_id=source_id))

    async def _target(self, source: Proposal, target_id: str) -> Proposal:
        target = await self.store.proposals.get(target_id)
        if target is None:
            raise OtherProposalUnknownProblem("/into")
        if target.programme != source.programme:
            raise OtherProgrammeProblem("/into")
        return await self.store.proposal(await self.followers.end_of(target))
