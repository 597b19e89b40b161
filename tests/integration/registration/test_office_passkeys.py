"""The second factor: a passkey after the password."""

import html
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from services.registration.accounts.domain import CHALLENGE_LASTS, Account, PasskeyProblem, SignInRules
from services.registration.accounts.passkeys import RelyingParty
from services.registration.accounts.recovery import make_recovery_link
from services.registration.accounts.store import OFFICE_CHALLENGES
from services.registration.settings import Settings
from shared.staff import API_CALLER, Role
from tests.integration.registration.office_desk import PASSWORD, SECRET, STAFF_TOKEN, OfficeDesk, open_desk, where
from tests.support.authenticator import Authenticator

MARTA = "marta@diputacio.example"
FOUNDER = {"name": "Marta Vila", "user_name": MARTA, "password": PASSWORD, "password_again": PASSWORD}
ORIGIN, HOST = "https://dijous.example", "dijous.example"
NOW = datetime(2026, 11, 30, tzinfo=UTC)
STEP = "/office/passkey"
REFUSED = "No s&#39;ha pogut comprovar la clau d&#39;accés"
NEEDED = SignInRules(administrators_need_passkey=True)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    """Marta, who founded the office, is signed in."""
    async with open_desk(tmp_path, passkeys_at=ORIGIN) as opened:
        await opened.submit(await opened.first_run_path(), FOUNDER)
        yield opened


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    """An office whose administrators need a passkey."""
    async with open_desk(tmp_path, rules=NEEDED, passkeys_at=ORIGIN) as opened:
        yield opened


async def options(desk: OfficeDesk) -> dict[str, Any]:
    """What the page asks the browser."""
    found = re.search(r'data-options="([^"]+)"', (await desk.get(STEP)).text)
    assert found
    asked: dict[str, Any] = json.loads(html.unescape(found[1]))
    return asked


async def add(desk: OfficeDesk, name: str = "portàtil") -> Authenticator:
    """Add a passkey on one's own page."""
    assert where(await desk.submit("/office/account/passkeys", {"confirmation_password": PASSWORD})) == STEP
    key = Authenticator(ORIGIN)
    await desk.submit(STEP, {"answer": key.create(await options(desk)), "name": name})
    return key


async def give_password(desk: OfficeDesk) -> dict[str, Any]:
    """Sign in as far as the passkey; what is asked of the browser."""
    assert where(await desk.submit("/office/sign-in", {"user_name": MARTA, "password": PASSWORD})) == STEP
    return await options(desk)


async def test_who_has_a_passkey_is_in_with_the_password_and_it_alone(desk: OfficeDesk) -> None:
    key, other = await add(desk), desk.another_browser()
    asked = await give_password(other)
    assert asked["userVerification"] == "required"
    assert len(asked["allowCredentials"]) == 1
    await other.get("/office/people", expect=303)
    await other.submit(STEP, {"answer": key.get(asked)})
    await other.get("/office/people")
    assert (await desk.entries(action="person.signed-in"))[0].details["how"] == "passkey"
    assert [entry.details for entry in await desk.entries(action="person.passkey-added")] == [{"passkey": "portàtil"}]


async def test_one_has_several_passkeys_and_each_lets_in(desk: OfficeDesk) -> None:
    keys = [await add(desk, name) for name in ("portàtil", "mòbil")]
    page = (await desk.get("/office/account")).text
    assert "portàtil: afegida el" in page
    assert "mòbil: afegida el" in page
    for key in keys:
        other = desk.another_browser()
        await other.submit(STEP, {"answer": key.get(await give_password(other))})
        await other.get("/office/people")


async def test_the_page_leads_on_to_where_one_wanted_to_go(desk: OfficeDesk) -> None:
    key, other = await add(desk), desk.another_browser()
    fields = {"user_name": MARTA, "password": PASSWORD, "next": "/office/audit"}
    await other.submit("/office/sign-in", fields)
    assert where(await other.submit(STEP, {"answer": key.get(await options(other))})) == "/office/audit"


def _foreign(key: Authenticator, asked: dict[str, Any]) -> str:
    return Authenticator(ORIGIN, credential_id=key.credential_id).get(asked)


def _unknown(key: Authenticator, asked: dict[str, Any]) -> str:
    return Authenticator(ORIGIN).get(asked)


def _elsewhere(key: Authenticator, asked: dict[str, Any]) -> str:
    key.origin = "https://dijous.example.evil.example"
    return key.get(asked)


def _unverified(key: Authenticator, asked: dict[str, Any]) -> str:
    key.verifies = False
    return key.get(asked)


def _copied(key: Authenticator, asked: dict[str, Any]) -> str:
    key.count = 0
    return key.get(asked)


def _of_another_challenge(key: Authenticator, asked: dict[str, Any]) -> str:
    return key.get({**asked, "challenge": "AAAA"})


def _new_one(key: Authenticator, asked: dict[str, Any]) -> str:
    return Authenticator(ORIGIN).create({**asked, "rp": {"id": asked["rpId"]}})


@pytest.mark.parametrize(
    "forge", [_foreign, _unknown, _elsewhere, _unverified, _copied, _of_another_challenge, _new_one]
)
async def test_what_is_not_signed_by_that_passkey_for_this_sign_in_lets_nobody_in(desk: OfficeDesk, forge: Any) -> None:
    key, other = await add(desk), desk.another_browser()
    for _ in range(2):
        await other.submit(STEP, {"answer": key.get(await give_password(other))})
    asked = await give_password(intruder := desk.another_browser())
    with capture_logs() as logs:
        answer = await intruder.submit(STEP, {"answer": forge(key, asked)}, expect=422)
    assert REFUSED in answer.text
    await intruder.get("/office/people", expect=303)
    assert [entry["reason"] for entry in logs if entry.get("action") == "sign_in_failed"] == ["passkey"]
    [marta] = await desk.use_cases.access.accounts.everybody()
    assert await desk.use_cases.access.accounts.failures(marta.id) == 1


NONSENSE = ("", "{}", "[]", "null", "[" * 5000, '{"id": 1}', '{"id": {}, "response": 7}', "x" * 50_000, '"\\ud800"')


@pytest.mark.parametrize("nonsense", NONSENSE)
@pytest.mark.parametrize("adds", [True, False])
async def test_what_is_no_answer_of_a_browser_is_refused(desk: OfficeDesk, nonsense: str, adds: bool) -> None:
    if adds:
        await desk.submit("/office/account/passkeys", {"confirmation_password": PASSWORD})
    else:
        await add(desk)
        await give_password(desk := desk.another_browser())
    await desk.submit(STEP, {"answer": nonsense, "name": "x"}, expect=422)


@pytest.mark.parametrize("part", ["attestationObject", "clientDataJSON", "authenticatorData", "signature"])
@pytest.mark.parametrize("damage", ["", "AAAA", "é", "x" * 17, "gYGB" * 1000, 7, None])
async def test_damaged_answers_are_refused(part: str, damage: object) -> None:
    party, key, options = RelyingParty.at(ORIGIN, "Dijous"), Authenticator(ORIGIN), {"challenge": "eA"}
    is_new = part in ("attestationObject", "clientDataJSON")
    answer = json.loads(
        key.create({**options, "rp": {"id": party.host}}) if is_new else key.get({**options, "rpId": party.host})
    )
    answer["response"][part] = damage
    check = partial(party.created, name="x") if is_new else partial(party.used, _person(key))
    with pytest.raises(PasskeyProblem):
        check(answer=json.dumps(answer), challenge="x", at=NOW)


def _person(key: Authenticator) -> Account:
    """Whose passkey it is."""
    made = RelyingParty.at(ORIGIN, "").created(key.create({"challenge": "eA", "rp": {"id": HOST}}), "x", "x", NOW)
    return Account(id="m", user_name=MARTA, name="Marta", role=Role.ADMIN, added_at=NOW, passkeys=(made,))


async def test_a_key_without_its_parts_is_refused() -> None:
    party, key = RelyingParty.at(ORIGIN, "Dijous"), Authenticator(ORIGIN)
    answer = json.loads(key.create({"challenge": "eA", "rp": {"id": HOST}}))
    made = base64url_to_bytes(answer["response"]["attestationObject"])
    without_y = made.replace(b"\x22\x58\x20", b"\x23\x58\x20")
    assert without_y != made
    answer["response"]["attestationObject"] = bytes_to_base64url(without_y)
    with pytest.raises(PasskeyProblem):
        party.created(json.dumps(answer), "x", "x", NOW)


async def test_an_answer_works_once(desk: OfficeDesk) -> None:
    key, other = await add(desk), desk.another_browser()
    answer, kept = key.get(await give_password(other)), other.browser.cookies["sign-in"]
    await other.submit(STEP, {"answer": answer})
    thief = desk.another_browser()
    thief.browser.cookies.set("sign-in", kept, domain="localhost.local")
    assert REFUSED in (await thief.submit(STEP, {"answer": answer}, expect=422)).text


async def test_a_wrong_answer_uses_the_challenge_up(desk: OfficeDesk) -> None:
    key, other = await add(desk), desk.another_browser()
    asked = await give_password(other)
    await other.submit(STEP, {"answer": "{}"}, expect=422)
    await other.submit(STEP, {"answer": key.get(asked)}, expect=422)


async def test_the_passkey_is_asked_for_some_minutes_and_then_the_password_again(desk: OfficeDesk) -> None:
    key, other = await add(desk), desk.another_browser()
    asked = await give_password(other)
    desk.clock.move(seconds=CHALLENGE_LASTS.total_seconds())
    await other.get(STEP, expect=422)
    await other.submit(STEP, {"answer": key.get(asked)}, expect=422)
    await give_password(other)
    assert await desk.raw.count(OFFICE_CHALLENGES) == 1, "what is over does not pile up"


async def test_without_a_password_that_was_right_nothing_is_asked(desk: OfficeDesk) -> None:
    await desk.another_browser().get(STEP, expect=422)


async def test_who_knows_the_password_alone_cannot_add_a_passkey(desk: OfficeDesk) -> None:
    await add(desk)
    asked = await give_password(intruder := desk.another_browser())
    own = Authenticator(ORIGIN)
    creation = {**asked, "rp": {"id": asked["rpId"]}}
    await intruder.submit(STEP, {"answer": own.create(creation), "name": "meva"}, expect=422)
    [marta] = await desk.use_cases.access.accounts.everybody()
    assert len(marta.passkeys) == 1


async def test_to_add_and_to_remove_one_the_password_is_asked_again(desk: OfficeDesk) -> None:
    await add(desk)
    wrong = "no és aquesta"
    page = await desk.submit("/office/account/passkeys", {"confirmation_password": wrong}, expect=422)
    assert 'href="#confirmation_password"' in page.text
    [marta] = await desk.use_cases.access.accounts.everybody()
    path = f"/office/account/passkeys/{marta.passkeys[0].id}"
    assert "Voleu treure la clau d&#39;accés «portàtil»?" in (await desk.get(path)).text
    await desk.submit(path, {"current": wrong}, expect=422)
    assert where(await desk.submit(path, {"current": PASSWORD})) == "/office/account"
    assert await desk.acts() == ["office.founded", *await _acts_since(desk)]
    await desk.get(path, expect=404)
    other = desk.another_browser()
    assert where(await other.submit("/office/sign-in", {"user_name": MARTA, "password": PASSWORD})) == "/office"


async def _acts_since(desk: OfficeDesk) -> list[str]:
    acts = (await desk.acts())[1:]
    assert acts[-1] == "person.passkeys-removed"
    return acts


async def test_who_lost_it_gets_in_with_the_password_once_an_administrator_removed_it_with_a_reason(
    desk: OfficeDesk,
) -> None:
    await add(desk)
    [marta] = await desk.use_cases.access.accounts.everybody()
    pere = desk.another_browser()
    pere.sign_in(Role.ADMIN, "Pere")
    path = f"/office/people/{marta.id}/passkeys"
    assert "Voleu treure les claus d&#39;accés de Marta Vila?" in (await pere.get(path)).text
    assert 'href="#reason"' in (await pere.submit(path, {"reason": ""}, expect=422)).text
    await pere.submit(path, {"reason": "Ha perdut el mòbil"})
    await desk.get("/office/people", expect=303)
    await desk.submit("/office/sign-in", {"user_name": MARTA, "password": PASSWORD})
    await desk.get("/office/people")
    entry = (await desk.entries(action="person.passkeys-removed"))[0]
    assert (entry.member_name, entry.details) == ("Pere", {"reason": "Ha perdut el mòbil"})


async def test_the_operator_s_link_lets_in_who_lost_it_only_if_asked_to(desk: OfficeDesk) -> None:
    await add(desk)
    link = await make_recovery_link(desk.raw, ORIGIN, desk.clock)
    new = {"password": "unes altres quatre paraules", "password_again": "unes altres quatre paraules"}
    other = desk.another_browser()
    assert where(await other.submit(link.link.removeprefix(ORIGIN), new)) == STEP
    link = await make_recovery_link(desk.raw, ORIGIN, desk.clock, lost_passkeys=True)
    assert where(await other.submit(link.link.removeprefix(ORIGIN), new)) == "/office"
    entry = (await desk.entries(action="person.passkeys-removed"))[0]
    assert entry.member_id == "operator"


async def test_administrators_who_need_one_make_it_before_they_get_in(strict: OfficeDesk) -> None:
    assert where(await strict.submit(await strict.first_run_path(), FOUNDER)) == STEP
    await strict.get("/office/people", expect=303)
    page = await strict.submit(STEP, {"answer": "{}", "name": " "}, expect=422)
    assert 'href="#name"' in page.text
    key = Authenticator(ORIGIN)
    await strict.submit(STEP, {"answer": key.create(await options(strict)), "name": "clau"})
    await strict.get("/office/people")
    other = strict.another_browser()
    await other.submit(STEP, {"answer": key.get(await give_password(other))})
    await other.get("/office/people")


async def test_a_step_begun_before_a_passkey_was_added_adds_no_other(strict: OfficeDesk) -> None:
    await strict.submit(await strict.first_run_path(), FOUNDER)
    intruder = strict.another_browser()
    asked = await give_password(intruder)
    key = Authenticator(ORIGIN)
    await strict.submit(STEP, {"answer": key.create(await options(strict)), "name": "clau"})
    await intruder.submit(STEP, {"answer": Authenticator(ORIGIN).create(asked), "name": "meva"}, expect=422)


async def test_a_new_password_ends_a_sign_in_that_was_begun_with_the_old_one(desk: OfficeDesk) -> None:
    key, other = await add(desk), desk.another_browser()
    asked = await give_password(other)
    new = {"password": "unes altres quatre paraules", "password_again": "unes altres quatre paraules"}
    await desk.submit("/office/account/password", {"current": PASSWORD, **new})
    await other.submit(STEP, {"answer": key.get(asked)}, expect=422)


async def test_who_does_not_administer_needs_none(strict: OfficeDesk) -> None:
    pere = await strict.use_cases.access.accounts.add(API_CALLER, "Pere", "pere@diputacio.example", Role.EDITOR)
    token = await strict.use_cases.access.accounts.password_link(API_CALLER, pere.id)
    new = {"password": PASSWORD, "password_again": PASSWORD}
    assert where(await strict.submit(f"/office/password/{token}", new)) == "/office"


@pytest.mark.parametrize(
    ("url", "is_offered"),
    [
        ("https://dijous.example", True),
        ("https://dijous.example:8443/x", True),
        ("http://localhost:8080", True),
        ("http://dijous.example", False),
        ("http://127.0.0.1:8080", False),
        ("https://192.0.2.7", False),
        ("https://[2001:db8::1]", False),
    ],
)
def test_passkeys_are_offered_where_browsers_take_them(url: str, is_offered: bool) -> None:
    assert RelyingParty.at(url, "Dijous").has_passkeys is is_offered
    given = {"secret": SECRET, "staff_token": STAFF_TOKEN, "public_url": url, "admins_need_passkey": True}
    if is_offered:
        assert Settings.model_validate(given).sign_in_rules.administrators_need_passkey
    else:
        with pytest.raises(ValueError, match="browsers offer passkeys only where"):
            Settings.model_validate(given)


def test_the_origin_is_as_browsers_write_it() -> None:
    assert RelyingParty.at("HTTPS://Dijous.Example:443/office", "").origin == "https://dijous.example"
    assert RelyingParty.at("http://localhost:8080/", "").origin == "http://localhost:8080"


async def test_where_browsers_take_none_the_page_offers_none(tmp_path: Path) -> None:
    async with open_desk(tmp_path, passkeys_at="http://127.0.0.1:8080") as desk:
        await desk.submit(await desk.first_run_path(), FOUNDER)
        assert "Claus d&#39;accés" not in (await desk.get("/office/account")).text
        await desk.submit("/office/account/passkeys", {"confirmation_password": PASSWORD}, expect=200)
