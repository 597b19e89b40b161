"""The registration service composed: the only file that names store, handlers, web and settings together."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from faststream.nats import NatsBroker

from services.registration import handlers
from services.registration.accounts.oidc import OidcProvider
from services.registration.accounts.oidc_pages import CALLBACK
from services.registration.public_site import SiteOwner
from services.registration.registrations.rate_limits import Allowance
from services.registration.routes import api_routers, office_routers, public_routers
from services.registration.settings import Settings
from services.registration.usecases import AGGREGATES, COLLECTIONS, Purges, UseCases, wire
from shared.clock import Clock, clock_from
from shared.events import EVENTS_BY_TYPE, Event
from shared.events.registration import PersonEvent
from shared.events.support import ContactNamed, NextStepSet
from shared.loops import Loop
from shared.messaging.broker import make_broker
from shared.messaging.outbox import OutboxRelay
from shared.messaging.purging import old_messages, purge_events
from shared.messaging.reconciler import Reconciler
from shared.security.links import Links
from shared.service import Service
from shared.storage.compacting import compacting
from shared.storage.contract import Store
from shared.storage.opening import open_store
from shared.text.catalogues import Translations
from shared.web.pages import Pages

NAME = "registration"
_HERE = Path(__file__).parent
LOCALES = sorted(_HERE.glob("**/locale"))
TEMPLATES = sorted(_HERE.glob("**/templates"))
"""Each noun brings its own words and templates."""

RELOAD_SECONDS = 60
END_CHECK_SECONDS = 30
RETENTION_SECONDS = 6 * 3600
EVENTS_OF_REGISTRATIONS = [event for event in EVENTS_BY_TYPE.values() if issubclass(event, PersonEvent)]
"""What is taken out of the broker when a person is erased."""
EVENTS_OF_CONTACTS = [ContactNamed]
"""The same of a contact."""
EVENTS_WITH_PEOPLE: Sequence[type[Event]] = [*EVENTS_OF_REGISTRATIONS, *EVENTS_OF_CONTACTS, NextStepSet]


def make_service(settings: Settings, *, clock: Clock | None = None) -> Service:
    """The service, not yet started."""
    clock = clock or clock_from(settings.clock_offset_file)
    store = open_store(settings.store_url, NAME, mongo_driver=settings.mongo_driver)
    broker = make_broker(settings.nats_url, service=NAME)
    reconciler = Reconciler(store, broker, service=NAME, every=settings.inventory_seconds)
    secret = settings.secret.get_secret_value()
    links = Links(settings.public_url, secret)
    words = Translations(*LOCALES)
    use_cases = wire(
        store,
        links,
        secret.encode(),
        reconciler,
        clock,
        purges=_purges(broker),
        allowance=_allowance(settings),
        rules=settings.sign_in_rules,
        words=words,
        keep_people=timedelta(days=settings.keep_people_days),
    )
    frame = Pages(settings, words, TEMPLATES, clock=clock, access=use_cases.access.accounts)

    async def sweep() -> None:
        await use_cases.sessions.refresh_live()
        await reconciler.announce_now()

    return Service(
        name=NAME,
        title="Dijous: programmes, sessions, registrations, the directory of entities",
        store=store,
        broker=broker,
        events=handlers.routes(use_cases),
        relay=OutboxRelay(store, broker, service=NAME, collections=AGGREGATES, clock=clock),
        collections=COLLECTIONS,
        routers=[
            *api_routers(use_cases, settings.staff_token.get_secret_value(), clock),
            *public_routers(use_cases, frame, links, _owner(settings), clock),
            *office_routers(use_cases, frame, clock, oidc(settings)),
        ],
        words=words,
        loops=[*_loops(use_cases, settings), *_cleaning(store, broker, settings), reconciler.loop()],
        sweep=sweep,
    )


def oidc(settings: Settings) -> OidcProvider | None:
    if not settings.has_oidc:
        return None
    return OidcProvider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        settings.public_url.rstrip("/") + CALLBACK,
        role_claim=settings.oidc_role_claim,
        verified_claim=settings.oidc_verified_claim,
        secret=settings.secret.get_secret_value().encode(),
    )


def _purges(broker: NatsBroker) -> Purges:
    return Purges(*(partial(purge_events, broker, events) for events in (EVENTS_OF_REGISTRATIONS, EVENTS_OF_CONTACTS)))


def _allowance(settings: Settings) -> Allowance:
    return Allowance(
        per_client=settings.registrations_per_client,
        at_once=settings.registrations_at_once,
        per_address=settings.registrations_per_address,
        per_session=settings.registrations_per_session,
    )


def _owner(settings: Settings) -> SiteOwner:
    return SiteOwner(
        organiser=settings.organiser,
        contact=settings.contact,
        dir3=settings.dir3,
        open_data_licence=settings.open_data_licence,
        keep_people=timedelta(days=settings.keep_people_days),
        keep_followers=timedelta(days=settings.keep_followers_days),
        keep_waiting_followers=timedelta(days=settings.keep_waiting_followers_days),
        mail_from=settings.mail_from,
        mail_domain=settings.mail_domain,
    )


def _cleaning(store: Store, broker: NatsBroker, settings: Settings) -> list[Loop]:
    return [old_messages(broker, EVENTS_WITH_PEOPLE), compacting(store, every=settings.compact_seconds)]


def _loops(use_cases: UseCases, settings: Settings) -> list[Loop]:
    end_overdue = partial(use_cases.sessions.end_overdue, settings.end_after)

    async def sweep() -> bool:
        await use_cases.registrations.seating.recover(timedelta(seconds=settings.sweep_seconds))
        return False

    return [
        Loop("unfinished seats", sweep, every=settings.sweep_seconds),
        Loop("overdue sessions", end_overdue, every=END_CHECK_SECONDS),
        Loop("live sessions", use_cases.sessions.refresh_live, every=settings.inventory_seconds / 2),
        Loop("directory", use_cases.entities.reload, every=RELOAD_SECONDS),
        Loop("entities imported before", use_cases.entities.announce_older, every=RETENTION_SECONDS),
        Loop("unfinished places", use_cases.support.placing.recover, every=settings.sweep_seconds),
        Loop("petitions of bodies gone", use_cases.support.petitions.return_to_the_office, every=RELOAD_SECONDS),
        use_cases.erasing.loop(every=settings.sweep_seconds),
        Loop("members who left", use_cases.membership.leaving.sweep, every=settings.sweep_seconds),
        use_cases.contacts.erasing.loop("erasures of contacts", every=settings.sweep_seconds),
        use_cases.moving_in.imports.loop(every=settings.sweep_seconds),
        Loop("people of the past", use_cases.retention.erase_past, every=RETENTION_SECONDS),
        Loop("counters of limits", use_cases.rate_limit.limits.forget, every=RELOAD_SECONDS),
    ]
