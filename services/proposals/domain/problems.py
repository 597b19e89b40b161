"""The expected errors of this service."""

from collections.abc import Iterable

from shared.events.vocabulary import ProposalState
from shared.problems import FieldProblem, Problem, mark


class ProposalUnknownProblem(Problem):
    status = 404
    code = "proposal-unknown"
    title = mark("There is no such proposal.")


class ProgrammeUnknownProblem(FieldProblem):
    code = "programme-unknown"
    title = mark("There is no such programme.")


class EntityUnknownProblem(FieldProblem):
    code = "entity-unknown"
    title = mark("There is no such entity in the directory.")


class SessionUnknownProblem(FieldProblem):
    code = "session-unknown"
    title = mark("There is no such session.")


class SessionOverProblem(FieldProblem):
    code = "session-over"
    title = mark("This session has ended or was cancelled.")


class SessionOfOthersProblem(FieldProblem):
    code = "session-of-others"
    title = mark("This session is not for everybody: it treats the proposals of its own programme only.")


class OtherProposalUnknownProblem(FieldProblem):
    code = "other-proposal-unknown"
    title = mark("There is no such proposal.")


class OtherProgrammeProblem(FieldProblem):
    code = "other-programme"
    title = mark("Both proposals must be of the same programme.")


class MergeCycleProblem(Problem):
    status = 409
    code = "merge-cycle"
    title = mark("A proposal cannot become part of itself.")


class MergeTargetDeclinedProblem(Problem):
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
    status = 409
    code = "support-closed"
    title = mark("This proposal was answered or declined: it takes no more supports.")


class ErasedProblem(Problem):
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
    status = 409
    code = "wrong-step"

    def __init__(self, state: ProposalState, possible: Iterable[ProposalState]) -> None:
        self.title = POSSIBLE_STEPS[state]
        super().__init__(state=state.value, possible=", ".join(possible))
