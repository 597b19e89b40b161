"""What a person decides about the mails to their address."""

from datetime import timedelta

import httpx
import pytest

from services.notifications.deliveries.domain import DIRECT_ANSWERS, MAILBOX_KINDS, SEAT_NOTICES, DeliveryKind
from services.notifications.preferences.domain import GROUPS, MailGroup, SuppressionReason
from shared.events.registration import SessionCancelled
from shared.events.vocabulary import Language, SessionStatus
from shared.security.links import LinkPurpose
from tests.integration.notifications.house import (
    START,
    House,
    gave_up,
    programme_defined,
    promoted,
    registered,
    registration_id,
    session_rescheduled,
    session_scheduled,
    session_values,
    waiting,
)
from tests.support.mails import make_registration

ADDRESS = "person1@alamus.example"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
ENGLISH = {"Accept-Language": "en"}


def link(house: House, purpose: LinkPurpose = LinkPurpose.PREFERENCES, *, days: int = 30) -> str:
    token = house.links.token(purpose, registration_id(1), house.clock.now + timedelta(days=days))
    return f"/preferences/{token}"


@pytest.fixture
async def page(house: House) -> str:
    """The page of somebody who registered."""
    await house.hear(programme_defined(), session_scheduled(), registered(1))
    return link(house)


async def stopped(house: House) -> set[MailGroup]:
    return {each.group for each in (await house.store.suppressions.of([ADDRESS])).get(ADDRESS, [])}


async def ready(house: House) -> set[DeliveryKind]:
    """The kinds of mail that would go out."""
    batch = await house.loader().load(await house.deliveries(), house.clock.now)
    return {item.delivery.kind for item in batch.ready}


async def send(house: House, page: str, **fields: str) -> httpx.Response:
    """Fill the form in and send it; the page that it leads to."""
    answer = await house.http.post(page, data=await house.form(page, **fields))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page}?saved=1")
    return await house.http.get(f"{answer.headers['location']}&lang=en")


@pytest.mark.parametrize(("days", "status"), [(30, 200), (-1, 410)])
async def test_the_page_speaks_the_language_of_whoever_gets_the_mails(house: House, days: int, status: int) -> None:
    await house.hear(
        programme_defined(), session_scheduled(), registered(1).model_copy(update={"language": Language.ES})
    )
    shown = await house.http.get(link(house, days=days), headers=ENGLISH)
    assert shown.status_code == status
    assert '<html lang="es">' in shown.text
    chosen = await house.http.get(f"{link(house, days=days)}?lang=ca", headers=ENGLISH)
    assert '<html lang="ca">' in chosen.text


def test_every_kind_is_a_direct_answer_or_a_seat_notice_or_in_one_group() -> None:
    kinds = [kind for group in GROUPS for kind in group.kinds]
    assert sorted([*kinds, *DIRECT_ANSWERS, *SEAT_NOTICES, *MAILBOX_KINDS]) == sorted(DeliveryKind)
    assert MailGroup.ALL.kinds == set(kinds)


async def test_looking_stops_nothing(house: House, page: str) -> None:
    shown = await house.http.get(page, headers={"Accept-Language": "ca"})
    assert shown.status_code == 200
    assert "Vull rebre" in shown.text
    assert shown.text.count(" checked") == len(GROUPS)
    assert (shown.headers["cache-control"], shown.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert '<meta name="robots" content="noindex">' in shown.text
    assert ADDRESS not in shown.text
    assert not await stopped(house)


async def test_a_group_is_stopped_and_received_again_on_the_same_page(house: House, page: str) -> None:
    kept = {group: "1" for group in GROUPS if group is not MailGroup.SURVEYS}
    after = await send(house, page, **kept)
    assert await stopped(house) == {MailGroup.SURVEYS}
    assert 'role="status"' in after.text
    assert after.text.count(" checked") == len(GROUPS) - 1
    await send(house, page, **kept, surveys="1")
    assert not await stopped(house)


async def test_all_are_stopped_and_received_again_by_a_button(house: House, page: str) -> None:
    after = await send(house, page, every="none", reminders="1")
    assert await stopped(house) == {MailGroup.ALL}
    assert "At this address you receive nothing more but what stands below" in after.text
    assert " checked" not in after.text
    await send(house, page, reminders="1")
    assert await stopped(house) == set(GROUPS) - {MailGroup.REMINDERS}
    await send(house, page, every="all")
    assert not await stopped(house)


async def test_what_was_stopped_is_not_sent_and_the_rest_is(house: House, page: str) -> None:
    await send(house, page, **{group: "1" for group in GROUPS if group is not MailGroup.REMINDERS})
    assert await ready(house) == {DeliveryKind.CONFIRMATION}
    skipped = (await house.loader().load(await house.deliveries(), house.clock.now)).skipped
    assert list(skipped) == ["address unsubscribed"]


async def test_a_form_of_another_site_changes_nothing(house: House, page: str) -> None:
    fields = await house.form(page, every="none")
    house.http.cookies.clear()
    assert (await house.http.post(page, data=fields)).status_code == 403
    assert (await house.http.post(page, data={"every": "none"})).status_code == 403
    assert not await stopped(house)


@pytest.mark.parametrize("group", [*GROUPS, MailGroup.ALL])
async def test_the_one_click_of_a_mail_program_stops_the_group_of_its_mail_without_a_redirect(
    house: House, page: str, group: MailGroup
) -> None:
    unsubscribe = f"{page}?group={group}" if group else page
    for body in ({"data": ONE_CLICK}, {"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}):
        answer: httpx.Response = await house.http.post(unsubscribe, **body)
        assert answer.status_code == 200
        assert await stopped(house) == {group}
        await send(house, page, every="all")


@pytest.mark.parametrize("group", [*MailGroup])
async def test_whatever_is_stopped_a_seat_a_new_date_and_a_cancellation_are_told(
    house: House, page: str, group: MailGroup
) -> None:
    await house.hear(waiting(1, 2))
    await house.use_cases.preferences.stop(make_registration(email=ADDRESS), group)
    await house.hear(promoted(1, 3), session_rescheduled(2, START + timedelta(days=7), 1, START))
    assert SEAT_NOTICES - {DeliveryKind.SESSION_CANCELLED, DeliveryKind.CHANGED} <= await ready(house)
    await house.hear(SessionCancelled(version=3, **session_values(status=SessionStatus.CANCELLED)))
    assert DeliveryKind.SESSION_CANCELLED in await ready(house)


async def test_leaving_the_session_ends_what_is_told_of_its_seat(house: House, page: str) -> None:
    await house.hear(session_rescheduled(2, START + timedelta(days=7), 1, START), gave_up(1))
    assert await ready(house) == {DeliveryKind.REGISTRATION_CANCELLED}


@pytest.mark.parametrize("body", [{"List-Unsubscribe": "Two-Click"}, {**ONE_CLICK, "more": "1"}, {}])
async def test_a_body_that_is_not_the_one_click_needs_the_forms_token(
    house: House, page: str, body: dict[str, str]
) -> None:
    assert (await house.http.post(page, data=body)).status_code == 403
    assert not await stopped(house)


async def test_a_link_for_something_else_or_whose_time_is_over_stops_nothing(house: House, page: str) -> None:
    forged = await house.http.post(link(house, LinkPurpose.REGISTRATION), data=ONE_CLICK)
    expired = await house.http.post(link(house, days=-1), data=ONE_CLICK)
    assert (forged.status_code, expired.status_code) == (404, 410)
    assert not await stopped(house)


async def test_a_link_of_somebody_unknown_says_so(house: House) -> None:
    assert (await house.http.get(link(house))).status_code == 404


async def test_who_bounced_is_told_so_and_stays_bounced_whatever_is_chosen(house: House, page: str) -> None:
    await house.bounce(ADDRESS)
    assert "Your mail server refused our messages" in (await send(house, page, every="none")).text
    await send(house, page, every="all")
    (left,) = (await house.store.suppressions.of([ADDRESS]))[ADDRESS]
    assert left.reason is SuppressionReason.BOUNCED
