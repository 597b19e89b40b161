"""What may go wrong with a proposal, in words for the person who asked."""

from collections.abc import Iterable

from shared.events.vocabulary import ProposalState
from shared.problems import FieldProblem, Problem, mark


class ProposalUnknownProblem(Problem):
    """There is no such proposal."""

    status = 404
    code = "proposal-unknown"
    title = mark("There is no such proposal.")


class ProgrammeUnknownProblem(FieldProblem):
    """A proposal for a programme that registration has not defined."""

    code = "programme-unknown"
    title = mark("There is no such programme.")


class SessionUnknownProblem(FieldProblem):
    """A session that registration has not scheduled."""

    code = "session-unknown"
    title = mark("There is no such session.")


class SessionOverProblem(FieldProblem):
    """A session that has ended or was cancelled treats no more proposals."""

    code = "session-over"
    title = mark("This session has ended or was cancelled.")


class OtherProposalUnknownProblem(FieldProblem):
    """A proposal named in the body of a request does not exist."""

    code = "other-proposal-unknown"
    title = mark("There is no such proposal.")


class OtherProgrammeProblem(FieldProblem):
    """Proposals of two programmes cannot become one."""

    code = "other-programme"
    title = mark("Both proposals must be of the same programme.")


class MergeCycleProblem(Problem):
    """A proposal would become part of itself, at once or by way of others."""

    status = 409
    code = "merge-cycle"
    title = mark("A proposal cannot become part of itself.")


class MergeTargetDeclinedProblem(Problem):
    """A declined proposal takes no others in."""

    status = 409
    code = "merge-target-declined"
    title = mark("The other proposal was declined: take it up for review first.")


class MergedProblem(Problem):
    """The proposal goes on as part of another one; the answer links to it."""

    status = 409
    code = "merged"
    title = mark("This proposal goes on as part of another one: support that one.")

    def __init__(self, target_id: str) -> None:
        super().__init__(merged_into=target_id, link=f"/api/v1/proposals/{target_id}")


class SupportClosedProblem(Problem):
    """A proposal that was answered or declined takes no more supports."""

    status = 409
    code = "support-closed"
    title = mark("This proposal was answered or declined: it takes no more supports.")


class ErasedProblem(Problem):
    """The link of somebody whose address was erased."""

    status = 410
    code = "erased"
    title = mark("Your data were erased. Nothing is left to be shown.")


POSSIBLE_STEPS = {
    ProposalState.RECEIVED: mark(
        "The proposal was received: it can be reviewed, scheduled, answered, declined or merged."
    ),
    ProposalState.UNDER_REVIEW: mark(
        "The proposal is under review: it can be scheduled, answered, declined or merged."
    ),
    ProposalState.SCHEDULED: mark(
        "The proposal is scheduled: it can be answered, declined, merged, reviewed again or moved to another session."
    ),
    ProposalState.ANSWERED_IN_SESSION: mark("The proposal was answered: nothing more can be done with it."),
    ProposalState.DECLINED: mark("The proposal was declined: it can only be reviewed again."),
    ProposalState.MERGED: mark("The proposal was merged into another one: nothing more can be done with it."),
}
"""What each state says when a step out of it is not possible."""


class WrongStepProblem(Problem):
    """The proposal's state does not allow that step; `possible` lists the states it may go to."""

    status = 409
    code = "wrong-step"

    def __init__(self, state: ProposalState, possible: Iterable[ProposalState]) -> None:
        self.title = POSSIBLE_STEPS[state]
        super().__init__(state=state.value, possible=", ".join(possible))
