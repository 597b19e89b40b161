"""The office's pages over a real store, as a browser without JavaScript meets them."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI, Request
from pydantic import SecretStr

from services.registration.accounts.domain import How, SignInRules
from services.registration.accounts.sign_in import first_run_token
from services.registration.app import LOCALES, TEMPLATES, oidc
from services.registration.registrations.usecases import Person
from services.registration.routes import api_routers, office_routers
from services.registration.settings import Settings
from services.registration.usecases import AGGREGATES, COLLECTIONS, USUAL_RULES, Stores, UseCases, wire
from shared.clock import Clock
from shared.events.vocabulary import Language
from shared.messaging.broker import make_broker
from shared.messaging.reconciler import Reconciler
from shared.security.audit import AuditEntry
from shared.security.chaining import Chaining
from shared.security.links import Links
from shared.staff import Role, StaffMember
from shared.storage.contract import Store
from shared.storage.opening import open_store
from shared.text.catalogues import Translations
from shared.web.application import make_application
from shared.web.pages import Pages
from shared.web.staff_cookie import StaffCookie
from tests.support.applications import lent_application
from tests.support.links import Reader
from tests.support.office import LONG, office_cookie

STAFF_TOKEN = "staff-token-of-the-tests"
STAFF = {"Authorization": f"Bearer {STAFF_TOKEN}"}
SECRET = "a secret of the tests, which is long enough"
JOIN_URL = "https://teams.example/secret-room"
PROGRAMME = {"slug": "dijous", "name": {"ca": "Dijous GOmunicipal"}, "kind": "series"}
PASSWORD = "quatre paraules que recordo"
URL = "http://localhost"
WEEK_AHEAD = "2026-12-03T10:00:00+01:00"


class StepClock:
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
class OfficeDesk:
    """The application with the office's pages and one browser in front of it."""

    browser: httpx.AsyncClient
    use_cases: UseCases
    raw: Store
    store: Stores
    clock: StepClock

    async def first_run_path(self) -> str:
        token = await first_run_token(self.raw, self.clock)
        assert token
        return f"/office/first-run/{token}"

    def sign_in(self, role: Role = Role.EDITOR, name: str = "Marta", member_id: str = "") -> None:
        """Give the browser the cookie of somebody who signed in."""
        member = StaffMember(member_id or name, name, role)
        self.browser.cookies.set("office", office_cookie(SECRET, self.clock, member), domain="localhost.local")

    def another_browser(self) -> Self:
        """The same application from elsewhere."""
        browser = Reader(transport=self.browser._transport, base_url=URL, headers=self.browser.headers)
        return replace(self, browser=browser)

    async def begin_session(self, person_id: str) -> None:
        """Sign somebody in who has an account."""
        person = await self.use_cases.access.accounts.get(person_id)
        member, _ = await self.use_cases.access.sessions.begin(person, How.PASSWORD)
        self.browser.cookies.set("office", office_cookie(SECRET, self.clock, member), domain="localhost.local")

    def come_back(self, **after: float) -> None:
        """Let time pass, and sign an editor in again."""
        self.clock.move(**after)
        self.sign_in()

    def signed_in(self) -> StaffMember | None:
        """Who the browser's cookie says is signed in."""
        cookies = f"office={self.browser.cookies.get('office')}".encode()
        request = Request({"type": "http", "headers": [(b"cookie", cookies)]})
        return StaffCookie(SECRET, self.clock, secure=False, idle=LONG).member(request)

    def sign_out(self) -> None:
        self.browser.cookies.delete("office")

    async def get(self, path: str, *, expect: int = 200) -> httpx.Response:
        await self.chain()
        answer = await self.browser.get(path)
        assert answer.status_code == expect, f"GET {path}: {answer.status_code} {main_of(answer.text)}"
        return answer

    async def submit(
        self, path: str, fields: Mapping[str, str], *, expect: int = 303, files: Mapping[str, bytes] | None = None
    ) -> httpx.Response:
        """Send a form with the token of this browser."""
        page = await self.browser.get("/office/sign-in?guard", follow_redirects=True)
        token = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert token
        sent = {**fields, "csrf": token[1]}
        if files:
            answer = await self.browser.post(path, data=sent, files={name: ("f", data) for name, data in files.items()})
        else:
            answer = await self.browser.post(path, data=sent)
        assert answer.status_code == expect, f"POST {path}: {answer.status_code} {main_of(answer.text)}"
        await self.chain()
        return answer

    async def acts(self) -> list[str]:
        """What the record says was done, in the order in which it was decided."""
        return [entry.action for entry in sorted(await self.entries(limit=500), key=lambda entry: entry.at)]

    async def entries(self, **wanted: Any) -> list[AuditEntry]:
        """The record, the latest entry in front, once the relay moved into it what was saved with the acts."""
        await self.chain()
        return await self.use_cases.audit.entries(**wanted)

    async def chain(self) -> None:
        await Chaining(self.raw, self.use_cases.audit, AGGREGATES).chain_all()

    async def staff(self, method: str, path: str, body: object = None, *, expect: int = 200) -> dict[str, str]:
        """A call of the API with the office's token."""
        answer = await self.browser.request(method, f"/api/v1{path}", json=body, headers=STAFF)
        assert answer.status_code == expect, answer.text
        await self.chain()
        found: dict[str, str] = answer.json()
        return found

    async def scheduled(self, **given: object) -> str:
        """The id of a new session in a week."""
        body = {
            "programme": "dijous",
            "title": {"ca": "Treu-li suc"},
            "starts_at": "2026-12-03T10:00:00+01:00",
            **given,
        }
        return (await self.staff("POST", "/sessions", body, expect=201))["id"]

    async def register(
        self, session_id: str, number: int = 1, *, language: Language = Language.CA, **given: str
    ) -> None:
        """As the public page does."""
        entity = await self.use_cases.entities.find(given.get("entity", "2500450006"))
        assert entity
        email = f"persona{number}@alamus.example"
        person = Person(given.get("name", f"Persona {number}"), email, given.get("role", ""), language)
        session = await self.use_cases.registrations.open_session(session_id)
        await self.use_cases.registrations.register(session, entity, person)


@asynccontextmanager
async def open_desk(
    folder: Path, *, rules: SignInRules = USUAL_RULES, passkeys_at: str = URL, **settings: str
) -> AsyncIterator[OfficeDesk]:
    clock = StepClock()
    store = open_store(f"sqlite:///{folder}", "registration")
    await store.prepare(COLLECTIONS)
    # Never connected: events stay in the outboxes.
    reconciler = Reconciler(store, make_broker("nats://127.0.0.1:1", service="registration"), service="registration")
    use_cases = wire(store, Links(passkeys_at, SECRET), SECRET.encode(), reconciler, clock, rules=rules)
    with lent_application(_application, *settings.items(), use_cases=use_cases, clock=clock) as app:
        async with Reader(transport=httpx.ASGITransport(app), base_url=URL) as browser:
            browser.headers["accept-language"] = "ca"
            yield OfficeDesk(browser, use_cases, store, use_cases.stores, clock)
    await store.close()


def _application(*settings: tuple[str, str], use_cases: UseCases, clock: Clock) -> FastAPI:
    words = Translations(*LOCALES)
    own = Settings(secret=SecretStr(SECRET), staff_token=SecretStr(STAFF_TOKEN), public_url=URL, **dict(settings))  # type: ignore[arg-type]  # read as the model says
    frame = Pages(own, words, TEMPLATES, clock=clock, access=use_cases.access.accounts)
    routers = [
        *api_routers(use_cases, STAFF_TOKEN, clock),
        *office_routers(use_cases, frame, clock, oidc(own)),
    ]
    return make_application("registration", "Registration", routers, words, Ready())


@asynccontextmanager
async def desk_at_work(folder: Path) -> AsyncIterator[OfficeDesk]:
    """The office with its programme, somebody signed in."""
    async with open_desk(folder) as opened:
        await opened.staff("POST", "/programmes", PROGRAMME, expect=201)
        opened.sign_in()
        yield opened


def main_of(page: str) -> str:
    """The words of a page's main part, for messages of failed assertions."""
    _, _, main = page.partition("<main")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))[:800]


def where(answer: httpx.Response) -> str:
    """The path that a redirect leads to, with its query."""
    parts = urlsplit(answer.headers["location"])
    return parts.path + (f"?{parts.query}" if parts.query else "")
