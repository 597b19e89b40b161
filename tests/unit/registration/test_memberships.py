"""An entity's way through the phases: each at its own pace, back too, and once in a programme."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.registration.contacts.domain import Person
from services.registration.memberships import domain as memberships
from services.registration.memberships.domain import (
    MOST_STEPS,
    Decide,
    Entry,
    Membership,
    MembershipEndedProblem,
    NextStep,
    Progress,
    TooManyContactsProblem,
    TooManyStepsProblem,
)
from services.registration.programmes.domain import DEFAULT_PHASES
from shared.events.base import Event
from shared.events.vocabulary import MembershipState

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
SECRET = b"s" * 32
ORDER = [phase.key for phase in DEFAULT_PHASES]
TRAINING, DESIGN, ROLLOUT, EXECUTION = DEFAULT_PHASES
STEP = NextStep(text="Nomenar qui administra", due_on=date(2026, 12, 17))


def member(**changes: Any) -> Membership:
    begun = Entry(TRAINING, Progress.DOING, "office").at(NOW)
    values: dict[str, Any] = {
        "id": "pilot:2500450006",
        "programme": "pilot",
        "entity": "2500450006",
        "entity_name": "Ajuntament dels Alamús",
        "phase": TRAINING.key,
        "phase_name": TRAINING.text,
        "steps": (begun,),
        "started_at": NOW,
    }
    return Membership(**values | changes)


def person(number: int) -> Person:
    return Person(name=f"Persona {number}", email=f"person{number}@alamus.example")


def after(*decisions: Decide, begin: Membership | None = None) -> tuple[Membership, list[Event]]:
    """The membership after these decisions, and the events of the last one."""
    current, events = begin or member(), list[Event]()
    for decide in decisions:
        current, told = decide(current)
        events = list(told)
    return current, events


def advance(phase: Any, state: Progress = Progress.DOING, **more: str) -> Decide:
    return memberships.advance(Entry(phase, state, "office", **more), ORDER, NOW)


def come_back(*people: Person) -> Decide:
    return memberships.come_back(member(reason="again"), people, SECRET)


def standing(membership: Membership) -> list[Progress | None]:
    return [membership.progress(key) for key in ORDER]


def names(events: list[Event]) -> list[str]:
    return [event.event_name.split(".")[1] for event in events]


DOING, DONE = Progress.DOING, Progress.DONE


def test_going_on_to_a_later_phase_finishes_the_one_before() -> None:
    membership, events = after(advance(DESIGN))
    assert standing(membership) == [DONE, DOING, None, None]
    assert (membership.phase, membership.step, names(events)) == (DESIGN.key, 1, ["membership-advanced"])


def test_an_earlier_phase_may_be_opened_again_and_the_later_one_stays_open() -> None:
    membership, events = after(advance(DESIGN), advance(ROLLOUT), advance(DESIGN))
    assert (membership.phase, standing(membership)) == (DESIGN.key, [DONE, DOING, DOING, None])
    membership, _ = after(advance(ROLLOUT), begin=membership)
    assert (membership.phase, membership.step, standing(membership)) == (ROLLOUT.key, 4, [DONE, DONE, DOING, None])
    assert names(events) == ["membership-advanced"]


def test_finishing_a_phase_without_going_on_is_no_step_that_contacts_are_told_of() -> None:
    membership, [event] = after(advance(TRAINING, DONE))
    assert (membership.phase, membership.step, event.model_dump()["step"]) == (TRAINING.key, 0, 0)
    assert standing(membership)[0] is DONE


def test_the_same_step_twice_is_one_unless_it_brings_evidence() -> None:
    once, _ = after(advance(DESIGN))
    assert after(advance(DESIGN), begin=once) == (once, [])
    more, _ = after(advance(DESIGN, evidence="https://docs.example/acta"), begin=once)
    assert more.steps[-1].evidence == "https://docs.example/acta"


def test_a_phase_that_the_programme_has_no_more_is_left_without_finishing_it() -> None:
    membership, _ = after(advance(DESIGN), begin=member(phase="gone"))
    assert (membership.phase, membership.progress("gone")) == (DESIGN.key, None)


def test_evidence_belongs_to_the_phase_that_it_is_in_and_is_told_to_nobody() -> None:
    membership, events = after(memberships.add_evidence("entity", "https://docs.example/pla", "El pla", NOW))
    assert (membership.steps[-1].phase, membership.steps[-1].state, membership.steps[-1].by) == (
        "training",
        DOING,
        "entity",
    )
    assert events == []


def test_the_steps_of_an_entity_have_a_limit() -> None:
    full = member(steps=member().steps * MOST_STEPS)
    with pytest.raises(TooManyStepsProblem):
        after(memberships.add_evidence("entity", "https://docs.example/pla", "", NOW), begin=full)


def test_a_next_step_is_told_when_it_changes_and_when_it_goes() -> None:
    membership, events = after(memberships.set_next_step(STEP))
    assert [event.model_dump()["text"] for event in events] == ["Nomenar qui administra"]
    assert after(memberships.set_next_step(STEP), begin=membership)[1] == []
    _, [gone] = after(memberships.set_next_step(None), begin=membership)
    assert (gone.model_dump()["text"], gone.model_dump()["due_on"]) == ("", None)


def test_it_is_late_from_the_day_after_its_next_step_was_due() -> None:
    membership, _ = after(memberships.set_next_step(STEP))
    assert [membership.is_late(STEP.due_on + timedelta(days=days)) for days in (0, 1)] == [False, True]
    assert not member().is_late(date(2030, 1, 1))


def test_contacts_are_five_at_most_and_the_erased_ones_do_not_count() -> None:
    five, events = after(memberships.name_contacts([person(number) for number in range(5)], SECRET))
    assert names(events) == ["membership-advanced", *["contact-named"] * 5]
    with pytest.raises(TooManyContactsProblem):
        after(memberships.name_contacts([person(5)], SECRET), begin=five)
    first = five.people[0]
    four, _ = after(memberships.erase_contact(first.id, 1, NOW), begin=five)
    again, _ = after(memberships.name_contacts([person(5)], SECRET), begin=four)
    assert len(again.people) == 5


def test_naming_the_same_address_again_corrects_the_contact_and_tells_only_of_that_one() -> None:
    both, _ = after(memberships.name_contacts([person(1), person(2)], SECRET))
    renamed = person(1).model_copy(update={"name": "Núria"})
    membership, events = after(memberships.name_contacts([renamed, person(2)], SECRET), begin=both)
    assert [each.name for each in membership.people] == ["Núria", "Persona 2"]
    assert names(events) == ["membership-advanced", "contact-named"]


def test_an_erased_contact_leaves_no_name_in_the_document_or_in_what_waits_to_be_published() -> None:
    named, events = after(memberships.name_contacts([person(1), person(2)], SECRET))
    waiting = named.model_copy(update={"outbox": tuple(event.envelope(now=NOW) for event in events)})
    [contact] = [each for each in waiting.people if each.name == "Persona 1"]
    erased, told = after(memberships.erase_contact(contact.id, contact.generation, NOW), begin=waiting)
    assert "person1@" not in erased.model_dump_json()
    assert "person2@" in erased.model_dump_json()
    assert names(told) == ["membership-started", "contact-erased"]
    assert after(memberships.erase_contact(contact.id, contact.generation, NOW), begin=erased) == (erased, [])


@pytest.mark.parametrize("state", [MembershipState.FINISHED, MembershipState.LEFT])
def test_an_entity_that_ended_goes_no_further(state: MembershipState) -> None:
    ended, events = after(memberships.set_next_step(STEP), memberships.end(state, TRAINING.key, NOW))
    assert (ended.next_step, names(events)) == (None, ["membership-ended"])
    assert after(memberships.end(state, TRAINING.key, NOW), begin=ended) == (ended, [])
    for decide in (advance(DESIGN), memberships.set_next_step(STEP), memberships.name_contacts([person(1)], SECRET)):
        with pytest.raises(MembershipEndedProblem):
            decide(ended)


@pytest.mark.parametrize(
    ("state", "before", "frees"),
    [
        (MembershipState.LEFT, (), True),
        (MembershipState.LEFT, (advance(DESIGN),), False),
        (MembershipState.FINISHED, (), False),
    ],
)
def test_the_place_goes_to_the_reserve_only_where_who_leaves_is_in_the_first_phase(
    state: MembershipState, before: tuple[Decide, ...], frees: bool
) -> None:
    ended, _ = after(*before, memberships.end(state, TRAINING.key, NOW))
    assert bool(ended.left_in_first) is frees
    assert bool(ended.unsettled) is (state is MembershipState.LEFT)


def test_an_entity_that_had_left_comes_back_into_the_same_document_and_one_that_takes_part_stays() -> None:
    there, _ = after(advance(DESIGN), memberships.name_contacts([person(1)], SECRET))
    assert after(come_back(), begin=there) == (there, [])
    left, _ = after(memberships.end(MembershipState.LEFT, TRAINING.key, NOW), begin=there)
    again, events = after(come_back(), begin=left)
    assert (again.state, again.phase, again.reason, again.ended_at) == ("active", TRAINING.key, "again", None)
    assert again.step > left.step
    assert names(events) == ["membership-started", "contact-named"]


def test_a_contact_erased_before_the_entity_left_comes_back_with_it_in_the_next_generation() -> None:
    named, _ = after(memberships.name_contacts([person(1)], SECRET))
    [contact] = named.people
    left, _ = after(
        memberships.erase_contact(contact.id, 1, NOW), memberships.end(MembershipState.LEFT, "", NOW), begin=named
    )
    again, events = after(come_back(person(1)), begin=left)
    assert [(each.id, each.generation) for each in again.people] == [(contact.id, 2)]
    assert names(events) == ["membership-started", "contact-named"]


def test_an_entity_comes_back_with_five_contacts_at_most() -> None:
    five, _ = after(memberships.name_contacts([person(number) for number in range(5)], SECRET))
    left, _ = after(memberships.end(MembershipState.LEFT, "", NOW), begin=five)
    assert len(after(come_back(person(4)), begin=left)[0].people) == 5
    with pytest.raises(TooManyContactsProblem):
        after(come_back(person(5)), begin=left)


def test_contacts_read_for_thirty_days_after_the_end() -> None:
    ended, _ = after(memberships.end(MembershipState.FINISHED, TRAINING.key, NOW))
    assert [ended.can_be_read(NOW + timedelta(days=days)) for days in (29, 30)] == [True, False]
    assert member().can_be_read(NOW + timedelta(days=10_000))


def test_what_is_told_again_is_the_whole_present_state() -> None:
    membership, _ = after(memberships.name_contacts([person(1), person(2)], SECRET), memberships.set_next_step(STEP))
    erased, _ = after(memberships.erase_contact(membership.people[0].id, 1, NOW), begin=membership)
    told = sorted(names(memberships.republish(erased)))
    assert told == ["contact-erased", "contact-named", "membership-started", "next-step-set"]
