"""The survey's way: links prepared, taken over, mailed, reminded, destroyed."""

import hashlib
from datetime import timedelta

from services.notifications.sending.superseded import SURVEY_SENT_JUST_NOW
from services.notifications.surveys.domain import PATIENCE
from services.notifications.surveys.store import SURVEY_KEYS, SURVEY_PARTS
from shared.events.feedback import ResultsPublished, SurveyClosed, SurveyOpened, SurveyUnanswered
from shared.security import tokens
from tests.integration.notifications.house import (
    END,
    PROGRAMME,
    SESSION,
    House,
    gave_up,
    programme_defined,
    registered,
    registrations,
    session_ended,
    session_scheduled,
    waiting,
)


def opened(links: int, version: int = 1) -> SurveyOpened:
    """Feedback has so many links of the one part in place."""
    return SurveyOpened(
        version=version,
        session_id=SESSION,
        programme=PROGRAMME,
        parts=1,
        closes_at=END + timedelta(days=14),
        links=[links],
    )


def published(answers: int | None) -> ResultsPublished:
    return ResultsPublished(version=3, session_id=SESSION, programme=PROGRAMME, answers=answers, questions={})


def closed(version: int = 2) -> SurveyClosed:
    return SurveyClosed(version=version, session_id=SESSION, programme=PROGRAMME, answers=3)


async def end_with(house: House, people: int, *, expected: int | None = None) -> None:
    """A session that ended with so many people known."""
    await house.hear(programme_defined(), session_scheduled(), *(registered(number) for number in range(people)))
    house.clock.now = END
    await house.hear(session_ended(registrations=people if expected is None else expected))


async def digest(house: House, number: int) -> str:
    return hashlib.sha256(tokens.decode(await house.token(number))).hexdigest()


async def test_the_end_of_a_session_prepares_a_link_for_each_seat(house: House) -> None:
    await house.hear(waiting(90), registered(91), gave_up(91))
    await end_with(house, 12)
    (part,) = await house.prepared()
    assert (part["part"], part["parts"]) == (0, 1)
    assert part["hashes"] == sorted([await digest(house, number) for number in range(12)])
    assert not await house.deliveries("survey"), "no link before its survey"


async def test_links_wait_for_the_registrations_that_are_still_missing(house: House) -> None:
    await end_with(house, 3, expected=5)
    await house.hear(registered(3))
    assert not await house.prepared()
    await house.hear(registered(4))
    assert [len(part["hashes"]) for part in await house.prepared()] == [5]


async def test_the_mails_know_until_when_the_survey_can_be_answered(house: House) -> None:
    await end_with(house, 2)
    await house.hear(opened(2))
    batch = await house.loader().load(await house.deliveries("survey"), house.clock.now)
    assert [each.context.survey_closes_at for each in batch.ready] == [END + timedelta(days=14)] * 2


async def test_after_ten_minutes_the_links_of_those_known_are_prepared(house: House) -> None:
    await end_with(house, 3, expected=5)
    assert not await house.prepared()
    house.clock.now = END + PATIENCE
    await house.settle()
    assert [len(part["hashes"]) for part in await house.prepared()] == [3]


async def test_without_anybody_there_is_no_survey(house: House) -> None:
    await end_with(house, 0)
    house.clock.now = END + timedelta(days=1)
    await house.settle()
    assert not await house.prepared()


async def test_links_are_mailed_once_the_survey_is_open(house: House) -> None:
    await end_with(house, 12)
    await house.hear(opened(12), opened(12))
    assert await house.recipients("survey") == registrations(range(12))


async def test_the_link_of_a_late_registrant_joins_the_others(house: House) -> None:
    await end_with(house, 3, expected=5)
    house.clock.now = END + PATIENCE
    await house.settle()
    first = (await house.prepared())[0]
    await house.hear(opened(3), registered(3))
    assert await house.recipients("survey") == registrations(range(3))
    last = (await house.prepared())[-1]
    assert (last["part"], last["parts"]) == (0, 1)
    assert last["hashes"] == sorted([await digest(house, number) for number in range(4)])
    assert last["version"] > first["version"]
    await house.hear(opened(4, version=3), opened(3, version=2))
    assert await house.recipients("survey") == registrations(range(4))


async def test_a_late_link_is_told_until_feedback_has_it_and_told_once_while_it_waits(house: House) -> None:
    await end_with(house, 3, expected=3)
    await house.hear(opened(3))
    await house.publish_parts()
    await house.hear(registered(3), registered(3))
    assert len(await house.prepared()) == 1
    await house.publish_parts()
    house.clock.now += timedelta(seconds=31)
    await house.settle()
    assert [len(part["hashes"]) for part in await house.prepared()] == [4]
    await house.publish_parts()
    await house.hear(opened(4, version=2))
    house.clock.now += timedelta(days=1)
    await house.settle()
    assert not await house.prepared()
    assert await house.recipients("survey") == registrations(range(4))


async def test_no_link_is_mailed_before_it_is_taken_over(house: House) -> None:
    await end_with(house, 3, expected=5)
    house.clock.now = END + PATIENCE
    await house.settle()
    await house.hear(registered(3), opened(3))
    assert await house.recipients("survey") == registrations(range(3))


async def test_links_are_told_again_until_feedback_takes_them_over(house: House) -> None:
    await end_with(house, 3)
    first = await house.prepared()
    await house.publish_parts()
    await house.settle()
    assert not await house.prepared(), "not again at once"
    house.clock.now += timedelta(seconds=31)
    await house.settle()
    again = await house.prepared()
    assert [part["hashes"] for part in again] == [part["hashes"] for part in first]
    assert again[0]["version"] > first[0]["version"]
    await house.publish_parts()
    await house.hear(opened(3))
    house.clock.now += timedelta(days=1)
    await house.settle()
    assert not await house.prepared(), "not after it is open"


async def test_only_who_has_not_answered_is_reminded(house: House) -> None:
    await end_with(house, 12)
    await house.hear(opened(12))
    hashes = [await digest(house, number) for number in (2, 5)]
    reminder = SurveyUnanswered(version=2, session_id=SESSION, part=0, hashes=hashes)
    await house.hear(reminder, reminder)
    assert await house.recipients("survey_reminder") == registrations([2, 5])
    assert not (await house.raw.find("fanouts", {"kind": "survey_reminder"}))[0]["hashes"]


async def test_a_survey_that_is_late_is_not_followed_by_its_reminder_at_once(house: House) -> None:
    await end_with(house, 2)
    hashes = [await digest(house, number) for number in range(2)]
    house.clock.now = END + timedelta(days=7)  # both are heard only now
    await house.hear(opened(2), SurveyUnanswered(version=2, session_id=SESSION, part=0, hashes=hashes))
    batch = await house.loader().load(await house.deliveries(), house.clock.now)
    late = {each.delivery.kind for each in batch.ready if each.delivery.kind.startswith("survey")}
    assert late == {"survey"}
    assert len(batch.skipped[SURVEY_SENT_JUST_NOW]) == 2
    await house.send_everything()
    reminders = await house.deliveries("survey_reminder")
    batch = await house.loader().load(reminders, house.clock.now + timedelta(hours=1))
    assert not batch.ready
    batch = await house.loader().load(reminders, house.clock.now + timedelta(days=1))
    assert len(batch.ready) == 2


async def test_closing_destroys_key_and_hashes_and_skips_what_was_not_sent(house: House) -> None:
    await end_with(house, 12)
    await house.hear(opened(12))
    survey = await house.store.surveys.get(SESSION)
    assert survey is not None
    secrets = [survey.key.encode(), (await digest(house, 0)).encode()]
    assert all(secret in house.raw_bytes() for secret in secrets)
    await house.hear(closed())
    assert await house.states("survey") == {"skipped"}
    assert not await house.raw.find(SURVEY_PARTS)
    assert not any(secret in house.raw_bytes() for secret in secrets)


async def test_after_closing_nobody_can_know_who_had_to_be_reminded(house: House) -> None:
    await end_with(house, 12)
    await house.hear(opened(12))
    hashes = [await digest(house, number) for number in (2, 5)]
    reminder = SurveyUnanswered(version=2, session_id=SESSION, part=0, hashes=hashes)
    await house.hear(reminder)
    await house.send_everything()
    assert await house.recipients("survey_reminder")
    await house.hear(closed(version=3), reminder)
    assert not await house.recipients("survey_reminder")


async def test_after_closing_nothing_brings_the_survey_back(house: House) -> None:
    await end_with(house, 3)
    await house.hear(opened(3))
    await house.send_everything()
    await house.hear(closed())
    before = await house.delivery_ids()
    await house.hear(session_ended(registrations=3), opened(3), registered(7), closed())
    assert [id_ for id_ in await house.delivery_ids() if not id_.startswith("confirmation")] == [
        id_ for id_ in before if not id_.startswith("confirmation")
    ]
    assert not await house.prepared()
    assert (await house.raw.get(SURVEY_KEYS, SESSION) or {})["key"] == ""


async def test_a_close_that_comes_before_the_end_leaves_no_survey(house: House) -> None:
    await house.hear(closed())
    await end_with(house, 3)
    assert not await house.prepared()


async def test_an_opening_that_comes_before_the_end_is_remembered(house: House) -> None:
    await house.hear(opened(3))
    await end_with(house, 3)
    assert len(await house.prepared()) == 1


async def test_results_are_told_to_those_who_held_a_seat(house: House) -> None:
    await house.hear(waiting(90), registered(91), gave_up(91))
    await end_with(house, 3)
    await house.hear(published(5), published(5), registered(4))
    assert await house.recipients("results") == registrations([0, 1, 2, 4])


async def test_results_that_show_nothing_because_too_few_answered_are_told_to_nobody(house: House) -> None:
    await end_with(house, 3)
    await house.hear(published(None), registered(4))
    assert not await house.recipients("results")
