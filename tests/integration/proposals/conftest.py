"""The proposals service with a real SQLite store, its API over ASGI, and a clock that the test moves."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.proposals.app import make_use_cases
from services.proposals.domain.followers import Follower
from services.proposals.domain.known import KnownProgramme, KnownSession
from services.proposals.settings import Settings
from services.proposals.store import COLLECTIONS, OUTBOX_COLLECTIONS
from services.proposals.usecases import UseCases
from services.proposals.usecases.proposals import Proposals
from services.proposals.usecases.supports import Supports
from services.proposals.web.api import office_routes, people_routes, public_routes
from services.proposals.web.following_pages import following_routes
from services.proposals.web.office_pages import office_page_routes
from services.proposals.web.open_data_pages import open_data_routes
from services.proposals.web.pages import TEMPLATES, page_routes
from shared.clock import Clock
from shared.events.registration import ProgrammeDefined, SessionCancelled, SessionEnded, SessionEvent, SessionScheduled
from shared.events.vocabulary import Language, ProgrammeKind, SessionStatus
from shared.messaging.broker import make_broker
from shared.security.audit import AuditEntry
from shared.security.chaining import Chaining
from shared.security.links import LinkPurpose, Links
from shared.staff import Role, StaffMember
from shared.storage.opening import open_store
from shared.text.catalogues import Translations
from shared.web.application import make_application
from shared.web.pages import Pages
from shared.web.staff_cookie import SESSION_COOKIE
from tests.support.applications import lent_application
from tests.support.described import described
from tests.support.links import Reader
from tests.support.office import office_cookie

START = datetime(2026, 12, 1, 9, tzinfo=UTC)
STAFF_TOKEN = "staff-token-of-the-tests"
STAFF = {"Authorization": f"Bearer {STAFF_TOKEN}"}
SECRET = "s" * 32
PROGRAMME = "dijous-gomunicipal"
WORDS = Translations(Path("services/proposals/locale"))


class Purger:
    """Notes whose events the broker is to forget."""

    def __init__(self) -> None:
        self.purged: list[str] = []

    async def __call__(self, follower_id: str) -> None:
        self.purged.append(follower_id)


class Desk:
    """The service and everything a test does with it."""

    http: httpx.AsyncClient

    def __init__(self, folder: Path) -> None:
        self.now = START
        self.settings = _settings(store_url=f"sqlite:///{folder}")
        self.store = open_store(self.settings.store_url, "proposals")
        self.links = Links(self.settings.public_url, SECRET)
        self.purger = Purger()
        self.cases = self.compose()
        self.documents = self.cases.store

    def compose(self) -> UseCases:
        broker = make_broker(self.settings.nats_url, service="proposals")
        return make_use_cases(self.settings, self.store, broker, self.clock, self.purger)

    def clock(self) -> datetime:
        return self.now

    async def know_programme(self, slug: str = PROGRAMME) -> None:
        event = ProgrammeDefined(
            version=1,
            programme=slug,
            name={Language.CA: "Dijous"},
            kind=ProgrammeKind.SERIES,
            time_zone="Europe/Madrid",
            reminders_minutes=[60],
            survey_questions=[],
            survey_days=14,
            survey_reminder_days=5,
        )
        await self.cases.store.programmes.apply(KnownProgramme.from_event(event))

    async def schedule_session(self, session_id: str = "sessiona", version: int = 1, **more: Any) -> str:
        await self._hear(SessionScheduled, session_id, SessionStatus.SCHEDULED, version, **more)
        return session_id

    async def end_session(self, session_id: str = "sessiona", version: int = 2) -> None:
        more = {"ended_at": self.now, "registrations": 0}
        await self._hear(SessionEnded, session_id, SessionStatus.ENDED, version, **more)

    async def cancel_session(self, session_id: str = "sessiona", version: int = 2) -> None:
        await self._hear(SessionCancelled, session_id, SessionStatus.CANCELLED, version)

    async def _hear(
        self, kind: type[SessionEvent], session_id: str, status: SessionStatus, version: int, **more: Any
    ) -> None:
        event = kind(version=version, status=status, **{**self._session(session_id), **more})
        await self.cases.steps.keep_session(KnownSession.from_event(event))

    def _session(self, session_id: str) -> dict[str, Any]:
        return {
            "session_id": session_id,
            "programme": PROGRAMME,
            "title": {Language.CA: "Sessió"},
            "starts_at": START + timedelta(days=16),
            "duration_minutes": 60,
        }

    async def propose(self, title: str = "Com publiquem els contractes?", **fields: str) -> str:
        answer = await self.http.post("/api/v1/proposals", json={"programme": PROGRAMME, "title": title, **fields})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def read(self, proposal_id: str) -> dict[str, Any]:
        return (await self.http.get(f"/api/v1/proposals/{proposal_id}")).json()  # type: ignore[no-any-return]  # JSON

    async def step(self, proposal_id: str, verb: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return await self.http.post(f"/api/v1/proposals/{proposal_id}/{verb}", json=body or {}, headers=STAFF)

    async def ask(self, proposal_id: str, email: str) -> httpx.Response:
        return await self.http.post(f"/api/v1/proposals/{proposal_id}/supports", json={"email": email})

    def token(self, proposal_id: str, email: str, purpose: LinkPurpose = LinkPurpose.SUPPORT) -> str:
        follower_id = self.cases.followers.id_of(proposal_id, email)
        return self.links.token(purpose, follower_id, self.now + timedelta(days=30))

    def following(self, proposal_id: str, email: str) -> str:
        """The path of the personal link that mails about a proposal carry."""
        return f"/following/{self.token(proposal_id, email, LinkPurpose.FOLLOWING)}"

    async def acts(self) -> list[AuditEntry]:
        """What the office did, the first act in front, once the relay moved the records into the audit."""
        await Chaining(self.store, self.cases.audit, OUTBOX_COLLECTIONS).chain_all()
        assert (await self.cases.audit.read_chain()).fault is None
        return list(reversed(await self.cases.audit.entries()))

    async def followers(self) -> list[Follower]:
        return [follower async for follower in self.documents.followers.each()]

    async def publish(self) -> None:
        """Do as the relay does: clear the outboxes of the followers."""
        for document in await self.store.find("followers", {"pending": 1}):
            await self.store.update("followers", document["_id"], assign={"outbox": [], "pending": 0})

    async def confirm(self, proposal_id: str, email: str) -> httpx.Response:
        return await self.http.post(f"/api/v1/supports/{self.token(proposal_id, email)}")

    async def support(self, proposal_id: str, email: str) -> None:
        assert (await self.ask(proposal_id, email)).status_code == 202
        answer = await self.confirm(proposal_id, email)
        assert answer.status_code == 200, answer.text

    async def told(self, collection: str) -> list[tuple[str, dict[str, Any]]]:
        """Type and data of every event that waits in the outboxes of a collection, oldest version first."""
        documents = await self.store.find(collection, {"pending": 1})
        events = [event for document in documents for event in document["outbox"]]
        return [(event["headers"]["ce-type"].split(".")[-2], event["data"]) for event in events]

    def limit(self, cases: Proposals | Supports, *, per_address: int, per_origin: int) -> None:
        """Let people do so much and no more."""
        cases.rate_limit = replace(cases.rate_limit, per_address=per_address, per_origin=per_origin)

    def sign_in(self, role: Role = Role.EDITOR) -> None:
        """Leave the office's cookie in the browser."""
        self.http.cookies.set(
            SESSION_COOKIE, office_cookie(SECRET, self.clock, StaffMember("m1", "Aina", role, session="s1"))
        )

    async def send(self, path: str, fields: dict[str, str] | None = None, *, page: str = "") -> httpx.Response:
        """Send a form of the page as its browser would, with the token that the page has."""
        shown = await self.http.get(page or path)
        token = re.search(r'name="csrf" value="(\w+)"', shown.text)
        assert token, shown.text
        return await self.http.post(path, data={"csrf": token[1], **(fields or {})})


class _AlwaysReady:
    async def check(self) -> dict[str, str]:
        return {}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    await desk.store.prepare(COLLECTIONS)
    await desk.know_programme()
    with lent_application(_application, cases=desk.cases, clock=desk.clock) as app:
        desk.http = Reader(transport=httpx.ASGITransport(app), base_url="http://localhost", event_hooks=described(app))
        try:
            yield desk
        finally:
            await desk.http.aclose()
            await desk.store.close()


def _application(cases: UseCases, clock: Clock) -> FastAPI:
    settings = _settings()
    pages = Pages(settings, WORDS, TEMPLATES, clock=clock, access=cases.access)
    routers = [
        public_routes(cases),
        office_routes(cases, STAFF_TOKEN),
        people_routes(cases, STAFF_TOKEN),
        page_routes(cases, pages),
        following_routes(cases, pages, clock, keep_days=90, keep_waiting_days=365),
        office_page_routes(cases, pages, clock),
        open_data_routes(cases, pages),
    ]
    return make_application("proposals", "proposals", routers, WORDS, _AlwaysReady())


def _settings(**more: str) -> Settings:
    return Settings.model_validate({"secret": SECRET, "staff_token": STAFF_TOKEN, **more})
