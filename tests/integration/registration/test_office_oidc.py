import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from services.registration.accounts.domain import Account
from shared.staff import API_CALLER, Role
from tests.integration.registration.office_desk import PASSWORD, OfficeDesk, open_desk, where
from tests.support.oidc import CLIENT_ID, CLIENT_SECRET, OidcProcess, running_oidc

MARTA = {"sub": "1", "email": "Marta@diputacio.example", "email_verified": True, "name": "Marta Vila"}
UNPROVED = {"sub": "1", "email": "marta@diputacio.example", "preferred_username": "marta@diputacio.example"}


@pytest.fixture
async def provider() -> AsyncIterator[OidcProcess]:
    async with running_oidc() as running:
        yield running


@pytest.fixture
async def desk(tmp_path: Path, provider: OidcProcess) -> AsyncIterator[OfficeDesk]:
    async with open_desk(tmp_path, **_settings(provider)) as opened:
        yield opened


def _settings(provider: OidcProcess) -> dict[str, str]:
    return {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET}


async def _there_and_back(desk: OfficeDesk, provider: OidcProcess, following: str = "/office/people") -> httpx.Response:
    start = await desk.browser.get("/office/oidc/start", params={"next": following})
    assert start.status_code == 303, start.text
    return await desk.browser.get(await provider.authorize(start.headers["location"]))


async def _role(desk: OfficeDesk) -> Role | None:
    people = await desk.use_cases.access.accounts.everybody()
    return people[0].role if people else None


async def test_the_sign_in_page_offers_the_provider(desk: OfficeDesk) -> None:
    page = (await desk.get("/office/sign-in?next=/office/audit")).text
    assert 'href="/office/oidc/start?next=/office/audit"' in page


async def test_whom_the_provider_gives_a_role_is_of_the_office(desk: OfficeDesk, provider: OidcProcess) -> None:
    await provider.tell(**MARTA, roles=["something", "editor", "admin"])
    answer = await _there_and_back(desk, provider)
    assert where(answer) == "/office/people"
    page = await desk.get("/office/people")
    assert "Marta Vila" in page.text
    assert "marta@diputacio.example" in page.text
    assert await _role(desk) is Role.ADMIN


async def test_the_role_follows_the_provider_and_the_person_stays_the_same(
    desk: OfficeDesk, provider: OidcProcess
) -> None:
    await provider.tell(**MARTA, roles="admin")
    await _there_and_back(desk, provider)
    await provider.tell(**{**MARTA, "email": "marta.vila@diputacio.example"}, roles="viewer")
    await _there_and_back(desk, provider)
    assert [person.role for person in await desk.use_cases.access.accounts.everybody()] == [Role.VIEWER]


async def test_the_other_services_are_told_what_the_provider_changed(desk: OfficeDesk, provider: OidcProcess) -> None:
    for roles in ("admin", "admin", "viewer"):
        await provider.tell(**MARTA, roles=roles)
        await _there_and_back(desk, provider)
    [person] = await desk.use_cases.access.accounts.everybody()
    told = [event.data["role"] for event in person.outbox]
    assert told == [Role.ADMIN] * 3 + [Role.VIEWER] * 2, "each change and each session"


async def test_the_cookie_of_who_signs_in_is_as_late_as_what_the_others_are_told(
    desk: OfficeDesk, provider: OidcProcess
) -> None:
    """Else a service that has heard only of the removal would not let in who has just come back."""
    await desk.use_cases.access.accounts.add(API_CALLER, "Aina", "aina@diputacio.example", Role.ADMIN)
    for _ in range(2):
        await provider.tell(**MARTA, roles="editor")
        await _there_and_back(desk, provider)
        [marta] = [
            person for person in await desk.use_cases.access.accounts.everybody() if person.name == MARTA["name"]
        ]
        assert desk.signed_in() == marta.member_in(marta.sessions[-1].id)
        assert marta.member.version == marta.outbox[-1].data["version"]
        await desk.use_cases.access.accounts.remove(API_CALLER, marta.id)


async def test_who_was_added_by_address_signs_in_and_the_address_alone_is_enough_only_once(
    desk: OfficeDesk, provider: OidcProcess
) -> None:
    await desk.use_cases.access.accounts.add(API_CALLER, "Marta", "marta@diputacio.example", Role.EDITOR)
    await provider.tell(**MARTA)
    assert where(await _there_and_back(desk, provider)) == "/office/people"
    assert await _role(desk) is Role.EDITOR
    desk.sign_out()
    await provider.tell(**{**MARTA, "sub": "2"})
    assert (await _there_and_back(desk, provider)).status_code == 403, "the address has passed to somebody else"


@pytest.mark.parametrize("person", [MARTA, {**MARTA, "roles": "root"}, UNPROVED])
async def test_who_is_not_of_the_office_stays_outside(
    desk: OfficeDesk, provider: OidcProcess, person: dict[str, str]
) -> None:
    await provider.tell(**person)
    answer = await _there_and_back(desk, provider)
    assert answer.status_code == 403
    assert (await desk.browser.get("/office/people")).status_code == 303


@pytest.mark.parametrize("verified", [{}, *({"email_verified": claim} for claim in (False, "false", "true", 0, None))])
async def test_an_address_that_is_not_verified_is_nobody_s(
    desk: OfficeDesk, provider: OidcProcess, verified: dict[str, object]
) -> None:
    await desk.use_cases.access.accounts.add(API_CALLER, "Marta", "marta@diputacio.example", Role.ADMIN)
    await provider.tell(**UNPROVED, **verified)
    assert (await _there_and_back(desk, provider)).status_code == 403


async def test_whom_the_provider_gives_a_role_needs_no_address_and_takes_nobody_s(
    desk: OfficeDesk, provider: OidcProcess
) -> None:
    await desk.use_cases.access.accounts.add(API_CALLER, "Marta", "marta@diputacio.example", Role.VIEWER)
    await provider.tell(**UNPROVED, name="Intrusa", roles="editor")
    assert where(await _there_and_back(desk, provider)) == "/office/people"
    people = {person.name: (person.user_name, person.subject != "") for person in await _people(desk)}
    assert people == {"Marta": ("marta@diputacio.example", False), "Intrusa": ("", True)}


async def test_entra_says_by_another_claim_that_the_address_is_verified(tmp_path: Path, provider: OidcProcess) -> None:
    settings = {**_settings(provider), "oidc_verified_claim": "xms_edov"}
    async with open_desk(tmp_path, **settings) as desk:
        await desk.use_cases.access.accounts.add(API_CALLER, "Marta", "marta@diputacio.example", Role.ADMIN)
        await provider.tell(**UNPROVED, email_verified=True)
        assert (await _there_and_back(desk, provider)).status_code == 403
        await provider.tell(**UNPROVED, xms_edov=True)
        assert (await _there_and_back(desk, provider)).status_code == 303


@pytest.mark.parametrize("roles", [{}, {"roles": "admin"}])
async def test_a_local_account_is_never_the_provider_s(
    desk: OfficeDesk, provider: OidcProcess, roles: dict[str, str]
) -> None:
    await _local_administrator(desk)
    await provider.tell(**MARTA, **roles)
    with capture_logs() as logs:
        answer = await _there_and_back(desk, provider)
    assert answer.status_code == 403
    assert "Hi ha un compte local amb aquesta adreça" in answer.text
    assert [entry["reason"] for entry in logs if entry.get("action") == "sign_in_failed"] == ["local-account"]
    assert (await _people(desk))[0].subject == ""


async def test_a_role_that_the_provider_withdraws_is_gone_at_the_next_sign_in(
    desk: OfficeDesk, provider: OidcProcess
) -> None:
    await provider.tell(**MARTA, roles="admin")
    await _there_and_back(desk, provider)
    elsewhere = desk.another_browser()
    await provider.tell(**MARTA)
    assert (await _there_and_back(elsewhere, provider)).status_code == 403
    assert await _people(desk) == []
    await desk.get("/office/people", expect=303)
    removed = (await desk.entries(action="person.removed"))[0]
    assert removed.member_id == "oidc"
    await provider.tell(**MARTA, roles="viewer")
    await _there_and_back(desk, provider)
    assert await _role(desk) is Role.VIEWER


async def test_who_was_added_by_address_keeps_the_role_that_the_office_gave(
    desk: OfficeDesk, provider: OidcProcess
) -> None:
    await desk.use_cases.access.accounts.add(API_CALLER, "Marta", "marta@diputacio.example", Role.EDITOR)
    for _ in range(2):
        await provider.tell(**MARTA)
        assert (await _there_and_back(desk, provider)).status_code == 303
    assert await _role(desk) is Role.EDITOR


async def test_a_role_that_the_claim_changes_is_recorded_and_the_same_one_is_not(
    desk: OfficeDesk, provider: OidcProcess
) -> None:
    for role in ("viewer", "viewer", "editor"):
        await provider.tell(**MARTA, roles=role)
        await _there_and_back(desk, provider)
    changes = await desk.entries(action="person.role-changed")
    assert [(entry.member_id, entry.details) for entry in changes] == [("oidc", {"role": "editor"})]


async def _people(desk: OfficeDesk) -> list[Account]:
    return await desk.use_cases.access.accounts.everybody()


async def _local_administrator(desk: OfficeDesk) -> None:
    founder = {"name": "Marta Vila", "user_name": "marta@diputacio.example", "password": PASSWORD}
    await desk.submit(await desk.first_run_path(), {**founder, "password_again": PASSWORD})
    desk.sign_out()


@pytest.mark.parametrize("fault", ["nonce", "audience", "issuer", "expired", "key", "unsigned"])
async def test_a_token_that_is_not_for_us_signs_nobody_in(desk: OfficeDesk, provider: OidcProcess, fault: str) -> None:
    await provider.tell(fault, **MARTA, roles="admin")
    answer = await _there_and_back(desk, provider)
    assert answer.status_code == 400, fault
    assert "office" not in desk.browser.cookies
    assert await _role(desk) is None


async def test_a_provider_that_calls_itself_by_another_name_is_not_asked(
    desk: OfficeDesk, provider: OidcProcess
) -> None:
    await provider.tell("metadata", **MARTA, roles="admin")
    await desk.get("/office/oidc/start", expect=400)


async def test_the_provider_s_answer_is_of_use_in_the_browser_alone_that_began(
    desk: OfficeDesk, provider: OidcProcess
) -> None:
    await provider.tell(**MARTA, roles="admin")
    start = await desk.browser.get("/office/oidc/start")
    back = await provider.authorize(start.headers["location"])
    desk.browser.cookies.clear()
    assert (await desk.browser.get(back)).status_code == 400
    await desk.browser.get("/office/oidc/start")
    assert (await desk.browser.get(back)).status_code == 400, "the state of another attempt"


async def test_an_answer_with_another_state_signs_nobody_in(desk: OfficeDesk, provider: OidcProcess) -> None:
    await provider.tell(**MARTA, roles="admin")
    start = await desk.browser.get("/office/oidc/start")
    back = await provider.authorize(start.headers["location"])
    assert (await desk.browser.get(re.sub("state=[^&]+", "state=another", back))).status_code == 400
    assert "office" not in desk.browser.cookies


async def test_a_code_works_once(desk: OfficeDesk, provider: OidcProcess) -> None:
    await provider.tell(**MARTA, roles="admin")
    start = await desk.browser.get("/office/oidc/start")
    kept = desk.browser.cookies["sign-in"]
    back = await provider.authorize(start.headers["location"])
    assert (await desk.browser.get(back)).status_code == 303
    desk.browser.cookies.set("sign-in", kept)
    assert (await desk.browser.get(back)).status_code == 400


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example"])
async def test_it_never_leads_elsewhere(desk: OfficeDesk, provider: OidcProcess, elsewhere: str) -> None:
    await provider.tell(**MARTA, roles="admin")
    assert where(await _there_and_back(desk, provider, elsewhere)) == "/office"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
async def test_a_link_from_elsewhere_leads_to_the_button_and_signs_nobody_in(desk: OfficeDesk, site: str) -> None:
    start = await desk.browser.get("/office/oidc/start?next=/office/audit", headers={"Sec-Fetch-Site": site})
    assert where(start) == "/office/sign-in?next=/office/audit"
    assert not desk.browser.cookies.get("sign-in")


async def test_our_own_button_leads_to_the_provider(desk: OfficeDesk, provider: OidcProcess) -> None:
    start = await desk.browser.get("/office/oidc/start", headers={"Sec-Fetch-Site": "same-origin"})
    assert start.headers["location"].startswith(provider.issuer)


async def test_a_provider_that_does_not_answer_is_said(tmp_path: Path) -> None:
    settings = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "x", "oidc_client_secret": "x"}
    async with open_desk(tmp_path, **settings) as desk:
        page = (await desk.get("/office/oidc/start", expect=400)).text
        assert re.search(r"<h1>No s(&#39;|')ha pogut entrar", page)
