from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from services.registration.accounts import passwords
from services.registration.app import LOCALES, TEMPLATES
from services.registration.public_site import SiteOwner
from services.registration.registrations.domain import Registration
from services.registration.registrations.rate_limits import Allowance
from services.registration.routes import api_routers, public_routers
from services.registration.seats.domain import Roster
from services.registration.sessions.domain import Session
from services.registration.settings import Settings
from services.registration.usecases import COLLECTIONS, NO_LIMITS, Purges, Stores, UseCases, wire
from shared.clock import Clock
from shared.messaging.broker import make_broker
from shared.messaging.reconciler import Reconciler
from shared.security.links import LinkPurpose, Links
from shared.storage import sqlite
from shared.storage.contract import Document, Store
from shared.storage.opening import open_store
from shared.text.catalogues import Translations
from shared.web.application import make_application
from shared.web.pages import Pages
from tests.support.applications import lent_application
from tests.support.described import described
from tests.support.links import Reader

STAFF_TOKEN = "staff-token-of-the-tests"
STAFF = {"Authorization": f"Bearer {STAFF_TOKEN}"}
SECRET = "a secret of the tests, which is long enough"
JOIN_URL = "https://teams.example/secret-room"
PROGRAMME = {"slug": "dijous", "name": {"ca": "Dijous GOmunicipal"}, "kind": "series"}


class MovingClock:
    """A clock that goes one millisecond on at every look, and further when told."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 26, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._now += timedelta(milliseconds=1)
        return self._now

    def move(self, **by: float) -> None:
        self._now += timedelta(**by)


class Ready:
    async def check(self) -> dict[str, str]:
        return {}


@dataclass
class Office:
    """The service without a broker: its API, its use cases, a look into its store."""

    api: httpx.AsyncClient
    use_cases: UseCases
    documents: Store
    store: Stores
    links: Links
    clock: MovingClock
    purged: list[str]
    """Registrations of which the broker was to forget everything."""

    async def staff(self, method: str, path: str, body: Any = None, *, expect: int = 200) -> Any:
        answer = await self.api.request(method, f"/api/v1{path}", json=body, headers=STAFF)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def scheduled(self, **given: Any) -> str:
        """The id of a new session in a week."""
        body = {
            "programme": "dijous",
            "title": {"ca": "Treu-li suc"},
            "starts_at": "2026-12-03T10:00:00+01:00",
            "join_url": JOIN_URL,
            **given,
        }
        return str((await self.staff("POST", "/sessions", body, expect=201))["id"])

    async def register(self, session: str, number: int = 1, *, by_office: bool = False, **given: Any) -> httpx.Response:
        body = {
            "name": "Núria Puig",
            "email": f"person{number}@alamus.example",
            "entity": "2500450006",
            "consent": True,
            **given,
        }
        headers = STAFF if by_office else {}
        return await self.api.post(f"/api/v1/sessions/{session}/registrations", json=body, headers=headers)

    async def registrations(self, session: str) -> list[Registration]:
        """In order of arrival."""
        return await self.store.registrations.all_of(session)

    async def registration(self, session: str, number: int = 1) -> Registration:
        email = f"person{number}@alamus.example"
        return next(item for item in await self.registrations(session) if item.email == email)

    async def session(self, session: str) -> Session:
        return (await self.use_cases.sessions.view(session)).session

    async def roster(self, session: str) -> Roster:
        roster = await self.store.rosters.get(session)
        assert roster is not None
        return roster

    async def token(self, session: str, number: int = 1, purpose: LinkPurpose = LinkPurpose.REGISTRATION) -> str:
        registration = await self.registration(session, number)
        return self.links.token(purpose, registration.id, (await self.session(session)).ends_at + timedelta(days=30))

    async def cancel(self, session: str, number: int = 1) -> httpx.Response:
        return await self.api.delete(f"/api/v1/registrations/{await self.token(session, number)}")

    async def sweep(self) -> None:
        """As the loop does, a minute after whatever happened."""
        self.clock.move(minutes=1)
        await self.use_cases.registrations.seating.recover(timedelta(seconds=5))


def told(aggregate: Registration | Session) -> list[str]:
    """The events in its outbox by name."""
    return [envelope.headers["ce-type"].split(".")[2] for envelope in aggregate.outbox]


def data(aggregate: Registration | Session) -> list[Document]:
    return [envelope.data for envelope in aggregate.outbox]


OfficeFactory = Callable[[Path], Awaitable[Office]]


async def open_office(folder: Path, clock: MovingClock, allowance: Allowance = NO_LIMITS) -> AsyncIterator[Office]:
    opened = open_store(f"sqlite:///{folder}", "registration")
    await opened.prepare(COLLECTIONS)
    links = Links("https://dijous.example", SECRET)
    # Never connected: events stay in the outboxes, where the tests read them.
    reconciler = Reconciler(opened, make_broker("nats://127.0.0.1:1", service="registration"), service="registration")
    purged: list[str] = []

    async def purge(registration_id: str) -> None:
        purged.append(registration_id)

    use_cases = wire(opened, links, SECRET.encode(), reconciler, clock, purges=Purges(purge), allowance=allowance)
    with lent_application(_application, use_cases=use_cases, links=links, clock=clock) as app:
        async with Reader(
            transport=httpx.ASGITransport(app), base_url="http://localhost", event_hooks=described(app)
        ) as client:
            yield Office(client, use_cases, opened, use_cases.stores, links, clock, purged)
    await opened.close()


def _application(use_cases: UseCases, links: Links, clock: Clock) -> FastAPI:
    words = Translations(*LOCALES)
    settings = Settings.model_validate({"secret": SECRET, "staff_token": STAFF_TOKEN, "site_name": "Dijous"})
    owner = SiteOwner(mail_domain="dijous.example")
    routers = [
        *api_routers(use_cases, STAFF_TOKEN, clock),
        *public_routers(use_cases, Pages(settings, words, TEMPLATES, clock=clock), links, owner, clock),
    ]
    return make_application("registration", "Registration", routers, words, Ready())


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async for opened in open_office(tmp_path, MovingClock()):
        await opened.staff("POST", "/programmes", PROGRAMME, expect=201)
        yield opened


@pytest.fixture
async def replica(office: Office, tmp_path: Path) -> AsyncIterator[Office]:
    """Another process of the service on the same store."""
    async for opened in open_office(tmp_path, office.clock):
        yield opened


@pytest.fixture
def costly_passwords() -> None:
    """For what depends on how long it takes to check a password."""


@pytest.fixture(autouse=True)
def light_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id at the lowest cost: at its own one, a test that signs in spends most of its time with that."""
    if "costly_passwords" not in request.fixturenames:
        lightest = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
        monkeypatch.setattr(passwords, "PasswordHasher", lightest)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """For many sessions in which nothing dies: the disk need not be waited for."""
    monkeypatch.setattr(sqlite, "_WRITER_SETTINGS", (*sqlite._WRITER_SETTINGS, "PRAGMA synchronous = OFF"))
