"""What a petition and an offer decide: which steps there are, who has a place, what stands after an erasure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.registration.contacts.domain import Contact
from services.registration.eligibility.domain import Rule
from services.registration.offers import domain as offers
from services.registration.offers.domain import (
    NoPlacesProblem,
    NotOfferedProblem,
    Offer,
    OfferExpiredProblem,
    PlacesTakenProblem,
    QuestionsAskedProblem,
    Verdict,
)
from services.registration.offers.questions import Question, QuestionKind
from services.registration.petitions import domain as petitions
from services.registration.petitions.domain import STEPS, NoSuchStepProblem, Petition
from shared.events.base import Event
from shared.events.support import ContactErased, ContactNamed, PetitionAdvanced, PetitionReceived
from shared.events.vocabulary import Language, PetitionState

S = PetitionState
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=15)
HOURS = Question(key="hours", text={Language.CA: "Hores"}, kind=QuestionKind.NUMBER, weight=2)
WHY = Question(key="why", text={Language.CA: "Per què?"}, kind=QuestionKind.TEXT)


def offer(places: int | None = 2, **more: Any) -> Offer:
    return Offer(
        id="pilot:decidim", programme="pilot", title={Language.CA: "Pilot"}, places=places, changed_at=NOW, **more
    )


def petition(state: S = S.RECEIVED, **more: Any) -> Petition:
    contact = Contact(id="c", name="Núria Puig", email="nuria@alamus.example", role="Secretària")
    return Petition(
        id="p",
        offer_id="pilot:decidim",
        programme="pilot",
        entity="2500450006",
        entity_name="Ajuntament dels Alamús",
        state=state,
        contact=contact,
        received_at=NOW,
        changed_at=NOW,
        **more,
    )


def decided(before: Offer, *states: tuple[str, S]) -> Offer:
    for key, state in states:
        before = offers.decide(before, key, state, "", "Anna", NOW)[0]
    return before


def kinds(events: Sequence[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


@pytest.mark.parametrize("before", S)
@pytest.mark.parametrize("after", S)
def test_the_steps_are_those_of_the_table(before: S, after: S) -> None:
    table = {
        S.RECEIVED: "under_review offered reserve accepted declined answered withdrawn",
        S.UNDER_REVIEW: "offered reserve accepted declined answered withdrawn",
        S.RESERVE: "offered declined withdrawn",
        S.OFFERED: "accepted withdrawn declined",
        S.DECLINED: "under_review",
        S.ANSWERED: "under_review",
        S.ACCEPTED: "withdrawn",
        S.WITHDRAWN: "",
    }
    assert petition(before).may_become(after) is (after in table[before].split())
    verdict = Verdict(number=1, state=after, at=NOW)
    followed, events = petitions.follow(petition(before), verdict, None, NOW)
    assert followed.state is (after if after in STEPS[before] else before)
    assert bool(events) is (after in STEPS[before])


def test_what_is_received_tells_the_contact_and_the_findings() -> None:
    begun, events = petitions.received(petition())
    assert kinds(events) == [ContactNamed, PetitionReceived]
    assert [step.state for step in begun.history] == [S.RECEIVED]


def test_a_verdict_is_carried_out_once_and_an_older_one_never() -> None:
    verdict = Verdict(number=3, state=S.OFFERED, reason="Primer.", by="Anna", at=NOW, until=LATER)
    offered, events = petitions.follow(petition(), verdict, None, NOW)
    assert (offered.state, offered.offered_until, offered.reason) == (S.OFFERED, LATER, "Primer.")
    assert kinds(events) == [PetitionAdvanced]
    assert petitions.follow(offered, verdict, None, NOW) == (offered, [])
    older = Verdict(number=2, state=S.DECLINED, at=NOW)
    assert petitions.follow(offered, older, None, NOW) == (offered, [])


def test_an_answer_sent_twice_is_one_step_and_another_one_is_none() -> None:
    answered, events = petitions.answer(petition(), "Sí.", "Anna", NOW)
    assert kinds(events) == [PetitionAdvanced]
    assert petitions.answer(answered, "Sí.", "Anna", NOW) == (answered, [])
    with pytest.raises(NoSuchStepProblem):
        petitions.answer(answered, "No.", "Anna", NOW)
    again, _ = petitions.review(answered, "", "Anna", NOW)
    assert petitions.answer(again, "No.", "Anna", NOW)[0].reason == "No."


def test_passing_on_is_no_step_and_its_reason_is_not_the_councils() -> None:
    passed, events = petitions.assign(petition(), "lleida", "És vostre.", "Anna", NOW)
    assert (passed.owner, passed.step, passed.handovers, passed.reason) == ("lleida", 0, 1, "")
    assert kinds(events) == [PetitionAdvanced]
    assert petitions.assign(passed, "lleida", "", "Anna", NOW) == (passed, [])


def test_offered_and_accepted_never_exceed_the_places() -> None:
    full = decided(offer(2), ("a", S.OFFERED), ("b", S.ACCEPTED))
    for state in (S.OFFERED, S.ACCEPTED):
        with pytest.raises(NoPlacesProblem):
            offers.decide(full, "c", state, "", "Anna", NOW)
    assert decided(full, ("a", S.ACCEPTED)).taken == 2
    with pytest.raises(NoPlacesProblem):
        offers.select(offer(1), "s", [("a", S.OFFERED, ""), ("b", S.OFFERED, "")], "Anna", NOW)


def test_a_place_given_up_goes_to_the_first_of_the_reserve() -> None:
    waiting = decided(offer(1), ("a", S.OFFERED), ("b", S.RESERVE), ("c", S.RESERVE))
    assert [waiting.place_in_reserve(key) for key in "abc"] == [None, 1, 2]
    freed, _ = offers.release(waiting, "a", NOW)
    assert {key: verdict.state for key, verdict in freed.verdicts.items()} == {"b": S.OFFERED, "c": S.RESERVE}
    assert freed.verdicts["b"].until == NOW + timedelta(days=14)
    gone, _ = offers.release(waiting, "b", NOW)
    assert gone.reserve == ["c"], "a place in the reserve frees none"


def test_a_term_that_is_over_declines_and_offers_the_next() -> None:
    waiting = decided(offer(1), ("a", S.OFFERED), ("b", S.RESERVE))
    until = NOW + timedelta(days=14)
    assert offers.expire(waiting, until) == (waiting, []), "until the last second"
    expired, _ = offers.expire(waiting, until + timedelta(milliseconds=1))
    assert {key: verdict.state for key, verdict in expired.verdicts.items()} == {"a": S.DECLINED, "b": S.OFFERED}


def test_whoever_accepts_after_the_term_is_told_so_and_the_other_way_round() -> None:
    waiting = decided(offer(1), ("a", S.OFFERED))
    with pytest.raises(OfferExpiredProblem):
        offers.accept(waiting, "a", LATER, LATER)
    expired, _ = offers.expire(waiting, LATER)
    with pytest.raises(NotOfferedProblem):
        offers.accept(expired, "a", NOW, LATER)
    accepted, _ = offers.accept(waiting, "a", NOW, LATER)
    assert offers.expire(accepted, LATER) == (accepted, []), "asked in time, it counts although the term is over"
    assert offers.accept(accepted, "a", NOW, NOW) == (accepted, [])


def test_places_are_not_lowered_below_those_taken_and_more_of_them_go_to_the_reserve() -> None:
    waiting = decided(offer(2), ("a", S.ACCEPTED), ("b", S.OFFERED), ("c", S.RESERVE), ("d", S.RESERVE))
    with pytest.raises(PlacesTakenProblem):
        offers.change(waiting, {"places": 1}, NOW, has_petitions=True)
    more, _ = offers.change(waiting, {"places": 3}, NOW, has_petitions=True)
    assert (more.verdicts["c"].state, more.reserve) == (S.OFFERED, ["d"])


def test_questions_with_answers_keep_their_meaning() -> None:
    asked = offer(questions=(HOURS, WHY))
    heavier = HOURS.model_copy(update={"weight": 5})
    changed, events = offers.change(asked, {"questions": (heavier, WHY)}, NOW, has_petitions=True)
    assert (changed.questions[0].weight, len(events)) == (5, 1)
    for others in [(WHY,), (HOURS.model_copy(update={"kind": QuestionKind.TEXT}), WHY)]:
        with pytest.raises(QuestionsAskedProblem):
            offers.change(asked, {"questions": others}, NOW, has_petitions=True)
        offers.change(asked, {"questions": others}, NOW, has_petitions=False)


def test_a_petition_at_the_last_second_is_in() -> None:
    closing = offer(opens_at=NOW - timedelta(days=1), closes_at=NOW)
    assert closing.takes_petitions(NOW)
    assert not closing.takes_petitions(NOW + timedelta(seconds=1))
    assert not closing.takes_petitions(NOW - timedelta(days=2))


def test_a_changed_rule_leaves_nothing_to_be_carried_out() -> None:
    changed, events = offers.change(offer(), {"rule": Rule(provinces=("Lleida",))}, NOW, has_petitions=True)
    assert (changed.unsettled, len(events)) == (0, 1)


def test_erasing_takes_the_texts_and_who_accepted_and_keeps_the_rest() -> None:
    full = petition(S.OFFERED, answers={"hours": "12", "why": "Vull parlar amb la Núria."})
    accepting, _ = petitions.ask_to_accept(full, "Joan Pons", "Alcalde", NOW)
    erased, events = petitions.erase_contact(accepting, [HOURS, WHY], NOW)
    assert erased.answers == {"hours": "12"}
    assert (erased.contact.name, erased.contact.email, erased.acceptance) == ("", "", None)
    assert (erased.entity, erased.state) == ("2500450006", S.OFFERED)
    assert kinds(events) == [ContactErased, PetitionReceived]
    assert petitions.erase_contact(erased, [HOURS, WHY], LATER) == (erased, [])


@pytest.mark.parametrize(
    ("question", "typed", "kept"),
    [
        (HOURS, "12,50", "12.5"),
        (HOURS, "1e3", "1000"),
        (HOURS, "-1", None),
        (HOURS, "0.001", None),
        (HOURS, "NaN", None),
        (HOURS, "dotze", None),
        (HOURS, "", ""),
        (WHY, "x" * 4001, None),
    ],
)
def test_a_number_is_kept_as_it_counts(question: Question, typed: str, kept: str | None) -> None:
    found, error = question.answer(typed)
    assert (found, bool(error)) == (kept or "", kept is None)
