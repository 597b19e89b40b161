"""The notifications service over a real SQLite file and its real handlers, with a clock that tests move."""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from services.notifications import handlers
from services.notifications import routes as pages
from services.notifications.app import LOCALES, TEMPLATES
from services.notifications.deliveries.domain import DeliveryKind, DeliveryState, make_delivery
from services.notifications.deliveries.store import DELIVERIES
from services.notifications.office import api
from services.notifications.preferences.domain import Suppression
from services.notifications.preferences.store import SUPPRESSIONS
from services.notifications.rendering.mail_texts import MailTexts
from services.notifications.sending.batch import BatchLoader
from services.notifications.sending.state import SendingStates
from services.notifications.settings import Settings
from services.notifications.surveys.store import SURVEY_PARTS
from services.notifications.usecases import AGGREGATES, COLLECTIONS, Stores, UseCases, make_loader
from shared import ids
from shared.clock import Clock as AnyClock
from shared.events import Event
from shared.events.registration import (
    EntityRegistered,
    ProgrammeDefined,
    RegistrationCancelled,
    RegistrationErased,
    SessionChanged,
    SessionEnded,
    SessionRescheduled,
    SessionScheduled,
    WaitingListPromoted,
)
from shared.events.vocabulary import Language, ProgrammeKind, RegistrationStatus, SessionStatus
from shared.messaging.broker import make_broker
from shared.messaging.consuming import durable_subscribers
from shared.messaging.reconciler import Reconciler
from shared.security.audit import AuditEntry
from shared.security.chaining import Chaining
from shared.security.links import LinkPurpose, Links
from shared.staff import Role, StaffMember
from shared.storage.contract import Document
from shared.storage.sqlite import SqliteStore
from shared.text.catalogues import Translations
from shared.web.application import make_application
from shared.web.pages import Pages
from shared.web.staff_cookie import SESSION_COOKIE
from tests.support.applications import lent_application
from tests.support.described import described
from tests.support.links import Reader
from tests.support.office import office_cookie

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
START = datetime(2026, 12, 17, 9, 0, tzinfo=UTC)
END = START + timedelta(hours=1)
PROGRAMME = "dijous-gomunicipal"
STAFF_TOKEN = "staff-token-of-the-tests"
STAFF = {"Authorization": f"Bearer {STAFF_TOKEN}"}
SECRET = "s" * 32
SESSION = ids.encode(b"0123456789")
DAY, HOUR = 1440, 60


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def registration_id(number: int) -> str:
    return ids.encode(number.to_bytes(16, "big"))


def programme_defined(version: int = 1, **changes: Any) -> ProgrammeDefined:
    values: dict[str, Any] = {
        "programme": PROGRAMME,
        "name": {Language.CA: "Dijous GOmunicipal"},
        "kind": ProgrammeKind.SERIES,
        "time_zone": "Europe/Madrid",
        "reminders_minutes": [DAY, HOUR],
        "survey_questions": [],
        "survey_days": 14,
        "survey_reminder_days": 7,
    }
    return ProgrammeDefined(version=version, **{**values, **changes})


def session_values(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "session_id": SESSION,
        "programme": PROGRAMME,
        "title": {Language.CA: "Treu-li suc a l'eina de seguiment"},
        "starts_at": START,
        "duration_minutes": 60,
        "status": SessionStatus.SCHEDULED,
    }
    return {**values, **changes}


def session_scheduled(version: int = 1, **changes: Any) -> SessionScheduled:
    return SessionScheduled(version=version, **session_values(**changes))


def session_rescheduled(version: int, starts_at: datetime, sequence: int, previous: datetime) -> SessionRescheduled:
    values = session_values(starts_at=starts_at, sequence=sequence)
    return SessionRescheduled(version=version, previous_starts_at=previous, **values)


def session_changed(
    version: int,
    *,
    previous_title: dict[str, str] | None = None,
    previous_duration_minutes: int | None = None,
    **changes: Any,
) -> SessionChanged:
    before = {"previous_title": previous_title, "previous_duration_minutes": previous_duration_minutes}
    return SessionChanged(version=version, **before, **session_values(**changes))


def session_ended(version: int = 9, registrations: int = 0, **changes: Any) -> SessionEnded:
    values = session_values(status=SessionStatus.ENDED, **changes)
    return SessionEnded(version=version, ended_at=END, registrations=registrations, **values)


def person(number: int, status: RegistrationStatus = RegistrationStatus.REGISTERED) -> dict[str, Any]:
    return {
        "registration_id": registration_id(number),
        "session_id": SESSION,
        "programme": PROGRAMME,
        "status": status,
        "name": f"Person {number}",
        "email": f"person{number}@alamus.example",
        "entity_code": "2500450006",
        "entity_name": "Ajuntament dels Alamús",
        "language": Language.CA,
    }


def registered(number: int, version: int = 1, generation: int = 1) -> EntityRegistered:
    return EntityRegistered(version=version, generation=generation, **person(number))


def waiting(number: int, version: int = 1) -> EntityRegistered:
    return EntityRegistered(version=version, **person(number, RegistrationStatus.WAITING))


def promoted(number: int, version: int = 2) -> WaitingListPromoted:
    return WaitingListPromoted(version=version, **person(number))


def gave_up(number: int, version: int = 2, generation: int = 1, *, held_seat: bool = True) -> RegistrationCancelled:
    cancelled = person(number, RegistrationStatus.CANCELLED)
    return RegistrationCancelled(version=version, generation=generation, held_seat=held_seat, **cancelled)


def erased(number: int, version: int = 2) -> RegistrationErased:
    return RegistrationErased(
        version=version, registration_id=registration_id(number), session_id=SESSION, programme=PROGRAMME
    )


class House:
    """What a test drives and looks at."""

    http: httpx.AsyncClient

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock()
        self.raw = SqliteStore(path)
        self.store = Stores.over(self.raw, secret=SECRET, clock=self.clock)
        broker = make_broker("nats://127.0.0.1:1", service="notifications")
        reconciler = Reconciler(self.raw, broker, service="notifications")
        self.links = Links("http://dijous.example", SECRET)
        texts = MailTexts(Translations(*LOCALES), self.links)
        self.use_cases = UseCases.over(self.store, self.clock, reconciler, texts, page_size=7, survey_part_size=200)
        self._handlers = {
            subscriber.event: subscriber.calls[0].handler
            for subscriber in durable_subscribers(handlers.routes(self.use_cases))
        }

    def sign_in(self, role: Role) -> None:
        """Have this browser belong to a member of the office from now on."""
        self.http.cookies.set(
            SESSION_COOKIE, office_cookie(SECRET, self.clock, StaffMember("member", "Anna", role, session="s1"))
        )

    async def form(self, page: str, **fields: str) -> dict[str, str]:
        """The fields of a form with the token that this browser's page gave."""
        shown = await self.http.get(page)
        assert shown.status_code == 200, shown.text
        found = re.search('name="csrf" value="([0-9a-f]+)"', shown.text)
        assert found, "no form in the page"
        return {"csrf": found[1], **fields}

    async def hear(self, *events: Event) -> None:
        """Let the handlers handle these events and the loops do what comes of each."""
        for event in events:
            await self.handle(event)
            await self.settle()

    async def handle(self, event: Event) -> None:
        """Let its handler handle an event, as the broker would."""
        await self._handlers[type(event)](event)

    async def settle(self) -> None:
        """Let the loops run until nothing is left to do."""
        while await self.use_cases.fanouts.step() or await self.use_cases.surveys.step():
            pass

    async def deliveries(self, kind: str = "") -> list[Document]:
        """All deliveries, or those of a kind, by id."""
        return await self.raw.find(DELIVERIES, {"kind": kind} if kind else None, limit=100_000)

    async def delivery_ids(self, kind: str = "") -> list[str]:
        return [document["_id"] for document in await self.deliveries(kind)]

    async def recipients(self, kind: str) -> list[str]:
        return sorted(document["recipient_id"] for document in await self.deliveries(kind))

    async def states(self, kind: str) -> set[str]:
        return {document["state"] for document in await self.deliveries(kind)}

    async def send_everything(self) -> None:
        """Mark all that is open as sent."""
        open_ones = [document["_id"] for document in await self.deliveries() if document["open"]]
        await self.store.deliveries.mark_sent(open_ones, self.clock.now)

    async def bounce(self, address: str, number: int = 1) -> Suppression:
        """Have the confirmation to a person refused for good."""
        now, kind = self.clock.now, DeliveryKind.CONFIRMATION
        refused = make_delivery(kind, SESSION, registration_id(number), due_at=now, now=now, round_="1")
        return await self.store.suppressions.bounce(address, refused, now)

    async def told_of_bounces(self) -> list[str]:
        """The types of the events that wait in the outboxes of suppressed addresses, in order."""
        kept = await self.raw.find(SUPPRESSIONS, limit=10_000)
        return [event["headers"]["ce-type"] for suppression in kept for event in suppression.get("outbox", ())]

    async def prepared(self) -> list[dict[str, Any]]:
        """The data of the SurveyLinksPrepared events that wait in the outboxes, by part."""
        parts = await self.raw.find(SURVEY_PARTS, limit=10_000)
        events = [event["data"] for part in parts for event in part["outbox"]]
        return sorted(events, key=lambda event: int(event["part"]))

    async def acts(self) -> list[AuditEntry]:
        """What the office did, the latest act in front, once the relay moved the records into the audit."""
        await Chaining(self.raw, self.use_cases.audit, AGGREGATES).chain_all()
        assert (await self.use_cases.audit.read_chain()).fault is None
        return await self.use_cases.audit.entries()

    async def publish_parts(self) -> None:
        """Do as the relay does: clear the outboxes."""
        for part in await self.raw.find(SURVEY_PARTS, limit=10_000):
            await self.raw.update(SURVEY_PARTS, part["_id"], assign={"outbox": [], "pending": 0})

    async def token(self, number: int) -> str:
        """The survey token of a person, as the mail will have it."""
        survey = await self.store.surveys.get(SESSION)
        assert survey is not None, "no survey"
        assert survey.link_maker is not None, "no key"
        return survey.link_maker.token(registration_id(number))

    def preferences_token(self, number: int) -> str:
        """The token of a person's preferences link."""
        return self.links.token(LinkPurpose.PREFERENCES, registration_id(number), self.clock.now + timedelta(days=1))

    def loader(self) -> BatchLoader:
        """What stands between the deliveries and the composer."""
        return make_loader(self.store)

    def raw_bytes(self) -> bytes:
        """Every byte of the store's files."""
        return b"".join(file.read_bytes() for file in sorted(self.path.parent.glob(f"{self.path.name}*")))


class _AlwaysReady:
    async def check(self) -> dict[str, str]:
        return {}


def registrations(numbers: Iterable[int]) -> list[str]:
    return sorted(registration_id(number) for number in numbers)


@asynccontextmanager
async def running_house(folder: Path) -> AsyncIterator[House]:
    """The service without a broker, until the block ends."""
    house = House(folder / "notifications.sqlite3")
    await house.raw.prepare(COLLECTIONS)
    with lent_application(
        _application, use_cases=house.use_cases, links=house.links, clock=house.clock, sending=house.store.sending
    ) as app:
        house.http = Reader(transport=httpx.ASGITransport(app), base_url="http://localhost", event_hooks=described(app))
        try:
            yield house
        finally:
            await house.http.aclose()
            await house.raw.close()


def _application(use_cases: UseCases, links: Links, clock: AnyClock, sending: SendingStates) -> FastAPI:
    settings = Settings.model_validate({"secret": SECRET, "staff_token": STAFF_TOKEN})
    words = Translations(*LOCALES)
    frame = Pages(settings, words, TEMPLATES, clock=clock, access=use_cases.access)
    routers = [
        api.routes(use_cases.delivery_admin, use_cases.people, staff_token=STAFF_TOKEN),
        pages.routes(use_cases, frame, links, clock, trouble=sending.trouble),
    ]
    return make_application("notifications", "Notifications", routers, words, _AlwaysReady())


SENT = DeliveryState.SENT.value
