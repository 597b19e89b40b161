"""The proposals as a table for everybody: what their pages show, without people and without their councils."""

from collections.abc import Sequence

from fastapi import Request, Response

from services.proposals.domain.proposals import Proposal
from services.proposals.usecases import UseCases
from shared.events.vocabulary import ProposalState
from shared.storage.contract import Scalar
from shared.text.spreadsheets import csv_table
from shared.web.open_data import CSV, answer
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Pages

_COLUMNS = (
    *("id", "programme", "kind", "title", "state", "supports", "proposed_on", "changed_on"),
    *("session", "answer", "merged_into"),
)
"""Names for programs, the same in every language."""


def open_data_routes(use_cases: UseCases, pages: Pages) -> PageRouter:
    router = page_router(pages)

    @router.get("/open-data/proposals.csv")
    async def proposals(request: Request) -> Response:
        found = [proposal async for proposal in use_cases.proposals.store.all_proposals(tuple(ProposalState))]
        shown = await use_cases.proposals.as_anybody_sees(found)
        return answer(request, csv_table(_COLUMNS, map(_row, shown)), CSV)

    return router


def _row(proposal: Proposal) -> Sequence[Scalar]:
    return [
        proposal.id,
        proposal.programme,
        proposal.kind,
        proposal.title,
        proposal.state,
        proposal.supports,
        proposal.created_at.date().isoformat(),
        proposal.changed_at.date().isoformat(),
        proposal.session_id,
        proposal.reason,
        proposal.merged_into,
    ]
