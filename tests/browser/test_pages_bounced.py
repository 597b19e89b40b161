"""The pages that tell of an address which refused a mail, in an installation whose mail server did so."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from shared.staff import Role
from tests.browser.everybody import LANGUAGES, Desk, examine, one_page_for_each
from tests.browser.pages import BOUNCED
from tests.browser.states import State
from tests.security.people import office_cookie
from tests.support.browser import Chromium
from tests.support.embedded import running_embedded
from tests.support.probes import eventually
from tests.support.smtp import AcceptedMail, RunningSmtpServer, running_smtp_server
from tests.support.world import PROGRAMME, A, World, register, schedule

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def refusing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder: Path = tmp_path_factory.mktemp("refusing")
    async with (
        running_smtp_server(folder / "smtp.jsonl") as smtp,
        running_embedded(folder, DIJOUS_SMTP_URL=smtp.url) as installation,
    ):
        world = World(installation)
        await _refuse(world, smtp)
        yield world


async def _refuse(world: World, smtp: RunningSmtpServer) -> None:
    """Tell a person of another date, then of one more, which the mail server refuses for good."""
    installation = world.installation
    programme = {"slug": PROGRAMME, "name": {"ca": "Dijous GOmunicipal"}, "kind": "series"}
    await installation.staff("POST", "/programmes", programme)
    session = world.sessions["coming"] = await schedule(installation, "coming", timedelta(days=10))
    await register(installation, session, A)
    await _told(smtp, "confirmation")  # one who is registered after a move is told the new date there
    await _move(world, timedelta(days=11))
    mail = await _told(smtp, "rescheduled")
    link = installation.path_in(str(mail.message["List-Unsubscribe"]), "preferences")
    world.links["preferences"] = {A: link.partition("?")[0]}
    smtp.answer("RCPT", "550 5.1.1 No such mailbox", address=A)
    await _move(world, timedelta(days=12))
    await eventually(lambda: _is_marked(world), within=20, every=0.1)


async def _move(world: World, to: timedelta) -> None:
    body = {"starts_at": world.installation.minute(to).isoformat()}
    await world.installation.staff("POST", f"/sessions/{world.sessions['coming']}/reschedule", body)


async def _told(smtp: RunningSmtpServer, kind: str) -> AcceptedMail:
    found: list[AcceptedMail] = []

    def check() -> None:
        found[:] = [mail for mail in smtp.mails() if mail.kind == kind]
        assert found, f"no {kind} yet, only {[mail.kind for mail in smtp.mails()]}"

    await eventually(check, within=20, every=0.1)
    return found[-1]


async def _is_marked(world: World) -> None:
    headers = {**office_cookie(world.installation, Role.VIEWER), "Accept-Language": "en"}
    path = f"/office/sessions/{world.sessions['coming']}/registrations"
    page = await world.installation.api.get(path, headers=headers)
    assert "mails refused" in page.text, "the registrations do not say so yet"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(chromium: Chromium, refusing: World) -> AsyncIterator[Desk]:
    async with one_page_for_each(chromium, refusing) as desk:
        yield desk


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", BOUNCED, ids=str)
async def test_a_page_about_a_refused_mail_can_be_used_by_everybody(
    desk: Desk, refusing: World, state: State, language: str
) -> None:
    await examine(await desk(language, state.role), refusing, state, language)
