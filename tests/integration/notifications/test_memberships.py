"""What the contacts of a membership are told, from when they are named until they are erased."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from services.notifications.preferences.domain import MailGroup
from shared import ids
from shared.events import Event
from shared.events.support import (
    ContactErased,
    ContactNamed,
    MembershipAdvanced,
    MembershipEnded,
    MembershipStarted,
    NextStepSet,
)
from shared.events.vocabulary import ContactSubject, Language, MembershipState
from shared.security.links import LinkPurpose
from tests.integration.notifications.house import (
    NOW,
    PROGRAMME,
    STAFF,
    House,
    programme_defined,
    registered,
    session_scheduled,
)

MEMBERSHIP = f"{PROGRAMME}:2500450006"
ANNA, BIEL = (ids.encode(name.ljust(16, b".")) for name in (b"anna", b"biel"))
DUE = date(2026, 12, 17)
A_WEEK_BEFORE, A_DAY_BEFORE = datetime(2026, 12, 10, 8, tzinfo=UTC), datetime(2026, 12, 16, 8, tzinfo=UTC)


def membership(phase: str = "training", **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "membership_id": MEMBERSHIP,
        "programme": PROGRAMME,
        "entity": "2500450006",
        "state": MembershipState.ACTIVE,
        "phase": phase,
        "phase_name": {Language.CA: phase},
    }
    return {**values, **changes}


def started() -> MembershipStarted:
    return MembershipStarted(version=1, **membership())


def advanced(step: int = 1, version: int = 2) -> MembershipAdvanced:
    return MembershipAdvanced(version=version, **membership("design", step=step))


def step_set(
    version: int = 3, text: str = "Nomenar qui administra", due_on: date | None = DUE, step: int = 0
) -> NextStepSet:
    return NextStepSet(version=version, text=text, due_on=due_on, **membership(step=step))


def named(contact: str = ANNA, version: int = 1, **changes: Any) -> ContactNamed:
    values: dict[str, Any] = {
        "contact_id": contact,
        "about": ContactSubject.MEMBERSHIP,
        "about_id": MEMBERSHIP,
        "programme": PROGRAMME,
        "entity": "2500450006",
        "entity_name": "Ajuntament dels Alamús",
        "name": contact[:4],
        "email": address(contact),
        "language": Language.CA,
    }
    return ContactNamed(version=version, **{**values, **changes})


def address(contact: str) -> str:
    return f"{contact[:4]}@alamus.example"


def erased(contact: str = ANNA, version: int = 4) -> ContactErased:
    return ContactErased(
        version=version, contact_id=contact, about=ContactSubject.MEMBERSHIP, about_id=MEMBERSHIP, generation=1
    )


async def ready(house: House) -> list[str]:
    """The ids of the open mails that would be sent if all were due."""
    open_ones = [each for each in await house.deliveries() if each["open"]]
    return [mail.delivery.id for mail in (await house.loader().load(open_ones, house.clock.now)).ready]


async def test_who_is_named_is_told_of_the_membership_once(house: House) -> None:
    await house.hear(programme_defined(), started(), named(), named(), started())
    assert await house.recipients("membership_started") == [ANNA]
    assert len(await ready(house)) == 1


async def test_another_phase_is_told_to_all_contacts_in_any_order(house: House) -> None:
    for number, order in enumerate(permutations([started(), named(), named(BIEL), advanced()])):
        if number % 5 == 0:
            await house.hear(*order)
    assert await house.recipients("membership_started") == sorted([ANNA, BIEL])
    assert await house.recipients("membership_advanced") == sorted([ANNA, BIEL])


async def test_a_contact_who_is_told_of_late_is_told_of_the_steps_since(house: House) -> None:
    await house.hear(started(), advanced(), named())
    assert await house.recipients("membership_advanced") == [ANNA]


async def test_a_contact_who_is_named_first_after_a_step_is_not_told_of_it(house: House) -> None:
    await house.hear(started(), advanced(), named(version=3, step=1), advanced(2, 4))
    assert [each["_id"] for each in await house.deliveries("membership_advanced")] == [
        f"membership_advanced:{MEMBERSHIP}:{ANNA}:2"
    ]


async def test_a_step_that_another_one_has_overtaken_is_not_told(house: House) -> None:
    await house.hear(started(), named(), advanced(2, 4), advanced(1, 2))
    assert len(await house.deliveries("membership_advanced")) == 1


async def test_another_mentor_is_told_to_nobody(house: House) -> None:
    await house.hear(started(), named(), MembershipAdvanced(version=2, **membership(mentor="lleida")))
    assert await house.deliveries("membership_advanced") == []


async def test_reminders_of_a_next_step_are_due_in_the_morning_a_week_and_a_day_before(house: House) -> None:
    await house.hear(programme_defined(), started(), named(), step_set())
    due = sorted(each["due_at"] for each in await house.deliveries("membership_next_step"))
    assert due == [round(instant.timestamp() * 1000) for instant in (A_WEEK_BEFORE, A_DAY_BEFORE)]
    house.clock.now = A_WEEK_BEFORE
    assert len(await ready(house)) == 3, "with the one of the beginning"


async def test_a_next_step_that_is_near_has_only_the_reminder_of_the_day_before(house: House) -> None:
    house.clock.now = A_WEEK_BEFORE
    await house.hear(started(), named(), step_set(), named(BIEL, 4))
    assert await house.recipients("membership_next_step") == sorted([ANNA, BIEL])


async def test_a_next_step_whose_day_is_past_is_mailed_to_nobody(house: House) -> None:
    await house.hear(started(), named(), step_set(due_on=NOW.date() - timedelta(days=1)))
    assert await house.deliveries("membership_next_step") == []


@pytest.mark.parametrize("later", [step_set(5, due_on=date(2026, 12, 20)), step_set(5, "", None)])
async def test_when_the_next_step_changes_the_open_reminders_of_the_one_before_are_skipped(
    house: House, later: NextStepSet
) -> None:
    await house.hear(programme_defined(), started(), named(), step_set(), later, step_set())
    reminders = await house.deliveries("membership_next_step")
    assert {each["reason"] for each in reminders if each["sequence"] == 3} == {"next step changed"}
    of_later = [each for each in reminders if each["sequence"] == 5]
    assert len(of_later) == (2 if later.due_on else 0)
    assert all(each["open"] for each in of_later)


async def test_a_reminder_on_its_way_as_the_step_changes_is_not_sent(house: House) -> None:
    await house.hear(programme_defined(), started(), named(), step_set())
    await house.store.known.memberships.apply_part(MEMBERSHIP, "next_step", 5, {"next_step": "", "due_on": None})
    batch = await house.loader().load(await house.deliveries("membership_next_step"), house.clock.now)
    assert (batch.ready, list(batch.skipped)) == ([], ["next step changed"])


@pytest.mark.parametrize("state", [MembershipState.FINISHED, MembershipState.LEFT])
async def test_a_membership_that_ended_is_mailed_nothing_more(house: House, state: MembershipState) -> None:
    await house.hear(programme_defined(), started(), named(), step_set())
    await house.hear(MembershipEnded(version=4, **membership(state=state)))
    batch = await house.loader().load(await house.deliveries(), house.clock.now)
    assert (batch.ready, list(batch.skipped)) == ([], [f"membership {state}"])


async def test_a_mail_waits_until_it_is_known_what_it_is_about(house: House) -> None:
    await house.hear(programme_defined(), named())
    assert await ready(house) == []
    await house.hear(started())
    assert len(await ready(house)) == 1


async def test_an_erased_contact_is_forgotten_and_told_nothing_more(house: House) -> None:
    await house.hear(programme_defined(), started(), named(), named(BIEL), step_set(), erased(), advanced(1, 5))
    assert address(ANNA) not in str(await house.raw.find("contacts"))
    of_anna = [each for each in await house.deliveries() if each["recipient_id"] == ANNA]
    assert {(each["state"], each["reason"]) for each in of_anna} == {("skipped", "recipient erased")}
    assert await house.recipients("membership_advanced") == [BIEL]
    await house.hear(named())
    assert address(ANNA) not in str(await house.raw.find("contacts"))


async def test_who_is_named_again_after_the_erasure_is_written_to_again(house: House) -> None:
    await house.hear(programme_defined(), started(), named(), erased(), named(version=5, generation=2))
    assert len(await ready(house)) == 1


async def test_a_contact_stops_the_mails_about_participation_with_one_click(house: House) -> None:
    await house.hear(programme_defined(), started(), named())
    token = house.links.token(LinkPurpose.PREFERENCES, ANNA, house.clock.now + timedelta(days=1))
    page = f"/preferences/{token}"
    assert (await house.http.get(page)).status_code == 200
    await house.http.post(f"{page}?group={MailGroup.PARTICIPATION}", data={"List-Unsubscribe": "One-Click"})
    assert await ready(house) == []
    reasons = (await house.loader().load(await house.deliveries(), house.clock.now)).skipped
    assert list(reasons) == ["address unsubscribed"]


async def test_the_bounce_of_an_address_is_forgotten_with_the_contact_who_had_it_last(house: House) -> None:
    await house.hear(session_scheduled(), registered(1), started(), named())
    await house.bounce(address(ANNA))
    await house.hear(erased())
    assert await house.told_of_bounces() == ["dijous.people.mail-bounced.v1", "dijous.people.bounce-lifted.v1"]


async def test_the_office_reads_and_erases_a_contact_with_the_address(house: House) -> None:
    await house.hear(programme_defined(), started(), named(), named(BIEL))
    asked: dict[str, Any] = {"json": {"email": address(ANNA)}, "headers": STAFF}
    kept = (await house.http.post("/api/v1/recipients/export", **asked)).json()
    assert [(each["about_id"], each["entity_name"]) for each in kept["contacts"]] == [
        (MEMBERSHIP, "Ajuntament dels Alamús")
    ]
    assert [each["kind"] for each in kept["mails"]] == ["membership_started"]
    assert (await house.http.post("/api/v1/recipients/erase", **asked)).json() == {"erased": 1, "unfinished": 0}
    assert address(ANNA).encode() not in house.raw_bytes()
    assert address(BIEL).encode() in house.raw_bytes()


async def test_the_sweep_asks_for_a_membership_whose_latest_event_is_missing(house: House) -> None:
    told: list[Event] = [started(), step_set(3)]
    await house.hear(*told)
    assert await house.store.known.memberships.missing([(MEMBERSHIP, 3), ("other", 1)]) == ["other"]
    assert await house.store.known.memberships.missing([(MEMBERSHIP, 4)]) == [MEMBERSHIP]
