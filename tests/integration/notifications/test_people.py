"""What a person may ask of what is kept about them: correct it, send the confirmation again, forget it."""

from datetime import timedelta

import pytest

from services.notifications.deliveries.store import DELIVERIES
from services.notifications.preferences.domain import MailGroup
from shared import ids
from shared.events import Event
from shared.events.proposals import FollowerErased, ProposalFollowed
from shared.events.registration import ConfirmationRequested, MaterialsPublished, RegistrationCorrected
from shared.events.vocabulary import FollowerRole, Language, RegistrationStatus
from shared.staff import Role, StaffMember
from tests.integration.notifications.house import (
    SESSION,
    START,
    House,
    erased,
    gave_up,
    person,
    programme_defined,
    promoted,
    registered,
    registration_id,
    registrations,
    session_rescheduled,
    session_scheduled,
    session_values,
    waiting,
)

FOLLOWER = ids.encode(b"f" * 16)


def corrected(number: int, version: int = 2, *, is_promoted: bool = False, **changes: object) -> RegistrationCorrected:
    return RegistrationCorrected(version=version, promoted=is_promoted, **{**person(number), **changes})


def asked_again(number: int, version: int = 2, status: RegistrationStatus = RegistrationStatus.REGISTERED) -> Event:
    return ConfirmationRequested(version=version, **person(number, status))


async def test_a_correction_tells_nobody_and_later_mails_use_it(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), registered(1))
    before = await house.delivery_ids()
    await house.hear(corrected(1, name="Biel Bosch", language=Language.ES))
    assert await house.delivery_ids() == before
    known = await house.store.known.registrations.get(registration_id(1))
    assert known is not None
    assert (known.name, known.language) == ("Biel Bosch", "es")


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ([corrected(1), registered(1)], "confirmation"),
        ([corrected(1, status=RegistrationStatus.WAITING), waiting(1)], "waiting_list"),
        ([corrected(1, 3, is_promoted=True), waiting(1), promoted(1)], "promotion"),
    ],
)
async def test_a_correction_that_comes_first_stands_for_what_was_to_be_told(
    house: House, events: list[Event], kind: str
) -> None:
    await house.hear(programme_defined(), session_scheduled(), *events)
    answers = [each for each in await house.deliveries() if each["kind"] != "reminder"]
    assert [each["kind"] for each in answers] == [kind]


async def test_the_confirmation_is_sent_once_more_for_each_time_it_was_asked_for(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), registered(1), waiting(2))
    await house.hear(asked_again(1, 2), asked_again(1, 2), asked_again(1, 3))
    await house.hear(asked_again(2, 2, RegistrationStatus.WAITING))
    assert await house.recipients("confirmation") == registrations([1, 1, 1])
    assert await house.recipients("waiting_list") == registrations([2, 2])
    assert len(await house.deliveries("reminder")) == 2, "no more reminders than before"


async def test_who_is_erased_is_forgotten_and_gets_nothing_more(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), registered(1), registered(2))
    await house.hear(erased(1))
    assert b"person1@" not in str(await house.raw.find("registrations")).encode()
    of_erased = [each for each in await house.deliveries() if each["recipient_id"] == registration_id(1)]
    assert {(each["state"], each["reason"]) for each in of_erased} == {("skipped", "recipient erased")}
    await house.hear(session_rescheduled(2, START + timedelta(days=1), 1, START))
    await house.hear(MaterialsPublished(version=3, **session_values(recording_url="https://video.example/1")))
    assert await house.recipients("rescheduled") == registrations([2])
    assert await house.recipients("materials") == registrations([2])
    assert (await house.http.get(f"/preferences/{house.preferences_token(1)}")).status_code == 404


async def test_what_comes_late_brings_nobody_back(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), erased(1, 4))
    await house.hear(registered(1), promoted(1), gave_up(1, 3), corrected(1, 3), asked_again(1, 3))
    assert "@" not in str(await house.raw.find("registrations"))
    assert not await house.raw.find(DELIVERIES, {"open": 1, "kind": "confirmation"})
    assert await house.store.known.registrations.missing([(registration_id(1), 4)]) == []


async def test_a_mail_to_nobody_is_never_ready(house: House) -> None:
    """A cancellation told late is about somebody who is erased: it must not reach the sender's composer."""
    await house.hear(programme_defined(), session_scheduled(), erased(1, 4), gave_up(1, 3))
    page = await house.deliveries("registration_cancelled")
    batch = await house.loader().load(page, house.clock.now)
    assert (len(page), batch.ready) == (1, [])


async def test_who_registers_again_after_the_erasure_is_written_to_again(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), registered(1), erased(1))
    await house.hear(registered(1, version=3, generation=2))
    open_ones = [each for each in await house.deliveries("confirmation") if each["open"]]
    assert [each["subject_id"] for each in open_ones] == [SESSION]


async def test_that_an_address_bounced_is_forgotten_with_the_last_who_had_it(house: House) -> None:
    address = person(1)["email"]
    follows = ProposalFollowed(
        version=1,
        follower_id=FOLLOWER,
        proposal_id=SESSION,
        role=FollowerRole.SUPPORTER,
        email=address,
        language=Language.CA,
    )
    await house.hear(programme_defined(), session_scheduled(), registered(1), registered(2), follows)
    await house.bounce(address)
    stopped = await house.store.suppressions.stop(address, MailGroup.ALL, house.clock.now)
    await house.hear(erased(1))
    assert len((await house.store.suppressions.of([address]))[address]) == 2, "somebody still has it"
    await house.hear(FollowerErased(version=2, follower_id=FOLLOWER, proposal_id=SESSION))
    assert (await house.store.suppressions.of([address]))[address] == [stopped.model_copy(update={"version": 1})]
    assert await house.told_of_bounces() == ["dijous.people.mail-bounced.v1", "dijous.people.bounce-lifted.v1"]


async def test_an_old_erasure_does_not_lift_the_bounce_of_who_came_back(house: House) -> None:
    address = person(1)["email"]
    await house.hear(programme_defined(), session_scheduled(), registered(1, version=3, generation=2))
    await house.bounce(address)
    await house.hear(erased(1))
    assert await house.told_of_bounces() == ["dijous.people.mail-bounced.v1"]


async def test_erasing_an_address_for_the_office_tells_that_its_bounce_is_lifted(house: House) -> None:
    address = person(1)["email"]
    await house.hear(programme_defined(), session_scheduled(), registered(1))
    await house.bounce(address)
    await house.use_cases.people.erase_for(StaffMember("member", "Anna", Role.ADMIN), address)
    assert await house.told_of_bounces() == ["dijous.people.mail-bounced.v1", "dijous.people.bounce-lifted.v1"]
    assert address not in str(await house.raw.find("suppressions"))
    await house.hear(erased(1))
    assert len(await house.told_of_bounces()) == 2
