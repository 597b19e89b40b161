"""Proposals as Decidim imports them, and the memory of what it was given."""

from collections.abc import Iterable, Sequence

from services.proposals.domain.proposals import OPEN_STATES, Proposal
from shared.clock import StoredInstant
from shared.events.vocabulary import Language, ProposalState
from shared.storage.aggregates import Aggregate

EXPORTED_STATES = (*sorted(OPEN_STATES), ProposalState.ANSWERED_IN_SESSION)
"""Neither declined ones nor merged ones, which go on as part of another."""


class DecidimExports(Aggregate):
    """What a programme has exported; its slug is the `_id`. Decidim drops ids: what is imported twice is doubled."""

    proposals: tuple[str, ...] = ()
    at: StoredInstant | None = None
    """When the last file was made."""


def rows(proposals: Iterable[Proposal]) -> list[dict[str, str]]:
    """Flat objects with the same keys in the same order, since Decidim takes the first one's for all.

    It requires title and body in its default locale, which we do not know: every locale has the words that there are.
    Never an author, nor an entity.
    """
    return [_row(proposal) for proposal in proposals]


def _row(proposal: Proposal) -> dict[str, str]:
    texts = {"title": proposal.title, "body": proposal.body or proposal.title}
    return {f"{field}/{language}": text for field, text in texts.items() for language in Language}


def left(proposals: Sequence[Proposal], exports: DecidimExports) -> list[Proposal]:
    """Those that no file had yet."""
    return [proposal for proposal in proposals if proposal.id not in exports.proposals]
