"""Stories over real processes: each service its own, a real broker, a real SMTP socket."""

import asyncio
from datetime import timedelta

import pytest
from icalendar import Calendar

from tests.e2e.office import JOIN_URL, Office, person
from tests.support.probes import eventually
from tests.support.replay import replay_everything
from tests.support.smtp import AcceptedMail
from tests.support.stack import Stack, link

pytestmark = pytest.mark.asyncio(loop_scope="module")


def calendar_of(mail: AcceptedMail) -> Calendar:
    assert mail.calendar, f"no calendar part in {mail.kind}"
    return Calendar.from_ical(mail.calendar)


def event_of(mail: AcceptedMail) -> object:
    (event,) = calendar_of(mail).walk("VEVENT")
    return event


async def test_the_main_job_from_scheduling_to_results_and_a_proposal_answered(stack: Stack, office: Office) -> None:
    people = [f"person{number}@{office.programme}.example" for number in range(12)]
    session = await office.schedule()
    await asyncio.gather(*(office.register(session, email) for email in people))

    confirmation = await stack.mail("confirmation", people[0])
    assert calendar_of(confirmation)["METHOD"] == "REQUEST"
    mine = await stack.public("GET", f"/registrations/{link(confirmation, 'registration')}", expect=200)
    assert mine["status"] == "registered"

    stack.move_clock(timedelta(days=9, hours=1))
    for email in people:
        reminder = await stack.mail("reminder", email)
        assert link(reminder, "join") == link(confirmation, "join") or email != people[0]

    await office.end(session)
    await asyncio.gather(*(office.answer(email) for email in people[:11]))
    token = link(await stack.mail("survey", people[0]), "survey")
    again = await stack.public("POST", f"/surveys/{token}", {"answers": {"content": 1}, "comment": ""}, expect=409)
    assert "urn:dijous:problem" in again["type"]

    proposal = await stack.public(
        "POST",
        "/proposals",
        {
            "programme": office.programme,
            "title": "Com publiquem els contractes menors?",
            "body": "Cada mes el mateix dubte.",
            "email": people[0],
        },
        expect=202,
    )
    await stack.mail("proposal_received", people[0])
    following = await office.schedule(starts_in=timedelta(days=30))

    async def schedule_proposal() -> None:
        answer = await stack.api.post(
            f"/api/v1/proposals/{proposal['id']}/schedule",
            json={"session": following},
            headers={"Authorization": f"Bearer {stack.environment['DIJOUS_STAFF_TOKEN']}"},
        )
        assert answer.status_code == 200, answer.text

    await eventually(schedule_proposal)
    await stack.mail("proposal_scheduled", people[0])

    await stack.staff("POST", f"/results/{session}/publish", {}, expect=200)
    results = await stack.public("GET", f"/results/{session}", expect=200)
    assert results["n"] == 11
    assert results["questions"]["content"]["mean"] == 9
    assert results["questions"]["content"]["distribution"][9] == 11
    for email in people:
        await stack.mail("results", email)


async def test_each_mail_goes_to_one_person_and_names_nobody_else(stack: Stack, office: Office) -> None:
    people = [f"only{number}@{office.programme}.example" for number in range(3)]
    session = await office.schedule()
    for email in people:
        await office.register(session, email)
    for email in people:
        mail = await stack.mail("confirmation", email)
        assert mail.recipients == [email]
        assert not [other for other in people if other != email and other in mail.raw.decode()]
        assert JOIN_URL not in mail.raw.decode()


async def test_rescheduling_moves_the_calendar_entry_and_the_reminder(stack: Stack, office: Office) -> None:
    email = f"moved@{office.programme}.example"
    session = await office.schedule(starts_in=timedelta(days=5))
    await office.register(session, email)
    first = event_of(await stack.mail("confirmation", email))
    new_start = office.minute(timedelta(days=8))
    await stack.staff("POST", f"/sessions/{session}/reschedule", {"starts_at": new_start.isoformat()}, expect=200)
    second = event_of(await stack.mail("rescheduled", email))
    assert second["UID"] == first["UID"]
    assert second["SEQUENCE"] == first["SEQUENCE"] + 1
    assert second["DTSTART"].dt == new_start

    stack.move_clock(timedelta(days=4, hours=1))
    stack.move_clock_to(new_start - timedelta(hours=23))
    await stack.mail("reminder", email)
    assert len(stack.mails(kind="reminder", to=email)) == 1


async def test_cancelling_a_session_takes_it_out_of_the_calendar_and_asks_no_survey(
    stack: Stack, office: Office
) -> None:
    email = f"cancelled@{office.programme}.example"
    session = await office.schedule()
    await office.register(session, email)
    confirmed = event_of(await stack.mail("confirmation", email))
    await stack.staff("POST", f"/sessions/{session}/cancel", {}, expect=200)
    cancellation = await stack.mail("session_cancelled", email)
    assert calendar_of(cancellation)["METHOD"] == "CANCEL"
    assert event_of(cancellation)["UID"] == confirmed["UID"]
    stack.move_clock(timedelta(days=11))
    await stack.public("POST", f"/sessions/{session}/registrations", person(email), expect=409)
    assert not stack.mails(kind="reminder", to=email)


async def test_a_freed_seat_goes_to_the_first_of_the_waiting_list(stack: Stack, office: Office) -> None:
    first, second, third = (f"{name}@{office.programme}.example" for name in ("first", "second", "third"))
    session = await office.schedule(capacity=1)
    await office.register(session, first)
    confirmation = await stack.mail("confirmation", first)
    for email in (second, third):
        await office.register(session, email)
        await stack.mail("waiting_list", email)
    await stack.public("DELETE", f"/registrations/{link(confirmation, 'registration')}", expect=200)
    promotion = await stack.mail("promotion", second)
    assert calendar_of(promotion)["METHOD"] == "REQUEST"
    assert calendar_of(await stack.mail("registration_cancelled", first))["METHOD"] == "CANCEL"
    assert not stack.mails(kind="promotion", to=third)


async def test_registering_again_sends_nothing_and_answers_the_same(stack: Stack, office: Office) -> None:
    email = f"twice@{office.programme}.example"
    session = await office.schedule()
    answers = await asyncio.gather(*(office.register(session, email) for _ in range(20)))
    assert all(answer == answers[0] for answer in answers)
    await stack.mail("confirmation", email)
    other = f"other@{office.programme}.example"
    assert await office.register(session, other) == answers[0]
    await stack.mail("confirmation", other)
    assert len(stack.mails(kind="confirmation", to=email)) == 1


async def test_events_repeated_late_and_out_of_order_change_nothing(stack: Stack, office: Office) -> None:
    email = f"replayed@{office.programme}.example"
    session = await office.schedule()
    await office.register(session, email)
    await stack.mail("confirmation", email)
    await stack.staff(
        "POST",
        f"/sessions/{session}/reschedule",
        {"starts_at": office.minute(timedelta(days=20)).isoformat()},
        expect=200,
    )
    await stack.mail("rescheduled", email)
    await office.end(session)
    await stack.mail("survey", email)

    def mails_here() -> list[tuple[str, str]]:
        return sorted((mail.to, mail.kind) for mail in stack.mails() if office.programme in mail.to)

    before = mails_here()
    await replay_everything(stack.broker.url, seed=7)
    witness = f"witness@{office.programme}.example"
    other = await office.schedule()
    await office.register(other, witness)
    await stack.mail("confirmation", witness)
    assert mails_here() == sorted([*before, (witness, "confirmation")])
