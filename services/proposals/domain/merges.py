"""A programme's merge book. It is one document, so that one compare-and-set keeps merges free of cycles."""

from collections.abc import Sequence

from pydantic import Field

from services.proposals.domain.problems import MergeCycleProblem, WrongStepProblem
from shared.events.base import Event
from shared.events.vocabulary import ProposalState
from shared.storage.aggregates import Aggregate


class MergeBook(Aggregate):
    """The merges of a programme, whose slug is the `_id`."""

    into: dict[str, str] = Field(default_factory=dict)
    """Target by source, as decided."""
    begun: tuple[str, ...] = ()
    """Sources whose followers have not all moved yet."""
    unsettled: int = 0
    """1 while `begun` is not empty."""

    def end_of(self, proposal_id: str) -> str:
        """The last target of a chain of merges; the proposal itself if it was not merged."""
        while (target := self.into.get(proposal_id)) is not None:
            proposal_id = target
        return proposal_id

    def parts_of(self, proposal_id: str) -> list[str]:
        """The proposals merged into this one, directly or by way of others."""
        return [source for source in self.into if self.end_of(source) == proposal_id]


Decision = tuple[MergeBook, Sequence[Event]]
"""The changed book; the events are the proposals' own."""


def enter(book: MergeBook, source_id: str, target_id: str) -> Decision:
    """Decide a merge into the last of the target's own targets. A repeat changes nothing.

    Raises:
        MergeCycleProblem: the source would become part of itself.
        WrongStepProblem: it was merged into another one before.
    """
    end = book.end_of(target_id)
    if source_id in book.into and book.end_of(source_id) == end:
        return book, []
    if source_id in book.into:
        raise WrongStepProblem(ProposalState.MERGED, ())
    if end == source_id:
        raise MergeCycleProblem
    into = {**book.into, source_id: end}
    return book.model_copy(update={"into": into, "begun": (*book.begun, source_id), "unsettled": 1}), []


def complete(book: MergeBook, source_id: str) -> Decision:
    """All followers of a merged proposal have moved."""
    begun = tuple(source for source in book.begun if source != source_id)
    return book.model_copy(update={"begun": begun, "unsettled": 1 if begun else 0}), []
