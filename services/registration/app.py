"""The registration service composed: the only file that names store, handlers, web and settings together."""

from datetime import timedelta
from pathlib import Path

from fastapi import APIRouter
from faststream.nats import NatsBroker

from services.registration import handlers
from services.registration.outgoing import OidcProvider
from services.registration.settings import Settings
from services.registration.store import AGGREGATES, COLLECTIONS, RegistrationStore
from services.registration.usecases import UseCases
from services.registration.usecases.limits import Allowance
from services.registration.usecases.office import Office
from services.registration.web import api
from services.registration.web.office import oidc
from services.registration.web.office.desk import Desk
from services.registration.web.office.routes import routers as office_routers
from services.registration.web.public.front import Front, Publisher
from services.registration.web.public.routes import routers as public_routers
from shared.clock import Clock, clock_from
from shared.events import EVENTS_BY_TYPE
from shared.events.registration import PersonEvent
from shared.links import Links
from shared.loops import Loop
from shared.messaging.broker import make_broker
from shared.messaging.inventory import Inventory
from shared.messaging.outbox import OutboxRelay
from shared.messaging.purging import purge_events
from shared.service import Service
from shared.storage.opening import open_store
from shared.web.pages import Pages
from shared.words import Words

NAME = "registration"
LOCALE = Path(__file__).parent / "locale"
PUBLIC_LOCALE = Path(__file__).parent / "web" / "public" / "locale"
OFFICE_LOCALE = Path(__file__).parent / "web" / "office" / "locale"
TEMPLATES = Path(__file__).parent / "web" / "templates"
RELOAD_SECONDS = 60
END_CHECK_SECONDS = 30
RETENTION_SECONDS = 6 * 3600
EVENTS_WITH_PEOPLE = [event for event in EVENTS_BY_TYPE.values() if issubclass(event, PersonEvent)]
"""What is taken out of the broker when a person is erased."""


def make_service(settings: Settings, *, clock: Clock | None = None) -> Service:
    """The service, not yet started."""
    clock = clock or clock_from(settings.clock_offset_file)
    store = open_store(settings.store_url, NAME, mongo_driver=settings.mongo_driver)
    broker = make_broker(settings.nats_url, service=NAME)
    inventory = Inventory(store, broker, service=NAME, every=settings.inventory_seconds)
    secret = settings.secret.get_secret_value()
    links = Links(settings.public_url, secret)
    use_cases = UseCases.over(
        RegistrationStore(store, clock), links, secret.encode(), inventory, clock, allowance=allowance(settings)
    )
    words = Words(LOCALE, OFFICE_LOCALE, PUBLIC_LOCALE)
    office = Office.over(store, use_cases.entities, secret.encode(), inventory, clock)
    frame = Pages(settings, words, TEMPLATES, clock=clock, access=office.people)

    async def sweep() -> None:
        await use_cases.sessions.refresh_live()
        await inventory.announce_now()

    return Service(
        name=NAME,
        title="Dijous: programmes, sessions, registrations, the directory of entities",
        store=store,
        broker=broker,
        events=handlers.routes(use_cases),
        relay=OutboxRelay(store, broker, service=NAME, collections=AGGREGATES, clock=clock),
        collections=COLLECTIONS,
        routers=[
            *api.routers(use_cases, api.OfficeCalls(settings.staff_token.get_secret_value(), office.audit), clock),
            *public_routers(Front(frame, use_cases, links, publisher(settings), clock)),
            *office_pages(Desk(frame, use_cases, office, clock), settings),
        ],
        words=words,
        loops=[*_loops(use_cases, settings), *_people_loops(use_cases, settings, broker), inventory.loop()],
        sweep=sweep,
    )


def office_pages(desk: Desk, settings: Settings) -> list[APIRouter]:
    """The pages of the programme office, with the OIDC provider where one is set."""
    provider = OidcProvider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        settings.public_url.rstrip("/") + oidc.CALLBACK,
    )
    return office_routers(
        desk,
        provider if settings.has_oidc else None,
        role_claim=settings.oidc_role_claim,
        secret=settings.secret.get_secret_value().encode(),
        public_url=settings.public_url.rstrip("/"),
    )


def allowance(settings: Settings) -> Allowance:
    """How often one may register."""
    return Allowance(
        settings.registrations_per_client, settings.registrations_per_address, settings.registrations_per_session
    )


def publisher(settings: Settings) -> Publisher:
    """Who runs the installation."""
    return Publisher(
        organiser=settings.organiser,
        contact=settings.contact,
        keep_people=timedelta(days=settings.keep_people_days),
        keep_followers=timedelta(days=settings.keep_followers_days),
        mail_from=settings.mail_from,
        mail_domain=settings.mail_domain,
    )


def _people_loops(use_cases: UseCases, settings: Settings, broker: NatsBroker) -> list[Loop]:
    """What becomes of personal data by itself."""

    async def purge(registration_id: str) -> None:
        await purge_events(broker, EVENTS_WITH_PEOPLE, registration_id)

    async def finish_erasures() -> bool:
        return await use_cases.erasures.step(purge)

    async def erase_the_past() -> bool:
        return await use_cases.erasures.erase_past(timedelta(days=settings.keep_people_days))

    return [
        Loop("erasures", finish_erasures, every=settings.sweep_seconds),
        Loop("people of the past", erase_the_past, every=RETENTION_SECONDS),
        Loop("counters of limits", use_cases.gate.limits.forget, every=RELOAD_SECONDS),
    ]


def _loops(use_cases: UseCases, settings: Settings) -> list[Loop]:
    async def sweep() -> bool:
        await use_cases.seats.sweep(timedelta(seconds=settings.sweep_seconds))
        return False

    async def end_overdue() -> bool:
        return await use_cases.sessions.end_overdue(settings.end_after)

    return [
        Loop("unfinished seats", sweep, every=settings.sweep_seconds),
        Loop("overdue sessions", end_overdue, every=END_CHECK_SECONDS),
        Loop("live sessions", use_cases.sessions.refresh_live, every=settings.inventory_seconds / 2),
        Loop("directory", use_cases.entities.reload, every=RELOAD_SECONDS),
        Loop("list of sessions", use_cases.session_list.reload, every=RELOAD_SECONDS),
    ]
