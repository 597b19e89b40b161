"""What becomes of a follower: told, counted, erased, back again."""

from datetime import UTC, datetime, timedelta

import pytest

from services.proposals.domain import followers as rules
from services.proposals.domain.followers import Decision, Follower, SupportStep
from services.proposals.domain.merges import MergeBook
from services.proposals.domain.proposals import Proposal
from shared.events.proposals import FollowerErased, ProposalFollowed, SupportRequested
from shared.events.vocabulary import FollowerRole, Language, ProposalKind

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=40)
ANNA = "anna@ens.example"
PROPOSAL = Proposal(
    id="p",
    programme="dijous",
    kind=ProposalKind.TOPIC,
    title="Contractes menors",
    body="",
    language=Language.CA,
    created_at=NOW,
    changed_at=NOW,
)


def author() -> Follower:
    return rules.new_author("f", "p", ANNA, Language.ES, NOW)


def asked(at: datetime = NOW) -> Follower:
    return rules.new_supporter("f", "p", ANNA, Language.CA, at)


def supporter() -> Follower:
    return rules.settle(rules.confirm(asked(), 0, NOW)[0])[0]


def erased(follower: Follower) -> Follower:
    return rules.erase(follower, follower.generation, LATER)[0]


@pytest.mark.parametrize("follower", [author(), asked(), supporter()])
def test_of_an_erased_follower_no_address_is_left_and_whoever_keeps_it_is_told(follower: Follower) -> None:
    waiting = follower.model_copy(update={"outbox": (asked().support_requested(PROPOSAL).envelope(now=NOW),)})
    gone, events = rules.erase(waiting, 1, LATER)
    assert ANNA not in gone.model_dump_json()
    assert (gone.follows, gone.erased_at) == (False, LATER)
    assert [type(event) for event in events] == [FollowerErased]
    assert rules.erase(gone, 1, LATER + timedelta(days=1)) == (gone, [])


def test_a_confirmed_support_goes_on_counting_and_one_that_was_only_asked_for_is_over() -> None:
    assert erased(supporter()).support is SupportStep.COUNTED
    assert erased(asked()).support is SupportStep.NONE


@pytest.mark.parametrize(
    "decision",
    [rules.confirm(erased(asked()), 0, LATER), rules.follow(erased(author()), 0, LATER)],
    ids=["confirm", "follow"],
)
def test_what_was_on_its_way_brings_nobody_back(decision: Decision) -> None:
    follower, events = decision
    assert (follower.email, follower.follows, events) == ("", False, [])


def test_who_asks_anew_is_a_new_round_that_has_to_be_confirmed_again() -> None:
    again, events = rules.ask_support(erased(supporter()), asked(LATER), PROPOSAL, LATER)
    assert (again.email, again.generation, again.erased_at) == (ANNA, 2, None)
    assert (again.support, again.follows) == (SupportStep.REQUESTED, False)
    assert [type(event) for event in events] == [SupportRequested]


def test_who_comes_along_from_a_merged_proposal_follows_again() -> None:
    coming = rules.newcomer(supporter(), "f", PROPOSAL, 0, LATER)
    again, events = rules.take_over(erased(author()), coming)
    assert (again.email, again.follows, again.role) == (ANNA, True, FollowerRole.SUPPORTER)
    assert [type(event) for event in events] == [ProposalFollowed]


def test_who_confirms_is_told_the_steps_after_those_that_the_person_could_see() -> None:
    [followed] = rules.confirm(asked(), 2, LATER)[1]
    assert isinstance(followed, ProposalFollowed)
    assert followed.after_step == 2


def test_an_erasure_of_before_leaves_who_came_back() -> None:
    back, _ = rules.ask_support(erased(supporter()), asked(LATER), PROPOSAL, LATER)
    assert rules.erase(back, 1, LATER) == (back, [])


def test_told_again_an_erased_follower_is_told_as_erased() -> None:
    assert [type(event) for event in erased(author()).present_events(PROPOSAL)] == [FollowerErased]


def test_the_parts_of_a_proposal_are_those_that_became_part_of_it_by_way_of_others_too() -> None:
    book = MergeBook(id="dijous", into={"a": "b", "b": "c", "d": "e"})
    assert book.parts_of("c") == ["a", "b"]
    assert book.parts_of("b") == []
