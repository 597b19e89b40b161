"""What the office sees and does, and how a person stops the news."""

from datetime import timedelta
from typing import Any

import pytest

from services.notifications.deliveries.domain import DeliveryState, Urgency
from shared.clock import to_millis
from shared.staff import Role
from tests.integration.notifications.house import (
    SESSION,
    STAFF,
    House,
    programme_defined,
    registered,
    session_scheduled,
)

ADDRESS = "person1@alamus.example"


async def staff(house: House, method: str, path: str, *, expect: int = 200, **options: Any) -> Any:
    answer = await house.http.request(method, f"/api/v1{path}", headers=STAFF, **options)
    assert answer.status_code == expect, answer.text
    return answer.json() if answer.content else None


async def know_three(house: House) -> None:
    await house.hear(programme_defined(), session_scheduled(), *(registered(number) for number in (1, 2, 3)))


async def test_the_office_reads_all_pages_of_the_deliveries(house: House) -> None:
    await know_three(house)
    seen: list[str] = []
    cursor = None
    while True:
        page = await staff(house, "GET", "/deliveries", params={"limit": 4} | ({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == await house.delivery_ids()
    assert len(seen) == 9


@pytest.mark.parametrize(("path", "count"), [("/deliveries", 9), ("/suppressions", 3)])
async def test_the_last_page_has_no_next_one_although_it_is_full(house: House, path: str, count: int) -> None:
    await know_three(house)
    for number in (1, 2, 3):
        await house.bounce(f"person{number}@alamus.example", number)
    first = await staff(house, "GET", path, params={"limit": count - 1})
    last = await staff(house, "GET", path, params={"limit": 1, "cursor": first["next"]})
    assert (len(first["items"]), len(last["items"]), last["next"]) == (count - 1, 1, None)
    whole = await staff(house, "GET", path, params={"limit": count})
    assert (len(whole["items"]), whole["next"]) == (count, None)


async def test_deliveries_are_chosen_by_session_kind_and_state(house: House) -> None:
    await know_three(house)
    query = {"session": SESSION, "kind": "confirmation", "state": "due"}
    items = (await staff(house, "GET", "/deliveries", params=query))["items"]
    assert sorted(item["address"] for item in items) == [f"person{number}@alamus.example" for number in (1, 2, 3)]
    assert (await staff(house, "GET", "/deliveries", params={**query, "state": "sent"}))["items"] == []
    assert (await staff(house, "GET", "/deliveries", params={"session": "another"}))["items"] == []
    await staff(house, "GET", "/deliveries", params={"kind": "letter"}, expect=422)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/deliveries"),
        ("GET", "/deliveries/x"),
        ("POST", "/deliveries/x/resend"),
        ("GET", "/suppressions"),
        ("DELETE", "/suppressions/x"),
    ],
)
async def test_only_the_office_may(house: House, method: str, path: str) -> None:
    answer = await house.http.request(method, f"/api/v1{path}")
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:dijous:problem:staff-only"


async def test_a_mail_that_ended_is_sent_once_more_and_one_that_has_not_is_not(house: House) -> None:
    await know_three(house)
    id_ = (await house.delivery_ids("confirmation"))[0]
    await staff(house, "POST", f"/deliveries/{id_}/resend", expect=409)
    await house.store.deliveries.mark([id_], DeliveryState.FAILED, "refused")
    due_at = (await staff(house, "GET", f"/deliveries/{id_}"))["due_at"]
    house.clock.now += timedelta(hours=1)
    again = await staff(house, "POST", f"/deliveries/{id_}/resend", expect=202)
    assert (again["state"], again["reason"], again["due_at"]) == ("due", "", due_at)
    due = await house.store.deliveries.due(house.clock.now, Urgency.ANSWER, limit=10)
    assert id_ in [document["_id"] for document in due.items]
    await staff(house, "POST", f"/deliveries/{id_}/resend", expect=409)


async def test_an_unknown_delivery_is_said_to_be_unknown_in_the_callers_language(house: House) -> None:
    headers = {**STAFF, "Accept-Language": "ca"}
    answer = await house.http.get("/api/v1/deliveries/none", headers=headers)
    assert answer.status_code == 404
    assert answer.json()["title"] == "No hi ha cap enviament amb aquest identificador."


async def test_a_suppression_is_listed_and_lifted_without_an_address_in_the_url(house: House) -> None:
    suppression = await house.bounce(ADDRESS)
    await house.bounce(ADDRESS)
    (item,) = (await staff(house, "GET", "/suppressions"))["items"]
    assert (item["address"], item["reason"]) == (ADDRESS, "bounced")
    assert "person1" not in item["id"]
    await staff(house, "DELETE", f"/suppressions/{suppression.id}", expect=204)
    await staff(house, "DELETE", f"/suppressions/{suppression.id}", expect=404)
    assert not await house.store.suppressions.of([ADDRESS, ""])
    assert (await staff(house, "GET", "/suppressions"))["items"] == []


async def test_what_the_office_does_by_the_api_is_audited(house: House) -> None:
    await know_three(house)
    (id_, *_) = await house.delivery_ids("confirmation")
    await house.send_everything()
    suppression = await house.bounce(ADDRESS)
    await staff(house, "POST", f"/deliveries/{id_}/resend", expect=202)
    await staff(house, "POST", f"/deliveries/{id_}/resend", expect=409)
    await staff(house, "DELETE", f"/suppressions/{suppression.id}", expect=204)
    entries = await house.acts()
    assert [(entry.action, entry.subject) for entry in entries] == [
        ("suppression.lifted", suppression.id),
        ("delivery.resent", id_),
    ]
    house.sign_in(Role.ADMIN)
    page = (await house.http.get("/office/audit/mails?lang=ca")).text
    assert f'<a href="/office/mails/deliveries/{id_}">' in page, "with the kind of mail and the session as its words"
    assert "Per què no en rebia: Refusada definitivament" in page
    assert "una aplicació, amb la clau de l&#39;API" in page
    assert ADDRESS not in page


async def test_a_deferred_delivery_is_due_again_when_its_time_comes_and_not_before(house: House) -> None:
    await know_three(house)
    now = house.clock.now
    due = await house.store.deliveries.due(now, Urgency.ANSWER, limit=10)
    assert len(due.items) == 3, "the confirmations; the reminders are not due"
    ids = [document["_id"] for document in due.items]
    await house.store.deliveries.mark(ids[:1], DeliveryState.DEFERRED, "busy", next_try_at=now + timedelta(minutes=1))
    await house.store.deliveries.mark_sent(ids[1:], now)
    assert (await house.store.deliveries.due(now, Urgency.ANSWER, limit=10)).items == []
    (again,) = (await house.store.deliveries.due(now + timedelta(minutes=1), Urgency.ANSWER, limit=10)).items
    assert (again["_id"], again["due_at"]) == (ids[0], to_millis(now))


async def test_what_is_due_comes_in_pages(house: House) -> None:
    await know_three(house)
    first = await house.store.deliveries.due(house.clock.now, Urgency.ANSWER, limit=2)
    second = await house.store.deliveries.due(house.clock.now, Urgency.ANSWER, limit=2, after=first.next)
    assert (len(first.items), len(second.items), second.next) == (2, 1, None)
    assert {document["_id"] for document in first.items}.isdisjoint({document["_id"] for document in second.items})
