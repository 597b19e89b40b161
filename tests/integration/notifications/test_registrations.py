"""What a person is told of their own registration, in whatever order the events come."""

from datetime import timedelta

import pytest

from services.notifications.deliveries.store import DELIVERIES
from services.notifications.projections.domain import KnownRegistration
from shared.clock import to_millis
from shared.events.registration import MaterialsPublished, SessionCancelled
from shared.events.vocabulary import SessionStatus
from tests.integration.notifications.house import (
    DAY,
    HOUR,
    SESSION,
    START,
    House,
    gave_up,
    programme_defined,
    promoted,
    registered,
    registration_id,
    registrations,
    session_changed,
    session_ended,
    session_rescheduled,
    session_scheduled,
    session_values,
    waiting,
)


async def test_a_seat_is_confirmed_at_once_and_reminded_before_the_start(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), registered(1))
    (confirmation,) = await house.deliveries("confirmation")
    assert confirmation["due_at"] == to_millis(house.clock.now)
    reminders = {document["minutes_before"]: document["due_at"] for document in await house.deliveries("reminder")}
    assert reminders == {
        DAY: to_millis(START - timedelta(minutes=DAY)),
        HOUR: to_millis(START - timedelta(minutes=HOUR)),
    }


async def test_a_reminder_whose_time_is_over_is_not_made(house: House) -> None:
    house.clock.now = START - timedelta(hours=3)
    await house.hear(programme_defined(), session_scheduled(), registered(1))
    assert [document["minutes_before"] for document in await house.deliveries("reminder")] == [HOUR]


async def test_registering_before_session_and_programme_are_known_loses_no_reminder(house: House) -> None:
    await house.hear(registered(1), session_scheduled(), programme_defined())
    assert len(await house.deliveries("reminder")) == 2
    assert len(await house.deliveries("confirmation")) == 1


async def test_the_waiting_list_is_told_so_and_not_reminded(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), waiting(1))
    assert await house.recipients("waiting_list") == registrations([1])
    assert not await house.deliveries("reminder")
    assert not await house.deliveries("confirmation")


async def test_a_promotion_is_told_and_reminded(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), waiting(1), promoted(1))
    assert await house.recipients("promotion") == registrations([1])
    assert len(await house.deliveries("reminder")) == 2


async def test_a_promotion_that_overtakes_its_registration_sends_no_waiting_notice(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), promoted(1), waiting(1))
    assert not await house.deliveries("waiting_list")
    assert await house.recipients("promotion") == registrations([1])


async def test_cancelling_before_registering_sends_no_confirmation(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), gave_up(1, 2), registered(1, 1))
    assert not await house.deliveries("confirmation")
    assert not await house.deliveries("reminder")
    assert await house.recipients("registration_cancelled") == registrations([1])


async def test_it_is_known_that_who_left_the_waiting_list_never_had_a_seat(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), waiting(1), gave_up(1, held_seat=False))
    await house.hear(registered(2), gave_up(2))
    batch = await house.loader().load(await house.deliveries("registration_cancelled"), house.clock.now)
    known = {
        each.recipient.id: isinstance(each.recipient, KnownRegistration) and each.recipient.is_waiting
        for each in batch.ready
    }
    assert known == {registration_id(1): True, registration_id(2): False}


async def test_registering_again_after_cancelling_confirms_again_and_reminds_once(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), registered(1), gave_up(1))
    await house.hear(registered(1, version=3, generation=2))
    assert len(await house.deliveries("confirmation")) == 2
    assert len(await house.deliveries("reminder")) == 2


async def test_a_moved_session_is_told_to_all_and_reminded_at_its_new_time(house: House) -> None:
    later = START + timedelta(days=7)
    people = [registered(number) for number in range(20)]
    await house.hear(programme_defined(), session_scheduled(), *people, waiting(20), registered(21), gave_up(21))
    await house.hear(session_rescheduled(2, later, 1, START))
    assert await house.recipients("rescheduled") == registrations(range(21))
    new = [item for item in await house.deliveries("reminder") if item["due_at"] > to_millis(START)]
    assert sorted({item["recipient_id"] for item in new}) == registrations(range(20))
    session = await house.store.known.sessions.get(SESSION)
    assert session is not None
    assert session.previous_starts_at == START


async def test_another_title_or_duration_is_told_to_all_and_nothing_else_is(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), registered(1), waiting(2), registered(3), gave_up(3))
    reminded = await house.recipients("reminder")
    retitled = {"title": {"ca": "Un altre títol"}, "sequence": 1}
    await house.hear(session_changed(2, previous_title={"ca": "Treu-li suc"}, **retitled))
    assert await house.recipients("changed") == registrations([1, 2])
    await house.hear(session_changed(3, description={"ca": "Més"}, **retitled))
    assert await house.recipients("changed") == registrations([1, 2])
    await house.hear(session_changed(4, **{**retitled, "sequence": 2}, previous_duration_minutes=45))
    assert len(await house.deliveries("changed")) == 4
    session = await house.store.known.sessions.get(SESSION)
    assert session is not None
    assert (session.previous_title, session.previous_duration_minutes) == (None, 45)
    assert await house.recipients("reminder") == reminded


async def test_a_change_that_is_overtaken_by_a_move_is_not_told_any_more(house: House) -> None:
    later = START + timedelta(days=7)
    await house.hear(programme_defined(), session_scheduled(), registered(1))
    await house.hear(session_rescheduled(3, later, 2, START))
    await house.hear(session_changed(2, sequence=1, previous_title={"ca": "Treu-li suc"}))
    assert not await house.deliveries("changed")
    assert await house.recipients("rescheduled") == registrations([1])


async def test_a_move_is_told_even_when_a_later_change_of_the_title_came_first(house: House) -> None:
    later = START + timedelta(days=7)
    await house.hear(programme_defined(), session_scheduled(), registered(1))
    changed = session_scheduled(3, starts_at=later, sequence=1)
    await house.hear(changed, session_rescheduled(2, later, 1, START))
    assert await house.recipients("rescheduled") == registrations([1])
    session = await house.store.known.sessions.get(SESSION)
    assert session is not None
    assert session.previous_starts_at == START


async def test_a_move_that_is_overtaken_by_the_next_is_not_told_any_more(house: House) -> None:
    second, third = START + timedelta(days=7), START + timedelta(days=14)
    await house.hear(programme_defined(), session_scheduled(), registered(1))
    await house.hear(session_rescheduled(3, third, 2, second), session_rescheduled(2, second, 1, START))
    (only,) = await house.deliveries("rescheduled")
    assert only["sequence"] == 2
    session = await house.store.known.sessions.get(SESSION)
    assert session is not None
    assert (session.starts_at, session.previous_starts_at, session.moved_sequence) == (third, second, 2)


async def test_who_registers_after_the_move_is_not_told_of_it(house: House) -> None:
    later = START + timedelta(days=7)
    await house.hear(programme_defined(), session_rescheduled(2, later, 1, START), session_scheduled(1), registered(1))
    assert not await house.deliveries("rescheduled")
    assert {item["due_at"] > to_millis(START) for item in await house.deliveries("reminder")} == {True}


async def test_moved_away_and_back_people_are_reminded_once(house: House) -> None:
    later = START + timedelta(days=7)
    await house.hear(programme_defined(), session_scheduled(), registered(1))
    await house.hear(session_rescheduled(2, later, 1, START), session_rescheduled(3, START, 2, later))
    for_start = [item for item in await house.deliveries("reminder") if item["due_at"] < to_millis(START)]
    assert len(for_start) == 2
    assert len(await house.deliveries("rescheduled")) == 2


@pytest.mark.parametrize("reason", [None, {"ca": "Vaga general.", "es": "Huelga general."}])
async def test_a_cancelled_session_is_told_to_all_even_to_who_becomes_known_later(
    house: House, reason: dict[str, str] | None
) -> None:
    values = session_values(status=SessionStatus.CANCELLED)
    await house.hear(programme_defined(), session_scheduled(), registered(1), waiting(2))
    await house.hear(SessionCancelled(version=2, reason=reason, **values), registered(3))
    assert await house.recipients("session_cancelled") == registrations([1, 2, 3])


async def test_materials_are_told_once_for_the_recording_and_once_for_the_materials(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), registered(1), waiting(2))
    ended = session_values(status=SessionStatus.ENDED, recording_url="https://video.example/1")
    await house.hear(session_ended(registrations=1), MaterialsPublished(version=10, **ended))
    await house.hear(MaterialsPublished(version=11, **{**ended, "recording_url": "https://video.example/2"}))
    assert await house.recipients("materials") == registrations([1])
    both = {**ended, "materials": [{"title": "Guia", "url": "https://docs.example/1"}]}
    await house.hear(MaterialsPublished(version=12, **both))
    assert await house.recipients("materials") == registrations([1, 1])


async def test_a_fanout_goes_on_where_it_was_interrupted(house: House) -> None:
    people = [registered(number) for number in range(20)]
    await house.hear(programme_defined(), session_scheduled(), *people)
    await house.handle(session_rescheduled(2, START + timedelta(days=1), 1, START))
    fanouts = [item for item in await house.raw.find("fanouts", {"open": 1}) if item["kind"] == "rescheduled"]
    told, untold = registrations(range(20))[:7], registrations(range(20))[7:]
    await house.raw.update("fanouts", fanouts[0]["_id"], assign={"cursor": told[-1]})
    await house.settle()
    assert await house.recipients("rescheduled") == untold
    assert not await house.raw.find("fanouts", {"open": 1})


async def test_a_replay_adds_nothing_when_all_was_sent(house: House) -> None:
    events = [programme_defined(), session_scheduled(), registered(1), waiting(2), promoted(2), gave_up(1)]
    await house.hear(*events)
    await house.send_everything()
    before = await house.raw.find(DELIVERIES, limit=100)
    await house.hear(*reversed(events))
    assert await house.raw.find(DELIVERIES, limit=100) == before
