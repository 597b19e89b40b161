"""An entity's own page behind the link in its contacts' mails, and the list of members for everybody."""

import re
from datetime import timedelta

import httpx
import pytest

from services.registration.memberships.domain import Membership
from shared.security.links import LinkPurpose
from tests.integration.registration.conftest import Office
from tests.integration.registration.test_memberships import ALAMUS, PILOT, REUS, advance, change, contact, start, stored

HTML = {"accept": "text/html", "accept-language": "ca"}


@pytest.fixture
async def pilot(office: Office) -> Office:
    await office.staff("POST", "/programmes", PILOT, expect=201)
    return office


def address(office: Office, membership: Membership, number: int = 1) -> str:
    [found] = [each for each in membership.people if each.email == contact(number)["email"]]
    token = office.links.token(LinkPurpose.MEMBERSHIP, found.id, office.clock() + timedelta(days=1))
    return f"/membership/{token}"


async def page(office: Office, path: str, *, expect: int = 200) -> str:
    answer = await office.api.get(path, headers=HTML)
    assert answer.status_code == expect, answer.text
    return answer.text


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<main")[2]))


async def submit(office: Office, path: str, beneath: str, *, expect: int = 303, **fields: str) -> httpx.Response:
    """Send a form of the page behind a link."""
    opened = await office.api.get(path, headers=HTML)
    own = opened.url.path
    [token, *_] = re.findall(r'name="csrf" value="([^"]+)"', await page(office, f"{own}/erase"))
    answer = await office.api.post(f"{own}/{beneath}", data={**fields, "csrf": token}, headers=HTML)
    assert answer.status_code == expect, answer.text
    return answer


async def test_a_contact_sees_phases_next_step_meetings_and_contacts(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1, 2)
    await advance(pilot, "design")
    await change(pilot, next_step={"text": "Nomenar qui administra", "due_on": "2026-12-17"})
    session = await pilot.scheduled(programme="pilot", title={"ca": "Reunió del pilot"})
    await pilot.staff("POST", f"/sessions/{session}/enrol", {})
    shown = await page(pilot, address(pilot, await stored(pilot)))
    said = words(shown)
    assert "Ajuntament dels Alamús" in said
    assert "Nomenar qui administra" in said
    assert "dijous 17 de desembre de 2026" in said
    assert "Reunió del pilot" in said
    assert contact(2)["email"] in said
    [registration] = re.findall(r'href="(/registration/[\w-]{16})"', shown)
    assert "Reunió del pilot" in await page(pilot, registration)
    assert "teams.example" not in shown


async def test_evidence_is_added_to_the_phase_that_it_is_in(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    path = address(pilot, await stored(pilot))
    await submit(pilot, path, "evidence", evidence="https://docs.example/pla", note="El pla")
    step = (await stored(pilot)).steps[-1]
    assert (step.phase, step.by, step.evidence, step.note) == (
        "training",
        "entity",
        "https://docs.example/pla",
        "El pla",
    )
    assert "https://docs.example/pla" in await page(pilot, path)
    wrong = await submit(pilot, path, "evidence", evidence="javascript:alert(1)", note="El meu text", expect=422)
    assert 'href="#evidence"' in wrong.text
    assert "El meu text" in wrong.text


async def test_a_contact_names_another_one_up_to_five(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1, 2, 3, 4)
    path = address(pilot, await stored(pilot))
    await submit(pilot, path, "contacts", name="Biel", email="biel@alamus.example", role="", language="ca")
    assert len((await stored(pilot)).people) == 5
    full = await submit(pilot, path, "contacts", name="Ona", email="ona@alamus.example", language="ca", expect=422)
    assert "cinc persones" in words(full.text)
    await submit(pilot, path, "contacts", name="", email="nobody", language="ca", expect=422)


async def test_a_contact_takes_their_data_along_and_erases_them_everywhere(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1, 2)
    await start(pilot, REUS, 1)
    path = address(pilot, await stored(pilot))
    shown = await page(pilot, path)
    [own] = set(re.findall(r'href="(/membership/[\w-]+)/data.json"', shown))
    kept = (await pilot.api.get(f"{own}/data.json")).json()
    assert sorted(each["entity"] for each in kept["contacts"]) == sorted([ALAMUS, REUS])
    assert "Ajuntament de Reus" in await page(pilot, f"{own}/erase")
    assert (await submit(pilot, path, "erase")).headers["location"] == "/membership/erased"
    assert await page(pilot, "/membership/erased")
    assert contact(1)["email"] not in str(await pilot.documents.find("memberships"))
    assert contact(2)["email"] in str(await pilot.documents.find("memberships"))
    await page(pilot, path, expect=404)


async def test_the_erasure_by_a_registration_s_link_covers_contacts(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    session = await pilot.scheduled(programme="pilot")
    await pilot.staff("POST", f"/sessions/{session}/enrol", {})
    registration = f"/registration/{await pilot.token(session, 1)}"
    shown = await page(pilot, registration)
    [own] = set(re.findall(r'href="(/registration/[\w-]+)/erase"', shown))
    asked = await page(pilot, f"{own}/erase")
    assert "Ajuntament dels Alamús" in words(asked)
    [token, *_] = re.findall(r'name="csrf" value="([^"]+)"', asked)
    await pilot.api.post(f"{own}/erase", data={"csrf": token}, headers=HTML)
    assert (await stored(pilot)).people == []


async def test_contacts_of_a_finished_entity_read_for_thirty_days_and_keep_their_rights(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    path = address(pilot, await stored(pilot))
    await change(pilot, state="finished")
    shown = words(await page(pilot, path))
    assert "durant 30 dies" in shown
    assert "Afegeix l'evidència" not in shown
    await submit(pilot, path, "evidence", evidence="https://docs.example/pla", expect=409)
    pilot.clock.move(days=29)
    await page(pilot, path)
    pilot.clock.move(days=2)
    assert "ja no es pot consultar" in words(await page(pilot, path, expect=410))
    opened = (await pilot.api.get(path, headers=HTML)).url.path
    assert contact(1)["email"] in (await pilot.api.get(f"{opened}/data.json")).text
    await submit(pilot, path, "evidence", evidence="https://docs.example/pla", expect=410)
    await submit(pilot, path, "erase")
    assert (await stored(pilot)).people == []


@pytest.mark.parametrize(("state", "sees"), [("finished", ["Amb plaça"]), ("left", [])])
async def test_who_takes_part_no_longer_sees_no_other_meeting_of_the_members_to_come(
    pilot: Office, state: str, sees: list[str]
) -> None:
    await start(pilot, ALAMUS, 1)
    await start(pilot, REUS, 2)
    path = address(pilot, await stored(pilot))
    enrolled = await pilot.scheduled(programme="pilot", audience="members", title={"ca": "Amb plaça"})
    await pilot.staff("POST", f"/sessions/{enrolled}/enrol", {})
    await pilot.scheduled(programme="pilot", audience="members", title={"ca": "Sense plaça"})
    await change(pilot, state=state)
    shown = words(await page(pilot, path))
    assert [title for title in ("Amb plaça", "Sense plaça") if title in shown] == sees


@pytest.mark.parametrize("wrong", ["x" * 60, ""])
async def test_a_link_that_is_not_ours_opens_nothing(pilot: Office, wrong: str) -> None:
    await start(pilot, ALAMUS, 1)
    await page(pilot, f"/membership/{wrong}", expect=404)
    registration = pilot.links.token(LinkPurpose.REGISTRATION, (await stored(pilot)).people[0].id, pilot.clock())
    await page(pilot, f"/membership/{registration}", expect=404)


async def test_everybody_sees_who_takes_part_only_if_the_programme_says_so(pilot: Office) -> None:
    await start(pilot, ALAMUS, 1)
    await start(pilot, REUS, 2)
    await change(pilot, REUS, state="left")
    await page(pilot, "/programmes/pilot/members", expect=404)
    assert "/programmes/pilot/members" not in await page(pilot, "/programmes/pilot")
    await pilot.staff("PATCH", "/programmes/pilot", {"members_public": True})
    assert "/programmes/pilot/members" in await page(pilot, "/programmes/pilot")
    shown = await page(pilot, "/programmes/pilot/members")
    assert "Formació general sobre participació ciutadana" in words(shown)
    assert ("Alamús" in shown, "Reus" in shown, "Persona" in shown) == (True, False, False)
