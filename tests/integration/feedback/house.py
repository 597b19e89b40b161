"""The feedback service over a real SQLite file and its real HTTP side, with a clock that tests move."""

import hashlib
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from faststream.nats import NatsBroker
from pydantic import SecretStr

from services.feedback.app import LOCALE
from services.feedback.domain.known import KnownProgramme, KnownSession
from services.feedback.domain.tallies import Sum, Tally
from services.feedback.settings import Settings
from services.feedback.store import COLLECTIONS, COUNTS, SURVEYS, FeedbackStore
from services.feedback.usecases import UseCases
from services.feedback.usecases.keys import SurveyKeys
from services.feedback.web import api, pages
from shared import ids
from shared.events.registration import ProgrammeDefined, SessionEnded, SessionScheduled, SurveyQuestion
from shared.events.vocabulary import Language, ProgrammeKind, SessionStatus
from shared.imports.accepted import IMPORTS
from shared.messaging.broker import make_broker
from shared.messaging.office_access import OfficeAccess
from shared.messaging.reconciler import Reconciler
from shared.messaging.streams import apply_streams
from shared.security import tokens
from shared.security.audit import Audit, AuditEntry
from shared.security.chaining import Chaining
from shared.staff import Role, StaffMember
from shared.storage.sqlite import SqliteStore
from shared.text.catalogues import Translations
from shared.web.application import make_application
from shared.web.pages import Pages
from shared.web.staff_cookie import SESSION_COOKIE
from tests.support.applications import lent_application
from tests.support.described import described
from tests.support.links import Reader
from tests.support.nats import RunningBroker
from tests.support.office import office_cookie

STAFF_TOKEN = "staff-token-of-the-tests"
STAFF = {"Authorization": f"Bearer {STAFF_TOKEN}"}
SECRET = "secret-of-the-tests-with-enough-letters"
SETTINGS = Settings(secret=SecretStr(SECRET), staff_token=SecretStr(STAFF_TOKEN), public_url="http://feedback")
ENGLISH = {"Accept-Language": "en"}
END = datetime(2026, 12, 17, 10, 0, tzinfo=UTC)
PROGRAMME = "dijous-gomunicipal"
QUESTIONS = {"content": "Contingut", "duration": "Durada", "understood": "S'entén", "applicable": "Aplicable"}


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = END) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


def survey_token(session_id: str, chance: random.Random) -> str:
    """A token as notifications makes it: the session's id and an HMAC that nobody can guess."""
    return tokens.encode(ids.decode(session_id) + chance.randbytes(32))


def token_hash(token: str) -> str:
    """What feedback gets of it."""
    return hashlib.sha256(tokens.decode(token)).hexdigest()


def part_of(token: str, parts: int) -> int:
    """The part to which notifications deals a token."""
    return int.from_bytes(tokens.decode(token)[10:14], "big") % parts


def programme_defined(version: int = 1, **changes: Any) -> ProgrammeDefined:
    """The reference programme's event."""
    values: dict[str, Any] = {
        "programme": PROGRAMME,
        "name": {Language.CA: "Dijous GOmunicipal"},
        "kind": ProgrammeKind.SERIES,
        "time_zone": "Europe/Madrid",
        "reminders_minutes": [1440, 60],
        "survey_questions": [SurveyQuestion(key=k, text={Language.CA: text}) for k, text in QUESTIONS.items()],
        "survey_days": 14,
        "survey_reminder_days": 7,
    }
    return ProgrammeDefined(version=version, **{**values, **changes})


def _session_values(session_id: str) -> dict[str, Any]:
    return {
        "session_id": session_id,
        "programme": PROGRAMME,
        "title": {Language.CA: "Treu-li suc a l'eina de seguiment"},
        "starts_at": END - timedelta(hours=1),
        "duration_minutes": 60,
    }


def session_scheduled(session_id: str, version: int = 1) -> SessionScheduled:
    """A session's first event."""
    return SessionScheduled(version=version, status=SessionStatus.SCHEDULED, **_session_values(session_id))


def session_ended(session_id: str, version: int = 2) -> SessionEnded:
    """A session's last event."""
    return SessionEnded(
        version=version, status=SessionStatus.ENDED, ended_at=END, registrations=60, **_session_values(session_id)
    )


class AlwaysReady:
    """Readiness where no broker is."""

    async def check(self) -> dict[str, str]:
        """Nothing to say."""
        return {}


@dataclass
class House:
    """What a test drives and looks at."""

    path: Path
    raw: SqliteStore
    store: FeedbackStore
    server: RunningBroker
    broker: NatsBroker
    keys: SurveyKeys
    use_cases: UseCases
    client: httpx.AsyncClient
    clock: Clock
    chance: random.Random

    async def learn(self, session_id: str, programme: str = PROGRAMME) -> None:
        """The programme is defined and the session has ended."""
        defined, ended = programme_defined(programme=programme), session_ended(session_id)
        await self.use_cases.store.programmes.apply(KnownProgramme.from_event(defined))
        await self.use_cases.surveys.keep_session(
            KnownSession.from_event(ended.model_copy(update={"programme": programme}))
        )

    async def rename(self, session_id: str, title: str) -> None:
        """The session gets another title."""
        renamed = session_ended(session_id, version=3).model_copy(update={"title": {Language.CA: title}})
        await self.use_cases.surveys.keep_session(KnownSession.from_event(renamed))

    async def tell(self, session_id: str, version: int = 3, **changes: Any) -> None:
        """The ended session is told again, with changes."""
        ended = session_ended(session_id, version).model_copy(update=changes)
        await self.use_cases.surveys.keep_session(KnownSession.from_event(ended))

    async def open_survey(self, people: int, *, parts: int = 1, programme: str = PROGRAMME) -> tuple[str, list[str]]:
        """A session whose survey is open, and its tokens by person."""
        session_id = ids.encode(self.chance.randbytes(10))
        tokens = [survey_token(session_id, self.chance) for _ in range(people)]
        await self.learn(session_id, programme)
        for part in range(parts):
            hashes = [token_hash(token) for token in tokens if part_of(token, parts) == part]
            self.chance.shuffle(hashes)
            await self.use_cases.surveys.prepare_links(session_id, part, parts, hashes)
        return session_id, tokens

    async def add_late(self, session_id: str, tokens: list[str], late: int, *, parts: int = 1) -> list[str]:
        """The tokens of so many late registrants, told with those that were there."""
        more = [survey_token(session_id, self.chance) for _ in range(late)]
        for part in range(parts):
            hashes = sorted(token_hash(token) for token in [*tokens, *more] if part_of(token, parts) == part)
            await self.use_cases.surveys.prepare_links(session_id, part, parts, hashes)
        return more

    async def answer(self, token: str, *, comment: str = "", **scores: int) -> httpx.Response:
        """Hand in answers by the API."""
        body = {"answers": scores or {"content": 8}, "comment": comment}
        return await self.client.post(f"/api/v1/surveys/{token}", json=body)

    async def tallies(self, session_id: str) -> list[Tally]:
        """The parts of a survey."""
        survey = await self.store.surveys.get(session_id)
        assert survey is not None
        return await self.store.tallies_of(survey)

    async def sum(self, tally: Tally) -> Sum:
        """What was answered in a part."""
        return tally.sum(await self.keys.get(tally.session_id))

    async def publish(self, session_id: str) -> httpx.Response:
        """The office closes the survey."""
        return await self.client.post(f"/api/v1/results/{session_id}/publish", json={}, headers=STAFF)

    def sign_in(self, role: Role) -> None:
        """The client is a member of the office from now on."""
        member = StaffMember(f"member-{role.name.lower()}", "Núria", role, session="s1")
        self.client.cookies.set(SESSION_COOKIE, office_cookie(SECRET, self.clock, member))

    async def send_form(self, path: str, **values: str) -> httpx.Response:
        """Open a page and send its form."""
        return await self.client.post(path, data={**await self.form_of(path), **values})

    async def form_of(self, path: str) -> dict[str, str]:
        """The hidden fields of a page's form."""
        return self.fields(await self.client.get(path))

    def fields(self, page: httpx.Response) -> dict[str, str]:
        """The hidden fields of a page's own form, which is in its main part."""
        found = re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', page.text.split("<main")[1])
        assert found, page.text
        return dict(found)

    async def events(self) -> list[dict[str, Any]]:
        """Every event that waits to be published, in the order of its collection's documents."""
        documents = [*await self.raw.find(SURVEYS), *await self.raw.find(COUNTS)]
        return [event for document in documents for event in document["outbox"]]

    async def event_names(self) -> list[str]:
        """Their types without domain and version."""
        return [event["headers"]["ce-type"].split(".")[-2] for event in await self.events()]

    async def acts(self) -> list[AuditEntry]:
        """What the office did, once the relay moved the records into the audit."""
        await Chaining(self.raw, self.use_cases.audit, [SURVEYS, COUNTS, IMPORTS]).chain_all()
        assert (await self.use_cases.audit.read_chain()).fault is None
        return list(reversed(await self.use_cases.audit.entries()))

    def raw_bytes(self) -> bytes:
        """Every byte of the store's files."""
        return b"".join(file.read_bytes() for file in sorted(self.path.parent.glob("feedback.sqlite3*")))


@asynccontextmanager
async def running_house(folder: Path, *, seed: int = 1) -> AsyncIterator[House]:
    """The service with a broker and without its relay, until the block ends."""
    path = folder / "feedback.sqlite3"
    raw, clock = SqliteStore(path), Clock()
    await raw.prepare(COLLECTIONS)
    store = FeedbackStore(raw, clock)
    server = RunningBroker(folder)
    await server.start()
    await apply_streams(server.url, [])
    broker = make_broker(server.url, service="feedback")
    await broker.connect()
    keys, reconciler = SurveyKeys(broker), Reconciler(raw, broker, service="feedback")
    use_cases = UseCases.over(store, keys, clock, reconciler, Audit(raw, clock), OfficeAccess(raw))
    with lent_application(_application, use_cases=use_cases, clock=clock) as app:
        client = Reader(
            transport=httpx.ASGITransport(app), base_url="http://feedback", headers=ENGLISH, event_hooks=described(app)
        )
        try:
            yield House(path, raw, store, server, broker, keys, use_cases, client, clock, random.Random(seed))
        finally:
            await client.aclose()
            await broker.stop()
            server.kill()
            await raw.close()


def _application(use_cases: UseCases, clock: Clock) -> FastAPI:
    words = Translations(LOCALE)
    frame = Pages(SETTINGS, words, pages.TEMPLATES, clock=clock, access=use_cases.access)
    routers = [api.routes(use_cases, words, staff_token=STAFF_TOKEN), pages.routes(use_cases, frame)]
    return make_application("feedback", "Feedback", routers, words, AlwaysReady())
