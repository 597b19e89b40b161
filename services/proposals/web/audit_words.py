"""The words of the office's acts on proposals."""

from collections.abc import Collection

from services.proposals.usecases import UseCases, decidim, following, steps, weighing
from shared.events.vocabulary import Language, in_language
from shared.problems import mark
from shared.web.audit_pages import ERASED_PERSON, EXPORTED_PERSON, Act, Detail, Record, Shape, audit_routes
from shared.web.page_routes import PageRouter
from shared.web.pages import Pages

PATH = "/office/audit/proposals"
_PROPOSAL = "/office/proposals/{}"
ACTS = {
    steps.REVIEWED: Act(mark("Took a proposal up for review"), _PROPOSAL),
    steps.SCHEDULED: Act(mark("Scheduled a proposal for a session"), _PROPOSAL),
    steps.ANSWERED: Act(mark("Answered a proposal"), _PROPOSAL),
    steps.DECLINED: Act(mark("Declined a proposal"), _PROPOSAL),
    steps.MERGED: Act(mark("Merged a proposal into another"), _PROPOSAL),
    weighing.WEIGHTS_SET: Act(mark("Set the weights of the proposals"), "/office/proposals/weights?programme={}"),
    decidim.EXPORTED_TO_DECIDIM: Act(
        mark("Exported proposals to a file for Decidim"), "/office/proposals/decidim?programme={}"
    ),
    following.EXPORTED: Act(EXPORTED_PERSON),
    following.ERASED: Act(ERASED_PERSON),
}
DETAILS = {
    "proposals": Detail(mark("Proposals")),
    "weights": Detail(mark("For supports, councils, small councils and months")),
    "session": Detail(mark("Session"), Shape.ID),
    "into": Detail(mark("Goes on as"), Shape.ID),
    "reason": Detail(mark("In these words")),
}


def routes(use_cases: UseCases, pages: Pages) -> PageRouter:
    async def names(language: Language, ids: Collection[str]) -> dict[str, str]:
        proposals = await use_cases.store.proposals.many(ids)
        sessions = await use_cases.store.sessions.many(ids)
        programmes = await use_cases.store.programmes.many(ids)
        return (
            {proposal_id: proposal.title for proposal_id, proposal in proposals.items()}
            | {session_id: in_language(session.title, language) for session_id, session in sessions.items()}
            | {slug: in_language(programme.name, language) for slug, programme in programmes.items()}
        )

    return audit_routes(pages, PATH, Record(use_cases.audit, ACTS, DETAILS, names))
