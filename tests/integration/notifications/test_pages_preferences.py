"""What a person decides about the mails to their address."""

from datetime import timedelta

import httpx
import pytest

from services.notifications.domain.deliveries import DIRECT_ANSWERS, DeliveryKind
from services.notifications.domain.suppressions import GROUPS, MailGroup, SuppressionReason
from services.notifications.usecases.gathering import Gathering
from shared.links import LinkPurpose
from tests.integration.notifications.house import (
    House,
    programme_defined,
    registered,
    registration_id,
    session_scheduled,
)

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


async def send(house: House, page: str, **fields: str) -> httpx.Response:
    """Fill the form in and send it; the page that it leads to."""
    answer = await house.http.post(page, data=await house.form(page, **fields))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{page}?saved=1")
    return await house.http.get(answer.headers["location"], headers=ENGLISH)


def test_every_kind_is_a_direct_answer_or_in_one_group() -> None:
    kinds = [kind for group in GROUPS for kind in group.kinds]
    assert sorted([*kinds, *DIRECT_ANSWERS]) == sorted(DeliveryKind)
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
    assert "You receive no more news" in after.text
    assert " checked" not in after.text
    await send(house, page, reminders="1")
    assert await stopped(house) == set(GROUPS) - {MailGroup.REMINDERS}
    await send(house, page, every="all")
    assert not await stopped(house)


async def test_what_was_stopped_is_not_sent_and_the_rest_is(house: House, page: str) -> None:
    await send(house, page, **{group: "1" for group in GROUPS if group is not MailGroup.REMINDERS})
    gathered = await Gathering(house.store).gather(await house.deliveries(), house.clock.now)
    assert {item.delivery.kind for item in gathered.ready} == {DeliveryKind.CONFIRMATION}
    assert list(gathered.skipped) == ["address unsubscribed"]


async def test_a_form_of_another_site_changes_nothing(house: House, page: str) -> None:
    fields = await house.form(page, every="none")
    house.http.cookies.clear()
    assert (await house.http.post(page, data=fields)).status_code == 403
    assert (await house.http.post(page, data={"every": "none"})).status_code == 403
    assert not await stopped(house)


async def test_the_one_click_of_a_mail_program_stops_all_without_a_redirect(house: House, page: str) -> None:
    for body in ({"data": ONE_CLICK}, {"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}):
        answer: httpx.Response = await house.http.post(page, **body)
        assert answer.status_code == 200
        assert await stopped(house) == {MailGroup.ALL}
        await send(house, page, every="all")


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
    await house.store.suppressions.add(ADDRESS, SuppressionReason.BOUNCED, house.clock.now)
    assert "Your mail server refused our messages" in (await send(house, page, every="none")).text
    await send(house, page, every="all")
    (left,) = (await house.store.suppressions.of([ADDRESS]))[ADDRESS]
    assert left.reason is SuppressionReason.BOUNCED
