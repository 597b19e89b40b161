"""A data folder that version 0.1.0 made (the demo, to its end) goes on under this version, and mails nobody again.

The folder, `tests/contracts/data/0.1.0.tar.xz`, holds the databases of the services, the mailbox, the broker's store
and the secrets that were made with them. It is kept for ever, as the samples of events are.
"""

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from services.registration.projections import KNOWN_PROPOSALS
from services.registration.registrations.store import REGISTRATIONS
from services.registration.sessions.store import SESSIONS
from shared.security.audit import Audit
from shared.storage.opening import open_store
from tests.support.embedded import Embedded
from tests.support.probes import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

OLD = Path(__file__).parents[1] / "contracts" / "data" / "0.1.0.tar.xz"
MADE = datetime(2026, 11, 30, 17, 2, tzinfo=UTC)
PERSON = {"name": "Núria Puig", "email": "nuria@alamus.example", "entity": "2500450006", "consent": True}


class Upgraded(Embedded):
    """This version on the folder of the old one, an hour after it stopped."""

    def __init__(self, folder: Path) -> None:
        shutil.unpack_archive(OLD, folder)
        secret, token = ((folder / "data" / name).read_text().strip() for name in ("secret", "staff-token"))
        super().__init__(folder, DIJOUS_SECRET=secret, DIJOUS_STAFF_TOKEN=token)
        self.secret, self.staff_token = secret, token
        self.move_clock(MADE + timedelta(hours=1) - datetime.now(UTC))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def upgraded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Upgraded]:
    installation = Upgraded(tmp_path_factory.mktemp("upgraded"))
    try:
        await installation.start()
        yield installation
    finally:
        await installation.stop()


async def test_what_was_there_is_shown(upgraded: Upgraded) -> None:
    sessions = (await upgraded.public("GET", "/sessions?when=past&programme=dijous-gomunicipal"))["items"]
    assert len(sessions) == 7
    played = sessions[0]["id"]
    people = (await upgraded.staff("GET", f"/sessions/{played}/registrations?limit=500"))["items"]
    assert sorted({person["status"] for person in people}) == ["cancelled", "registered", "waiting"]
    assert len(people) == 60
    for path in ("/", "/sessions", f"/sessions/{played}", f"/results/{played}", "/proposals", "/calendar.ics"):
        assert (await upgraded.api.get(path)).status_code == 200, path


async def test_who_registers_now_is_mailed_and_nobody_else(upgraded: Upgraded) -> None:
    before = await upgraded.api.get("/mailbox/messages.json", params={"limit": 1000})
    body = {
        "programme": "dijous-gomunicipal",
        "title": {"ca": "La primera de la nova versió"},
        "starts_at": (upgraded.clock() + timedelta(days=20)).isoformat(),
    }
    session = (await upgraded.staff("POST", "/sessions", body))["id"]
    await upgraded.public("POST", f"/sessions/{session}/registrations", PERSON)
    confirmation = await upgraded.mail("confirmation", PERSON["email"])
    assert (await upgraded.api.get(upgraded.link(confirmation, "registration"))).status_code == 200
    after = await upgraded.api.get("/mailbox/messages.json", params={"limit": 1000})
    assert len(after.json()) == len(before.json()) + 1


async def test_the_record_goes_on_where_it_was(upgraded: Upgraded) -> None:
    async def check() -> None:
        store = open_store(f"sqlite:///{upgraded.data}", "registration")
        try:
            chain = await Audit(store, upgraded.clock).read_chain()
            kept = {name: await store.count(name) for name in (SESSIONS, REGISTRATIONS, KNOWN_PROPOSALS)}
        finally:
            await store.close()
        assert chain.fault is None
        assert chain.length > 80, "the acts of the old version, and the session of the test before"
        assert kept[SESSIONS] >= 9
        assert kept[REGISTRATIONS] >= 61
        assert kept[KNOWN_PROPOSALS] == 2

    await eventually(check)
