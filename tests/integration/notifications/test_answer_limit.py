"""Who types somebody else's address again and again fills no mailbox."""

from datetime import timedelta

from services.notifications.deliveries.domain import DeliveryKind, DeliveryState
from services.notifications.sending.batch import Batch
from services.notifications.sending.rate_limit import TOO_MANY
from services.notifications.usecases import make_loader
from shared.events.registration import EntityRegistered
from shared.staff import Role, StaffMember
from tests.integration.notifications.house import House, person, programme_defined, registered, session_scheduled

VICTIM = "victim@alamus.example"


async def bomb(house: House, numbers: range) -> None:
    """The same address is registered again and again, as different registrations."""
    await house.hear(programme_defined(), session_scheduled())
    for number in numbers:
        house.clock.now += timedelta(seconds=1)
        await house.hear(EntityRegistered(version=1, **{**person(number), "email": VICTIM}))


async def gather(house: House, *, per_hour: int) -> Batch:
    """What the sender makes of the confirmations that are due, with its marks."""
    due = [item for item in await house.deliveries("confirmation") if item["open"]]
    batch = await make_loader(house.store, answers_per_hour=per_hour).load(due, house.clock.now)
    for reason, ids in batch.skipped.items():
        await house.store.deliveries.mark(ids, DeliveryState.SKIPPED, reason)
    await house.store.deliveries.mark_sent([item.delivery.id for item in batch.ready], house.clock.now)
    return batch


async def test_an_address_gets_so_many_direct_answers_an_hour(house: House) -> None:
    await bomb(house, range(8))
    await house.hear(registered(50))
    batch = await gather(house, per_hour=5)
    assert [item.recipient.email for item in batch.ready].count(VICTIM) == 5
    assert "person50@alamus.example" in [item.recipient.email for item in batch.ready]
    assert {reason: len(ids) for reason, ids in batch.skipped.items()} == {TOO_MANY: 3}


async def test_addresses_that_lead_to_one_mailbox_count_together(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled())
    for number in range(8):
        address = f"vic.tim+{number}@gmail.com" if number % 2 else f"v.ictim+{number}@googlemail.com"
        await house.hear(EntityRegistered(version=1, **{**person(number), "email": address}))
    assert len((await gather(house, per_hour=5)).ready) == 5


async def test_those_sent_before_count_and_after_an_hour_they_do_not(house: House) -> None:
    await bomb(house, range(4))
    await gather(house, per_hour=5)
    await bomb(house, range(10, 13))
    assert len((await gather(house, per_hour=5)).ready) == 1
    house.clock.now += timedelta(hours=1)
    await bomb(house, range(20, 22))
    assert len((await gather(house, per_hour=5)).ready) == 2


async def test_without_a_limit_all_are_sent(house: House) -> None:
    await bomb(house, range(8))
    assert len((await gather(house, per_hour=0)).ready) == 8


async def test_what_the_office_sends_once_more_goes_out(house: House) -> None:
    await bomb(house, range(6))
    (skipped,) = (await gather(house, per_hour=5)).skipped.values()
    await house.use_cases.delivery_admin.resend(StaffMember("member", "Anna", Role.EDITOR), skipped[0])
    assert [item.delivery.id for item in (await gather(house, per_hour=5)).ready] == skipped


async def test_news_and_reminders_are_not_counted(house: House) -> None:
    await bomb(house, range(3))
    reminders = await house.deliveries(DeliveryKind.REMINDER)
    batch = await make_loader(house.store, answers_per_hour=1).load(reminders, house.clock.now)
    assert len(batch.ready) == len(reminders)
