"""Moving in, over real processes: six sessions, thirty councils and six results that were before Dijous."""

from typing import Any

import httpx
import pytest

from shared.entities.csv_files import shipped_entities
from shared.entities.domain import EntityKind
from shared.staff import Role, StaffMember
from shared.web.cookies import cookie_name
from shared.web.staff_cookie import SESSION_COOKIE
from tests.e2e.office import Office, person
from tests.support.moving_in import DAYS, PAST, participation_file, results_file, sessions_file
from tests.support.office import office_cookie
from tests.support.probes import eventually
from tests.support.stack import STAFF, ServiceProcess, Stack

pytestmark = pytest.mark.asyncio(loop_scope="module")

COUNCILS = [each for each in shipped_entities().values() if each.kind is EntityKind.MUNICIPALITY][:30]


async def bring(stack: Stack, what: str, data: bytes) -> tuple[int, int, int]:
    """New, changed and same lines."""
    answer = await stack.api.post(f"/api/v1/{what}/import", content=data, headers=STAFF)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return told["new"], told["changed"], told["same"]


async def page(stack: Stack, path: str) -> str:
    """A page as somebody of the office sees it."""
    value = office_cookie(stack.environment["DIJOUS_SECRET"], stack.clock, StaffMember("m", "Marta", Role.ADMIN))
    headers = {"cookie": f"{cookie_name(SESSION_COOKIE, secure=True)}={value}", "accept": "text/html"}
    answer = await stack.api.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


async def bring_everything(stack: Stack, programme: str) -> dict[str, tuple[int, int, int]]:
    brought = {"sessions": await bring(stack, "sessions", sessions_file(programme))}
    participation = participation_file(programme, [council.name for council in COUNCILS])
    brought["participation"] = await bring(stack, "participation", participation)

    async def results() -> None:
        brought["results"] = await bring(stack, "results", results_file(programme))

    await eventually(results)  # once feedback knows the sessions
    return brought


async def test_what_was_before_is_shown_everywhere_and_nobody_gets_a_mail(stack: Stack, office: Office) -> None:
    first = await bring_everything(stack, office.programme)
    assert first == {"sessions": (6, 0, 0), "participation": (180, 0, 0), "results": (24, 0, 0)}
    again = await bring_everything(stack, office.programme)
    assert again == {"sessions": (0, 0, 6), "participation": (0, 0, 180), "results": (0, 0, 24)}

    listed = await stack.public("GET", f"/sessions?programme={office.programme}&when=past", expect=200)
    assert [item["title"]["ca"] for item in listed["items"]] == [title for _, title in reversed(PAST)]
    assert all(item["recording_url"] for item in listed["items"])

    table = await page(stack, f"/office/entities/coverage.csv?programme={office.programme}")
    rows = {line.split(",")[0]: line for line in table.splitlines()}
    assert all(rows[council.code].endswith(",9,3,3") for council in COUNCILS)
    assert sum(line.endswith(",9,3,3") for line in rows.values()) == 30

    chart = (await stack.api.get(f"/results?programme={office.programme}")).text
    assert chart.count("<svg") == 4
    assert chart.count('class="card"') == 6
    await eventually(lambda: _shows_results(stack, listed["items"]))
    assert stack.mails() == []


async def _shows_results(stack: Stack, sessions: list[Any]) -> None:
    """Registration has learnt of them: the list of sessions leads there, but not where they are hidden."""
    text = (await stack.api.get("/sessions", headers={"accept": "text/html"})).text
    shown = [item["starts_at"][:10] for item in sessions if f"/results/{item['id']}" in text]
    assert sorted(shown) == DAYS[:5]


async def test_materials_that_follow_mail_nobody_and_a_session_to_come_still_mails(
    stack: Stack, office: Office
) -> None:
    await bring(stack, "sessions", sessions_file(office.programme))
    listed = await stack.public("GET", f"/sessions?programme={office.programme}&when=past", expect=200)
    for item in listed["items"]:
        body = {"recording_url": f"https://video.example/new/{item['id']}"}
        await stack.staff("POST", f"/sessions/{item['id']}/materials", body, expect=200)
    witness = f"witness@{office.programme}.example"
    coming = await office.schedule()
    await stack.public("POST", f"/sessions/{coming}/registrations", person(witness), expect=202)
    await stack.mail("confirmation", witness)
    assert {mail.to for mail in stack.mails()} == {witness}


async def test_an_import_that_was_accepted_is_carried_out_whatever_dies(stack: Stack, office: Office) -> None:
    registration = stack.services["registration"]
    registration.end()
    registration.spawn(failpoint="import-accepted:1")
    await registration.ready()
    with pytest.raises(httpx.TransportError):
        await bring(stack, "sessions", sessions_file(office.programme))
    await eventually(lambda: _assert_died(registration))
    registration.spawn()
    await registration.ready()

    async def check() -> None:
        listed = await stack.public("GET", f"/sessions?programme={office.programme}&when=past", expect=200)
        assert len(listed["items"]) == 6

    await eventually(check, within=30)
    acts = await page(stack, "/office/audit?act=sessions.imported")
    assert "Va portar sessions passades" in acts


def _assert_died(service: ServiceProcess) -> None:
    assert not service.is_running
