"""Steps of a roster: who gets a seat, who waits, who is promoted; taken again, they change nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from services.registration.registrations.domain import Place, Registration, RegistrationState
from services.registration.seats.domain import Roster

BEGAN = datetime(2026, 11, 5, 9, tzinfo=UTC)


def roster(capacity: int) -> Roster:
    return Roster(id="session", capacity=capacity, seats_free=capacity)


def request(name: str, *, generation: int = 1, minute: int = 0) -> Registration:
    arrived_at = BEGAN + timedelta(minutes=minute)
    return Registration(
        id=name,
        session_id="session",
        programme="dijous-gomunicipal",
        state=RegistrationState.REQUESTED,
        name=name,
        email=f"{name}@alamus.example",
        entity_code="2500450006",
        entity_name="Els Alamús",
        generation=generation,
        arrived_at=arrived_at,
        changed_at=arrived_at,
    )


def counts(of: Roster) -> tuple[int, int]:
    return of.seats_free, of.waiting_count


NURIA, PAU, ONA = (request(name, minute=minute) for minute, name in enumerate(("nuria", "pau", "ona")))


def test_seats_are_given_in_order_then_places_on_the_waiting_list() -> None:
    full = roster(1).admit(NURIA).admit(PAU).admit(ONA)
    assert [full.answer_to(each) for each in (NURIA, PAU, ONA)] == [Place.SEAT, Place.WAITING, Place.WAITING]
    assert (counts(full), full.turn_of("pau"), full.turn_of("ona"), full.turn_of("nuria")) == ((0, 2), 1, 2, 0)


def test_nobody_passes_those_who_wait_when_a_seat_is_freed() -> None:
    freed = roster(1).admit(NURIA).admit(PAU).release(NURIA)
    assert freed.admit(ONA).answer_to(ONA) is Place.WAITING


def test_whoever_has_waited_longest_is_promoted_one_at_a_time() -> None:
    freed = roster(1).admit(NURIA).admit(ONA).admit(PAU).release(NURIA)
    promoting = freed.begin_promotion()
    assert (promoting.promoting, promoting.answer_to(PAU), counts(promoting)) == ("pau:1", Place.SEAT, (0, 1))
    assert promoting.begin_promotion() is promoting
    told = promoting.end_promotion("pau:1")
    assert told.promoting == ""
    assert told.begin_promotion() is told, "no seat is left"


@pytest.mark.parametrize("of", [roster(1), roster(0)])
def test_a_step_taken_again_leaves_the_very_same_roster(of: Roster) -> None:
    admitted = of.admit(NURIA)
    assert admitted.admit(NURIA) is admitted
    released = admitted.release(NURIA)
    assert released.release(NURIA) is released
    assert released.admit(NURIA) is released, "this round is over"
    assert released.answer_to(NURIA) is Place.LEFT
    assert counts(released) == counts(of)


def test_a_closed_roster_admits_nobody_and_keeps_its_members() -> None:
    closed = roster(2).admit(NURIA).model_copy(update={"open": 0})
    assert closed.admit(PAU) is closed
    assert (closed.answer_to(PAU), closed.answer_to(NURIA)) == (Place.CLOSED, Place.SEAT)


def test_a_late_release_of_an_older_round_frees_nothing() -> None:
    again = roster(1).admit(NURIA).release(NURIA).admit(request("nuria", generation=2))
    assert again.release(NURIA) is again


def test_the_request_of_a_newcomer_is_kept_until_it_stands_as_a_registration() -> None:
    seated = roster(2).admit(NURIA).admit(PAU)
    kept = [Registration.model_validate(document) for document in seated.entering.values()]
    assert (kept, seated.unsettled) == ([NURIA, PAU], 1)
    one_left = seated.entered({"nuria": 1, "somebody else": 1})
    assert (one_left.entering_rounds(), one_left.unsettled) == ({"pau": 1}, 1)
    nobody_left = one_left.entered({"pau": 1})
    assert (nobody_left.entering, nobody_left.unsettled) == ({}, 0)
    assert nobody_left.entered({"pau": 1}) is nobody_left
    assert nobody_left.members == seated.members


def test_the_request_of_a_later_round_is_kept_when_the_round_before_is_over() -> None:
    again = roster(1).admit(NURIA).release(NURIA).admit(request("nuria", generation=2))
    assert again.entered({"nuria": 1}) is again
    assert again.entered({"nuria": 2}).entering == {}


def test_a_roster_that_cannot_be_read_tells_nothing_of_who_is_entering() -> None:
    with pytest.raises(ValidationError) as refused:
        Roster.model_validate({"_id": "session", "capacity": 1, "seats_free": 1, "entering": [NURIA.email]})
    assert NURIA.email not in str(refused.value)
