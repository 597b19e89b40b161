import asyncio
import re
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.registration.accounts import throttle
from services.registration.accounts.recovery import AmbiguousAccount, make_recovery_link
from services.registration.accounts.sign_in import first_run_token
from services.registration.accounts.sign_in_pages import KNOWN_BROWSER
from services.registration.accounts.store import OFFICE_LINKS, OFFICE_PEOPLE
from services.registration.accounts.throttle import OF_ONE_WITH_ONE, Budget
from shared.staff import API_CALLER, Role
from tests.integration.registration.office_desk import PASSWORD, URL, OfficeDesk, open_desk, where

NEW_PASSWORD = "unes altres quatre paraules"
FOUNDER = {
    "name": "Marta Vila",
    "user_name": "Marta@diputacio.example",
    "password": PASSWORD,
    "password_again": PASSWORD,
}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    async with open_desk(tmp_path) as opened:
        yield opened


@pytest.fixture
async def founded(desk: OfficeDesk) -> OfficeDesk:
    """Marta is the administrator and has signed out."""
    await desk.submit(await desk.first_run_path(), FOUNDER)
    desk.sign_out()
    return desk


async def _try(desk: OfficeDesk, user_name: str, password: str, **given: str) -> int:
    answer = await desk.browser.post("/office/sign-in", data=await _fields(desk, user_name, password, **given))
    return answer.status_code


async def _fields(desk: OfficeDesk, user_name: str, password: str, **given: str) -> dict[str, str]:
    page = await desk.get("/office/sign-in")
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert token
    return {"csrf": token[1], "user_name": user_name, "password": password, **given}


async def test_the_first_run_link_makes_the_first_administrator_and_signs_her_in(desk: OfficeDesk) -> None:
    path = await desk.first_run_path()
    assert "<h1>Primera persona administradora</h1>" in (await desk.get(path)).text
    assert where(await desk.submit(path, FOUNDER)) == "/office"
    people = await desk.use_cases.access.accounts.everybody()
    assert [(person.user_name, person.role) for person in people] == [("marta@diputacio.example", Role.ADMIN)]
    assert (await desk.get("/office/people")).status_code == 200
    assert await desk.acts() == ["office.founded", "person.signed-in"]
    signed_in = desk.signed_in()
    assert signed_in
    assert (signed_in.id, signed_in.role) == (people[0].id, Role.ADMIN)


async def test_the_first_run_link_works_once_and_none_is_made_any_more(desk: OfficeDesk) -> None:
    path = await desk.first_run_path()
    await desk.submit(path, FOUNDER)
    desk.sign_out()
    await desk.get(path, expect=404)
    await desk.submit(path, {**FOUNDER, "user_name": "intrusa@elsewhere.example"}, expect=404)
    assert len(await desk.use_cases.access.accounts.everybody()) == 1
    assert await first_run_token(desk.raw, desk.clock) is None


@pytest.mark.usefixtures("costly_passwords")
async def test_two_who_use_the_first_run_link_at_once_make_one_administrator(desk: OfficeDesk) -> None:
    path = await desk.first_run_path()
    fields = await _fields(desk, "", "")
    both = [{**FOUNDER, **fields, **FOUNDER, "user_name": f"person{n}@diputacio.example"} for n in range(2)]
    answers = await asyncio.gather(*(desk.browser.post(path, data=sent) for sent in both))
    assert sorted(answer.status_code for answer in answers) == [303, 404]
    assert len(await desk.use_cases.access.accounts.everybody()) == 1


async def test_a_new_first_run_link_puts_an_end_to_the_one_before_and_only_its_digest_is_kept(desk: OfficeDesk) -> None:
    first, second = await desk.first_run_path(), await desk.first_run_path()
    await desk.get(first, expect=404)
    await desk.get(second)
    assert second.rpartition("/")[2] not in str(await desk.raw.find(OFFICE_LINKS))


async def test_a_first_run_link_expires(desk: OfficeDesk) -> None:
    path = await desk.first_run_path()
    desk.clock.move(days=8)
    await desk.get(path, expect=404)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"user_name": "marta"}, "user_name"),
        ({"password": "curta", "password_again": "curta"}, "password"),
        ({"password_again": "una altra de ben llarga"}, "password_again"),
    ],
)
async def test_what_is_wrong_in_the_first_run_is_said_beside_its_field_and_the_rest_is_kept(
    desk: OfficeDesk, wrong: dict[str, str], field: str
) -> None:
    path = await desk.first_run_path()
    page = (await desk.submit(path, {**FOUNDER, **wrong}, expect=422)).text
    assert f'href="#{field}"' in page
    assert "<title>Error: " in page
    assert PASSWORD not in page
    assert {**FOUNDER, **wrong}["name"].strip() in page
    assert not await desk.use_cases.access.accounts.everybody()


async def test_the_user_name_may_be_written_in_capitals(founded: OfficeDesk) -> None:
    assert await _try(founded, "MARTA@diputacio.example", PASSWORD) == 303
    await founded.get("/office/people")


async def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(founded: OfficeDesk) -> None:
    wrong = await founded.submit(
        "/office/sign-in", {"user_name": "marta@diputacio.example", "password": "no és aquesta"}, expect=422
    )
    unknown = await founded.submit(
        "/office/sign-in", {"user_name": "marxa@diputacio.example", "password": "no és aquesta"}, expect=422
    )
    assert unknown.text.replace("marxa@", "marta@") == wrong.text


@pytest.mark.usefixtures("costly_passwords")
async def test_an_unknown_name_takes_as_long_as_a_wrong_password(founded: OfficeDesk) -> None:
    async def seconds(user_name: str) -> float:
        began = time.perf_counter()
        assert await _try(founded, user_name, "no és aquesta") == 422
        return time.perf_counter() - began

    await seconds("ningu@diputacio.example")  # the hash that stands for nobody's is made once
    known = min([await seconds("marta@diputacio.example") for _ in range(3)])
    unknown = min([await seconds("marxa@diputacio.example") for _ in range(3)])
    assert unknown > known / 2


async def test_after_some_failures_one_has_to_wait_and_then_gets_in(founded: OfficeDesk) -> None:
    for _ in range(OF_ONE_WITH_ONE.free):
        assert await _try(founded, "marta@diputacio.example", "no és aquesta") == 422
    answer = await founded.submit(
        "/office/sign-in", {"user_name": "marta@diputacio.example", "password": PASSWORD}, expect=429
    )
    assert 1 <= int(answer.headers["retry-after"]) <= 2
    founded.clock.move(seconds=2)
    assert await _try(founded, "marta@diputacio.example", PASSWORD) == 303
    founded.sign_out()
    assert await _try(founded, "marta@diputacio.example", "no és aquesta") == 422, "a success forgets the failures"


async def test_the_pause_grows_and_spares_other_names(founded: OfficeDesk) -> None:
    for _ in range(OF_ONE_WITH_ONE.free):
        await _try(founded, "marta@diputacio.example", "no")
    for pause in (1, 2, 4):
        assert await _try(founded, "marta@diputacio.example", "no") == 429
        founded.clock.move(seconds=pause)
        assert await _try(founded, "marta@diputacio.example", "no") == 422
    assert await _try(founded, "pere@diputacio.example", "no") == 422


async def test_one_password_is_not_to_be_tried_with_many_names(
    founded: OfficeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "OF_ONE_PLACE", Budget(3, timedelta(seconds=10)))
    founded.browser.cookies.delete(KNOWN_BROWSER)
    statuses = [await _try(founded, f"name{number}@diputacio.example", "Primavera2024") for number in range(4)]
    assert statuses == [422, 422, 422, 429]
    founded.clock.move(seconds=6)
    assert await _try(founded, "marta@diputacio.example", PASSWORD) == 303, "nobody is kept out for long"


async def test_a_session_that_was_planted_before_signing_in_is_worth_nothing_after(founded: OfficeDesk) -> None:
    planted, jar = "an-attacker-s-own-session", founded.browser.cookies
    jar.set("office", planted)
    assert await _try(founded, "marta@diputacio.example", PASSWORD) == 303
    assert [cookie for cookie in jar.jar if cookie.name == "office" and cookie.value != planted], "a new one is given"
    jar.clear()
    jar.set("office", planted)
    assert where(await founded.get("/office/people", expect=303)).startswith("/office/sign-in")


@pytest.mark.usefixtures("costly_passwords")
async def test_many_attempts_at_once_count_as_many(founded: OfficeDesk) -> None:
    fields = await _fields(founded, "marta@diputacio.example", "no")
    answers = await asyncio.gather(*(founded.browser.post("/office/sign-in", data=fields) for _ in range(15)))
    tried = [answer for answer in answers if answer.status_code == 422]
    assert len(tried) <= OF_ONE_WITH_ONE.free


async def test_who_signs_in_leaves_the_browser_known_and_signing_out_keeps_it_so(founded: OfficeDesk) -> None:
    answer = await founded.submit("/office/sign-in", {"user_name": "marta@diputacio.example", "password": PASSWORD})
    (cookie,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith(f"{KNOWN_BROWSER}=")]
    assert "marta" not in cookie.lower()
    assert {"HttpOnly", "Path=/", "SameSite=strict", f"Max-Age={365 * 24 * 3600}"} <= set(cookie.split("; "))
    await founded.submit("/office/sign-out", {})
    assert founded.browser.cookies.get(KNOWN_BROWSER)


async def test_a_failure_is_logged_without_the_name_and_the_place(founded: OfficeDesk) -> None:
    with capture_logs() as logs:
        await _try(founded, "marta@diputacio.example", "no")
    (failure,) = [entry for entry in logs if entry.get("action") == "sign_in_failed"]
    assert failure["reason"] == "wrong-credentials"
    assert not {"marta", "127.0.0.1"} & set(re.findall(r"[\w.]+", str(failure)))


async def test_signing_in_leads_on_to_the_page_asked_for(founded: OfficeDesk) -> None:
    asked = await founded.browser.get("/office/people?x=1")
    assert where(asked) == "/office/sign-in?next=/office/people%3Fx%3D1"
    page = await founded.get(where(asked))
    assert 'name="next" value="/office/people?x=1"' in page.text


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
async def test_signing_in_never_leads_elsewhere(founded: OfficeDesk, elsewhere: str) -> None:
    fields = await _fields(founded, "marta@diputacio.example", PASSWORD, next=elsewhere)
    answer = await founded.browser.post("/office/sign-in", data=fields)
    assert answer.headers["location"] == "/office"


async def test_signing_out_takes_a_form_of_ours(founded: OfficeDesk) -> None:
    await _try(founded, "marta@diputacio.example", PASSWORD)
    assert (await founded.browser.post("/office/sign-out", data={"csrf": "x"})).status_code == 403
    assert where(await founded.submit("/office/sign-out", {})) == "/office/sign-in"
    assert (await founded.browser.get("/office/people")).status_code == 303


async def test_a_person_is_added_and_sets_a_password_by_a_link_shown_once(founded: OfficeDesk) -> None:
    founded.sign_in(Role.ADMIN)
    newcomer = {"name": "Pere Roig", "user_name": "pere@diputacio.example", "role": "editor"}
    person = where(await founded.submit("/office/people", newcomer))
    page = (await founded.submit(f"{person}/link", {}, expect=200)).text
    link = re.search(r"http://localhost(/office/password/[\w-]{43})<", page)
    assert link
    assert link[1] not in (await founded.get(person)).text
    founded.sign_out()
    assert "Pere Roig" in (await founded.get(link[1])).text
    await founded.submit(link[1], {"password": "curta", "password_again": "curta"}, expect=422)
    await founded.submit(link[1], {"password": PASSWORD, "password_again": PASSWORD})
    await founded.get("/office/people", expect=403)
    founded.sign_out()
    await founded.get(link[1], expect=404)
    assert await _try(founded, "pere@diputacio.example", PASSWORD) == 303
    acts = await founded.acts()
    assert [act for act in acts if act.startswith("person.")] == [
        "person.signed-in",
        "person.added",
        "person.link-made",
        "person.password-set",
        "person.signed-in",
        "person.signed-in",
    ]


async def test_a_taken_user_name_and_a_missing_role_are_said(founded: OfficeDesk) -> None:
    founded.sign_in(Role.ADMIN)
    again = {"name": "Marta Dos", "user_name": "marta@diputacio.example", "role": "viewer"}
    page = (await founded.submit("/office/people", again, expect=422)).text
    assert 'href="#user_name"' in page
    assert "Marta Dos" in page
    page = (await founded.submit("/office/people", {**again, "role": "root"}, expect=422)).text
    assert 'href="#role"' in page


async def test_the_last_administrator_stays(founded: OfficeDesk) -> None:
    founded.sign_in(Role.ADMIN)
    marta = (await founded.use_cases.access.accounts.everybody())[0].id
    await founded.submit(f"/office/people/{marta}/role", {"role": "viewer"}, expect=422)
    await founded.submit(f"/office/people/{marta}/remove", {}, expect=409)
    assert (await founded.use_cases.access.accounts.get(marta)).role is Role.ADMIN


async def test_somebody_removed_is_out_at_once_and_may_be_added_again(founded: OfficeDesk) -> None:
    founded.sign_in(Role.ADMIN)
    newcomer = {"name": "Pere Roig", "user_name": "pere@diputacio.example", "role": "admin"}
    path = where(await founded.submit("/office/people", newcomer))
    pere = path.rpartition("/")[2]
    his = founded.another_browser()
    await his.begin_session(pere)
    await his.get("/office/people")
    assert "Pere Roig" in (await founded.get(f"{path}/remove")).text
    await founded.submit(f"{path}/remove", {})
    asked = await his.browser.get("/office/people")
    assert asked.status_code == 303
    await his.get(where(asked), expect=200)  # the form to sign in, not the way back to where nobody is let in
    assert where(await founded.submit("/office/people", {**newcomer, "role": "viewer"})) == path
    await his.get("/office/people", expect=303)
    await his.begin_session(pere)
    await his.get("/office/people", expect=403)


async def test_who_may_do_more_or_less_now_may_so_at_once(founded: OfficeDesk) -> None:
    pere = (await founded.use_cases.access.accounts.add(API_CALLER, "Pere", "pere@diputacio.example", Role.VIEWER)).id
    await founded.begin_session(pere)
    await founded.get("/office/audit", expect=403)
    await founded.use_cases.access.accounts.change_role(API_CALLER, pere, Role.ADMIN)
    await founded.get("/office/audit")
    await founded.use_cases.access.accounts.change_role(API_CALLER, pere, Role.EDITOR)
    await founded.get("/office/audit", expect=403)
    await founded.use_cases.access.accounts.remove(API_CALLER, pere)
    await founded.get("/office/audit", expect=303)


async def test_the_other_services_are_told_what_each_may_do(founded: OfficeDesk) -> None:
    async def told(person_id: str) -> list[tuple[int, int | None]]:
        document = await founded.raw.get(OFFICE_PEOPLE, person_id)
        assert document
        events = [envelope["data"] for envelope in document["outbox"]]
        assert [envelope["headers"]["ce-subject"] for envelope in document["outbox"]] == [person_id] * len(events)
        return [(event["version"], event["role"]) for event in events]

    people = founded.use_cases.access.accounts
    [marta] = await people.everybody()
    assert await told(marta.id) == [(1, Role.ADMIN), (2, Role.ADMIN)], "founded the office, signed in"
    pere = (await people.add(API_CALLER, "Pere", "pere@diputacio.example", Role.VIEWER)).id
    await people.change_role(API_CALLER, pere, Role.EDITOR)
    await people.change_role(API_CALLER, pere, Role.EDITOR)
    assert await told(pere) == [(1, Role.VIEWER), (2, Role.EDITOR)], "what stays the same is not told"
    await people.remove(API_CALLER, pere)
    assert (await told(pere))[-1] == (3, None)


async def test_who_comes_back_much_later_is_told_as_later_than_the_removal(founded: OfficeDesk) -> None:
    people = founded.use_cases.access.accounts
    pere = (await people.add(API_CALLER, "Pere", "pere@diputacio.example", Role.EDITOR)).id
    joan = (await people.add(API_CALLER, "Joan", "joan@diputacio.example", Role.EDITOR)).id
    await people.remove(API_CALLER, pere)
    founded.clock.move(days=400)
    await people.remove(API_CALLER, joan)
    assert {person.name for person in await people.everybody()} == {"Marta Vila"}
    assert (await people.add(API_CALLER, "Pere", "pere@diputacio.example", Role.VIEWER)).id == pere
    document = await founded.raw.get(OFFICE_PEOPLE, pere)
    assert document
    assert [(event["data"]["version"], event["data"]["role"]) for event in document["outbox"]] == [(3, Role.VIEWER)]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
async def test_the_people_are_the_administrators(desk: OfficeDesk, role: Role) -> None:
    desk.sign_in(role)
    await desk.get("/office/people", expect=403)
    assert "/office/people" not in (await desk.get("/office")).text, "nobody is led to where they may not go"


async def test_the_only_administrator_who_forgot_the_password_has_a_link_from_the_operator(founded: OfficeDesk) -> None:
    way = await make_recovery_link(founded.raw, URL, founded.clock)
    assert way.person is not None
    assert way.person.name == "Marta Vila"
    path = way.link.removeprefix(URL)
    assert way.link.startswith(f"{URL}/office/password/")
    await founded.submit(path, {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD})
    await founded.submit("/office/sign-in", {"user_name": "marta@diputacio.example", "password": NEW_PASSWORD})
    await founded.get(path, expect=404)
    (entry,) = await founded.entries(action="person.link-made")
    assert (entry.member_id, entry.subject) == ("operator", way.person.id)
    founded.sign_in(Role.ADMIN)
    assert "qui opera la instal·lació, amb una ordre" in (await founded.get("/office/audit")).text


async def test_the_operator_s_link_expires_and_replaces_the_one_before(founded: OfficeDesk) -> None:
    first = await make_recovery_link(founded.raw, URL, founded.clock)
    second = await make_recovery_link(founded.raw, URL, founded.clock)
    await founded.get(first.link.removeprefix(URL), expect=404)
    await founded.get(second.link.removeprefix(URL))
    founded.clock.move(days=3, seconds=1)
    await founded.get(second.link.removeprefix(URL), expect=404)


async def test_of_several_the_operator_says_whose_link_it_is(founded: OfficeDesk) -> None:
    await founded.use_cases.access.accounts.add(API_CALLER, "Pere", "pere@gomunicipal.example", Role.ADMIN)
    await founded.use_cases.access.accounts.add(API_CALLER, "Joan", "joan@gomunicipal.example", Role.VIEWER)
    for user_name in ("", "nobody@gomunicipal.example"):
        with pytest.raises(AmbiguousAccount) as refused:
            await make_recovery_link(founded.raw, URL, founded.clock, user_name)
        assert [person.name for person in refused.value.choices] == (
            ["Joan", "Marta Vila", "Pere"] if user_name else ["Marta Vila", "Pere"]
        )
    assert "person.link-made" not in await founded.acts()
    way = await make_recovery_link(founded.raw, URL, founded.clock, " Joan@gomunicipal.example")
    assert way.person is not None
    assert way.person.name == "Joan"


async def test_without_an_administrator_the_operator_s_link_makes_the_first(desk: OfficeDesk) -> None:
    way = await make_recovery_link(desk.raw, URL, desk.clock)
    assert way.person is None
    await desk.get(way.link.removeprefix(URL))
    assert await desk.acts() == ["office.link-made"]
