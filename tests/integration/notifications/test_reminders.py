"""Reminders follow what their programme chooses: some are withdrawn, others come, none after the start."""

from datetime import timedelta
from typing import Any

from services.notifications.deliveries.store import DELIVERIES, DeliveryStore
from services.notifications.projections.store import Projections
from services.notifications.reminders import WITHDRAWN, Reminders
from services.notifications.sending.superseded import LATER_REMINDER
from shared.clock import to_millis
from shared.storage.contract import Document
from shared.storage.sqlite import SqliteStore
from tests.integration.notifications.house import (
    DAY,
    HOUR,
    PROGRAMME,
    SESSION,
    START,
    House,
    programme_defined,
    registered,
    registration_id,
    session_rescheduled,
    session_scheduled,
)

PEOPLE = 9
"""More than a page of a fan-out."""


async def _begin(house: House) -> None:
    """Everybody is to be reminded a day and an hour before."""
    await house.hear(programme_defined(), session_scheduled(), *map(registered, range(PEOPLE)))


async def _choose(house: House, version: int, *minutes: int) -> None:
    await house.hear(programme_defined(version, reminders_minutes=list(minutes)))


async def _planned(house: House) -> dict[int, int]:
    """How many are to be reminded so many minutes before the start."""
    open_ones = [item for item in await house.deliveries("reminder") if item["open"]]
    assert all(item["next_try_at"] == item["due_at"] for item in open_ones)
    minutes = [item["minutes_before"] for item in open_ones]
    return {before: minutes.count(before) for before in sorted(minutes)}


async def test_a_reminder_taken_out_is_withdrawn_and_a_new_one_comes(house: House) -> None:
    await _begin(house)
    await _choose(house, 2, HOUR, 15)
    assert await _planned(house) == {15: PEOPLE, HOUR: PEOPLE}
    gone = [item for item in await house.deliveries("reminder") if item["minutes_before"] == DAY]
    assert {(item["state"], item["reason"]) for item in gone} == {("skipped", WITHDRAWN)}


async def test_put_back_it_comes_to_everybody_and_to_who_came_meanwhile(house: House) -> None:
    await _begin(house)
    await _choose(house, 2, HOUR)
    await house.hear(registered(PEOPLE))
    await _choose(house, 3, DAY, HOUR)
    assert await _planned(house) == {HOUR: PEOPLE + 1, DAY: PEOPLE + 1}


async def test_put_back_after_its_time_it_does_not_come(house: House) -> None:
    await _begin(house)
    await _choose(house, 2, HOUR)
    house.clock.now = START - timedelta(minutes=DAY - 1)
    await _choose(house, 3, DAY, HOUR)
    assert await _planned(house) == {HOUR: PEOPLE}
    house.clock.now = START
    before = await house.deliveries()
    await _choose(house, 4, 5)
    assert await house.deliveries() == before, "nothing is planned once it has begun"


async def test_told_twice_or_late_nothing_changes(house: House) -> None:
    await _begin(house)
    await _choose(house, 2, HOUR)
    planned = await house.deliveries()
    await _choose(house, 2, HOUR)
    await _choose(house, 1, DAY, HOUR)  # overtaken on the way
    assert await house.deliveries() == planned


async def test_what_was_sent_stays_sent(house: House) -> None:
    await _begin(house)
    await house.send_everything()
    await _choose(house, 2, HOUR)
    await _choose(house, 3, DAY, HOUR)
    assert await house.states("reminder") == {"sent"}


async def test_moved_away_and_back_who_came_meanwhile_is_reminded_too(house: House) -> None:
    await _begin(house)
    moved = START + timedelta(days=1)
    await house.hear(session_rescheduled(2, moved, 1, START), registered(PEOPLE))
    await house.hear(session_rescheduled(3, START, 2, moved))
    theirs = [item for item in await house.deliveries("reminder") if item["recipient_id"] == registration_id(PEOPLE)]
    assert sum(item["due_at"] < to_millis(START) for item in theirs) == 2


async def test_one_that_slipped_in_is_not_sent(house: House) -> None:
    await _begin(house)
    await _choose(house, 2, HOUR)
    withdrawn = [item for item in await house.deliveries("reminder") if item["minutes_before"] == DAY]
    for item in withdrawn:  # as a fan-out that had read the programme before leaves them
        await house.raw.update(DELIVERIES, item["_id"], assign={"open": 1, "state": "due", "reason": ""})
    batch = await house.loader().load(await house.deliveries("reminder"), START - timedelta(minutes=DAY))
    assert {reason: len(ids) for reason, ids in batch.skipped.items()} == {WITHDRAWN: PEOPLE}


async def test_of_reminders_that_are_late_only_the_last_is_sent(house: House) -> None:
    await _begin(house)
    now = START - timedelta(minutes=30)  # nothing was sent since before the first one's time
    batch = await house.loader().load(await house.deliveries("reminder"), now)
    assert [each.delivery.minutes_before for each in batch.ready] == [HOUR] * PEOPLE
    assert {reason: len(ids) for reason, ids in batch.skipped.items()} == {LATER_REMINDER: PEOPLE}


async def test_a_late_reminder_is_sent_while_the_next_is_still_to_come(house: House) -> None:
    await _begin(house)
    due = [item for item in await house.deliveries("reminder") if item["minutes_before"] == DAY]
    batch = await house.loader().load(due, START - timedelta(minutes=HOUR + 1))
    assert len(batch.ready) == PEOPLE


async def test_a_late_reminder_is_sent_if_the_later_one_came_too_late_to_be_planned(house: House) -> None:
    await _begin(house)
    house.clock.now = START - timedelta(minutes=30)
    await _choose(house, 2, DAY, 45)  # the last hour's is withdrawn, and the new one's time has passed
    due = [item for item in await house.deliveries("reminder") if item["open"]]
    batch = await house.loader().load(due, house.clock.now)
    assert [each.delivery.minutes_before for each in batch.ready] == [DAY] * PEOPLE


class _Overtaken(SqliteStore):
    """A store in which the programme changes just when its reminders were read."""

    house: House | None

    async def find(self, *args: Any, **options: Any) -> list[Document]:
        found = await super().find(*args, **options)
        house, self.house = self.house, None
        if house:
            await _choose(house, 3, DAY, HOUR)
        return found


async def test_who_is_overtaken_by_another_change_follows_it_too(house: House) -> None:
    await _begin(house)
    await house.handle(programme_defined(2, reminders_minutes=[HOUR]))
    session, programme = (
        await house.store.known.sessions.get(SESSION),
        await house.store.known.programmes.get(PROGRAMME),
    )
    assert session
    assert programme
    documents = _Overtaken(house.path)
    documents.house = house
    overtaken = Reminders(DeliveryStore(documents), Projections.over(documents), house.clock)
    await overtaken.follow(session, programme, house.clock.now)
    await documents.close()
    assert await _planned(house) == {HOUR: PEOPLE, DAY: PEOPLE}
