"""The figures of a report, each with its words: the same ones in the same order every year, so that years compare."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.registration.report.commitments import Verdict
from services.registration.report.domain import Report
from shared.events.vocabulary import PetitionState, ProposalState
from shared.problems import mark


class Shape(StrEnum):
    """How a figure is written."""

    WHOLE = "whole"
    SHARE = "share"
    """From 0 to 1."""
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Figure:
    part: str
    name: str
    value: float | None
    """None where there is nothing to tell it from."""
    shape: Shape = Shape.WHOLE


SESSIONS = mark("Sessions")
PEOPLE = mark("People and local entities")
COMMITMENTS = mark("Commitments")
PROPOSALS = mark("Proposals")
PETITIONS = mark("Petitions")

VERDICTS: Mapping[Verdict, str] = {
    Verdict.KEPT: mark("Sessions that keep the lowest mean promised"),
    Verdict.BROKEN: mark("Sessions with a mean below it"),
    Verdict.UNKNOWN: mark("Sessions of which it cannot be told"),
}
PROPOSAL_STATES: Mapping[ProposalState, str] = {
    ProposalState.RECEIVED: mark("Not studied yet"),
    ProposalState.UNDER_REVIEW: mark("Under review"),
    ProposalState.SCHEDULED: mark("Scheduled in a session"),
    ProposalState.ANSWERED_IN_SESSION: mark("Answered in a session"),
    ProposalState.DECLINED: mark("Declined with a reason"),
    ProposalState.MERGED: mark("Merged into another one"),
}
PETITION_STATES: Mapping[PetitionState, str] = {
    PetitionState.RECEIVED: mark("Petitions not studied yet"),
    PetitionState.UNDER_REVIEW: mark("Petitions under review"),
    PetitionState.RESERVE: mark("Petitions in reserve"),
    PetitionState.OFFERED: mark("Petitions with a place offered"),
    PetitionState.ACCEPTED: mark("Petitions accepted"),
    PetitionState.ANSWERED: mark("Petitions answered"),
    PetitionState.DECLINED: mark("Petitions declined"),
    PetitionState.WITHDRAWN: mark("Petitions withdrawn"),
}


def figures(report: Report) -> list[Figure]:
    total, (in_time, late) = report.coverage.total, report.answered_in_time
    return [
        Figure(SESSIONS, mark("Sessions held"), len(report.held)),
        Figure(SESSIONS, mark("Of them, brought in from before"), report.recorded),
        Figure(SESSIONS, mark("Sessions cancelled, not counted above"), len(report.cancelled)),
        Figure(SESSIONS, mark("Sessions still to be held"), len(report.coming)),
        Figure(PEOPLE, mark("People registered with a seat, over all sessions"), report.registered),
        Figure(PEOPLE, mark("Of them, those that came"), report.attended),
        Figure(PEOPLE, mark("Share that came"), report.attendance, Shape.SHARE),
        Figure(PEOPLE, mark("Local entities with somebody registered"), len(report.participation)),
        Figure(PEOPLE, mark("Local entities that came"), report.entities_that_came),
        Figure(PEOPLE, mark("Councils that came, of those of the directory"), total.came),
        Figure(PEOPLE, mark("Share of the councils"), total.share, Shape.SHARE),
        *(Figure(COMMITMENTS, name, report.verdicts.get(verdict, 0)) for verdict, name in VERDICTS.items()),
        Figure(COMMITMENTS, mark("Petitions answered within the days promised"), in_time),
        Figure(COMMITMENTS, mark("Petitions answered later than promised"), late),
        Figure(PROPOSALS, mark("Proposals received"), sum(report.proposals.values())),
        *(Figure(PROPOSALS, name, report.proposals.get(state, 0)) for state, name in PROPOSAL_STATES.items()),
        Figure(PETITIONS, mark("Petitions received"), len(report.petitions)),
        *(Figure(PETITIONS, name, report.petitions_by_state.get(state, 0)) for state, name in PETITION_STATES.items()),
        Figure(PETITIONS, mark("Days to the first answer (median)"), report.days_to_answer, Shape.DAYS),
    ]
