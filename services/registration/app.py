"""The registration service composed: the only file that names store, handlers, web and settings together."""

from datetime import timedelta
from pathlib import Path

from fastapi import APIRouter

from services.registration import handlers
from services.registration.outgoing import OidcProvider
from services.registration.settings import Settings
from services.registration.store import AGGREGATES, COLLECTIONS, RegistrationStore
from services.registration.usecases import UseCases
from services.registration.usecases.office import Office
from services.registration.web import api, pages
from services.registration.web.office import oidc
from services.registration.web.office.desk import Desk
from services.registration.web.office.routes import routers as office_routers
from shared.clock import Clock, clock_from
from shared.links import Links
from shared.loops import Loop
from shared.messaging.broker import make_broker
from shared.messaging.inventory import Inventory
from shared.messaging.outbox import OutboxRelay
from shared.service import Service
from shared.storage.opening import open_store
from shared.web.pages import Pages
from shared.words import Words

NAME = "registration"
LOCALE = Path(__file__).parent / "locale"
OFFICE_LOCALE = Path(__file__).parent / "web" / "office" / "locale"
TEMPLATES = Path(__file__).parent / "web" / "templates"
RELOAD_SECONDS = 60
END_CHECK_SECONDS = 30


def make_service(settings: Settings, *, clock: Clock | None = None) -> Service:
    """The service, not yet started."""
    clock = clock or clock_from(settings.clock_offset_file)
    store = open_store(settings.store_url, NAME, mongo_driver=settings.mongo_driver)
    broker = make_broker(settings.nats_url, service=NAME)
    inventory = Inventory(store, broker, service=NAME, every=settings.inventory_seconds)
    secret = settings.secret.get_secret_value()
    links = Links(settings.public_url, secret)
    use_cases = UseCases.over(RegistrationStore(store, clock), links, secret.encode(), inventory, clock)
    words = Words(LOCALE, OFFICE_LOCALE)
    frame = Pages(settings, words, TEMPLATES, clock=clock)
    office = Office.over(store, secret.encode(), clock)

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
            *api.routers(use_cases, settings.staff_token.get_secret_value(), clock),
            pages.routes(use_cases, words, clock),
            *office_pages(Desk(frame, use_cases, office, clock), settings),
        ],
        words=words,
        loops=[*_loops(use_cases, settings), inventory.loop()],
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
    ]
