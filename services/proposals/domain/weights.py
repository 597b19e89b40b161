"""How much a proposal weighs at the office: a sum of four counts, each times what the programme gives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.proposals.domain.proposals import Proposal
from shared.entities.domain import Entity
from shared.storage.aggregates import Aggregate

SMALL = 1000
"""A council of fewer inhabitants is small; one of unknown population is not."""
MONTH = timedelta(days=30)
MOST_MONTHS = 12


class Weights(Aggregate):
    """What a programme gives to each count; its slug is the `_id`."""

    supports: int = 3
    councils: int = 5
    small_councils: int = 2
    months: int = 1

    @property
    def in_words(self) -> str:
        return f"{self.supports}, {self.councils}, {self.small_councils}, {self.months}"


@dataclass(frozen=True, slots=True)
class Weight:
    """`terms` are pairs of a factor and a count: supports, councils after the first, small councils, months open."""

    terms: tuple[tuple[int, int], ...]

    @property
    def total(self) -> int:
        return sum(factor * count for factor, count in self.terms)


def weigh(proposal: Proposal, councils: Sequence[Entity], weights: Weights, now: datetime) -> Weight:
    """`councils` are the proposal's, as far as the directory lists them."""
    until = now if proposal.is_open else proposal.changed_at
    small = sum(council.population is not None and council.population < SMALL for council in councils)
    return Weight(
        (
            (weights.supports, proposal.supports),
            (weights.councils, max(len(proposal.councils) - 1, 0)),
            (weights.small_councils, small),
            (weights.months, min((until - proposal.created_at) // MONTH, MOST_MONTHS)),
        )
    )
