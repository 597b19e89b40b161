"""The states of a proposal: which steps there are, and what each tells."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from services.proposals.domain import proposals as rules
from services.proposals.domain.problems import POSSIBLE_STEPS, WrongStepProblem
from services.proposals.domain.proposals import STEPS, Decision, Proposal
from shared.events.proposals import ProposalMerged
from shared.events.vocabulary import Language, ProposalKind, ProposalState

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
LATER = datetime(2026, 12, 2, 9, tzinfo=UTC)
S = ProposalState

STEP: dict[ProposalState, Callable[[Proposal], Decision]] = {
    S.UNDER_REVIEW: lambda proposal: rules.review(proposal, LATER),
    S.SCHEDULED: lambda proposal: rules.schedule(proposal, "sessionb", LATER),
    S.ANSWERED_IN_SESSION: lambda proposal: rules.answer(proposal, "Així.", LATER),
    S.DECLINED: lambda proposal: rules.decline(proposal, "Fora d'abast.", LATER),
}

ALLOWED = {
    S.RECEIVED: {S.UNDER_REVIEW, S.SCHEDULED, S.ANSWERED_IN_SESSION, S.DECLINED, S.MERGED},
    S.UNDER_REVIEW: {S.SCHEDULED, S.ANSWERED_IN_SESSION, S.DECLINED, S.MERGED},
    S.SCHEDULED: {S.UNDER_REVIEW, S.SCHEDULED, S.ANSWERED_IN_SESSION, S.DECLINED, S.MERGED},
    S.ANSWERED_IN_SESSION: set(),
    S.DECLINED: {S.UNDER_REVIEW},
    S.MERGED: set(),
}


def proposal(state: ProposalState = S.RECEIVED, **fields: object) -> Proposal:
    whole = Proposal(
        id="a",
        programme="dijous",
        kind=ProposalKind.TOPIC,
        title="Contractes menors",
        body="",
        language=Language.CA,
        state=state,
        session_id="sessiona" if state is S.SCHEDULED else "",
        reason="No" if state is S.DECLINED else "",
        created_at=NOW,
        changed_at=NOW,
    )
    return whole.model_copy(update=fields)


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("wanted", STEP)
def test_a_step_is_taken_only_where_the_table_has_it(state: ProposalState, wanted: ProposalState) -> None:
    before = proposal(state)
    if wanted not in ALLOWED[state] and not (state is wanted is S.UNDER_REVIEW):
        with pytest.raises(WrongStepProblem) as refused:
            STEP[wanted](before)
        assert refused.value.values["state"] == state.value
        assert set(str(refused.value.values["possible"]).split(", ")) - {""} == {s.value for s in ALLOWED[state]}
        return

    after, events = STEP[wanted](before)

    assert after.state is wanted
    assert [event.state for event in events] == ([] if state is wanted is S.UNDER_REVIEW else [wanted])


def test_every_state_says_which_steps_are_possible() -> None:
    assert {state: set(steps) for state, steps in STEPS.items()} == ALLOWED
    assert set(POSSIBLE_STEPS) == set(S)


@pytest.mark.parametrize("wanted", STEP)
def test_a_step_repeated_changes_and_tells_nothing(wanted: ProposalState) -> None:
    once, _ = STEP[wanted](proposal())

    assert STEP[wanted](once) == (once, [])


def test_a_step_carries_what_the_followers_read() -> None:
    scheduled, [event] = rules.schedule(proposal(), "sessiona", LATER)
    assert (event.session_id, event.title, event.state) == ("sessiona", "Contractes menors", S.SCHEDULED)

    declined, [event] = rules.decline(scheduled, "Fora d'abast.", LATER)
    assert (event.session_id, event.reason) == ("", "Fora d'abast.")

    _, [event] = rules.review(declined, LATER)
    assert (event.session_id, event.reason) == ("", "")


def test_only_the_session_that_treats_it_moves_it() -> None:
    scheduled = proposal(S.SCHEDULED)

    assert rules.session_over(scheduled, "another", took_place=True, now=LATER) == (scheduled, [])
    assert rules.session_over(scheduled, "sessiona", took_place=True, now=LATER)[0].state is S.ANSWERED_IN_SESSION
    assert rules.session_over(scheduled, "sessiona", took_place=False, now=LATER)[0].state is S.UNDER_REVIEW
    declined = proposal(S.DECLINED, session_id="sessiona")
    assert rules.session_over(declined, "sessiona", took_place=True, now=LATER) == (declined, [])


def test_a_person_counts_once() -> None:
    once, [event] = rules.count_support(proposal(), "anna", LATER)

    assert (once.supports, event.supports) == (1, 1)
    assert rules.count_support(once, "anna", LATER) == (once, [])
    assert rules.count_support(once, "bernat", LATER)[0].supports == 2


def test_a_merged_proposal_counts_nobody_any_more() -> None:
    target = proposal(id="b", title="Tots els contractes")
    merged, [event] = rules.become_part_of(proposal(), target, LATER)

    assert (event.state, event.merged_into) == (S.MERGED, "b")
    assert isinstance(event, ProposalMerged)
    assert event.merged_into_title == "Tots els contractes"
    assert merged.state_event() == event, "who missed it is told the same"
    assert rules.count_support(merged, "anna", LATER) == (merged, [])
    assert rules.become_part_of(merged, target, LATER) == (merged, [])
