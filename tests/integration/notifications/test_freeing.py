"""The office sends to suppressed addresses again, also to many at once, with what they missed and can still use."""

from datetime import timedelta

import pytest

from services.notifications.deliveries.domain import DeliveryState
from shared.staff import Role
from tests.integration.notifications.house import (
    END,
    STAFF,
    House,
    programme_defined,
    registered,
    registration_id,
    session_scheduled,
)

PATH = "/office/mails/suppressions"


async def refuse(house: House, *numbers: int) -> None:
    """Have the confirmations to these people refused for good."""
    await house.hear(programme_defined(reminders_minutes=[]), session_scheduled(), *map(registered, numbers))
    for document in await house.deliveries("confirmation"):
        number = next(each for each in numbers if registration_id(each) == document["recipient_id"])
        await house.store.deliveries.mark([document["_id"]], DeliveryState.BOUNCED, "RCPT: 550 5.1.1 unknown")
        await house.bounce(f"person{number}@alamus.example", number)


async def due(house: House) -> list[str]:
    return sorted(each["recipient_id"] for each in await house.deliveries() if each["open"])


async def test_many_are_freed_by_one_act_after_their_number_was_shown(house: House) -> None:
    await refuse(house, 1, 2, 3)
    await house.bounce("other@elsewhere.example")
    house.sign_in(Role.ADMIN)
    chosen = {"reason": "bounced", "domain": "alamus.example", "since": "", "until": ""}
    shown = await house.http.post(f"{PATH}/lift?lang=ca", data=await house.form(PATH, **chosen))
    assert "Són 3 adreces." in shown.text
    assert await due(house) == []
    freed = await house.http.post(f"{PATH}/lift", data=await house.form(PATH, **chosen, confirmed="1"))
    assert freed.headers["location"] == f"{PATH}?freed=3"
    page = (await house.http.get(f"{PATH}?freed=3&lang=ca")).text
    assert "3 adreces tornen a rebre correus" in page
    assert ("other@elsewhere.example" in page, "person1@alamus.example" in page) == (True, False)
    assert await due(house) == sorted(map(registration_id, (1, 2, 3))), "their confirmations are of use"
    (act,) = await house.acts()
    assert act.action == "suppressions.lifted"
    assert act.details == {"reason": "bounced", "domain": "alamus.example", "number": "3"}


async def test_what_is_of_no_use_any_more_stays_unsent(house: House) -> None:
    await refuse(house, 1)
    house.clock.now = END + timedelta(hours=1)
    answer = await house.http.post("/api/v1/suppressions/lift", json={"reason": "bounced"}, headers=STAFF)
    assert answer.json() == {"number": 1}
    assert await due(house) == []


@pytest.mark.parametrize(
    ("choice", "number"),
    [
        ({}, 2),
        ({"domain": "alamus.example"}, 2),
        ({"domain": "mus.example"}, 0),
        ({"since": "2026-12-02T00:00:00Z"}, 0),
        ({"until": "2026-12-01T09:00:00Z"}, 0),
    ],
)
async def test_a_choice_is_counted_before_anything_changes(house: House, choice: dict[str, str], number: int) -> None:
    await refuse(house, 1, 2)
    body = {"reason": "bounced", **choice, "dry_run": True}
    assert (await house.http.post("/api/v1/suppressions/lift", json=body, headers=STAFF)).json() == {"number": number}
    assert await due(house) == []
    assert await house.acts() == []


@pytest.mark.parametrize("days", [{"since": "soon", "until": ""}, {"since": "", "until": "9999-12-31"}])
async def test_a_day_that_is_none_is_told(house: House, days: dict[str, str]) -> None:
    await refuse(house, 1)
    house.sign_in(Role.ADMIN)
    form = await house.form(PATH, reason="bounced", domain="", **days)
    answer = await house.http.post(f"{PATH}/lift?lang=ca", data=form)
    assert answer.status_code == 422
    assert "Escriviu les dates amb dia, mes i any." in answer.text
