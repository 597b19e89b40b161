"""The proposals service put together."""

from datetime import timedelta
from functools import partial
from pathlib import Path

from faststream.nats import NatsBroker

from services.proposals.handlers import NAME, routes
from services.proposals.settings import Settings
from services.proposals.store import COLLECTIONS, OUTBOX_COLLECTIONS, ProposalStore
from services.proposals.usecases import UseCases
from services.proposals.usecases.decidim import Decidim
from services.proposals.usecases.followers import Followers
from services.proposals.usecases.following import Following, erase_follower
from services.proposals.usecases.merging import Merging
from services.proposals.usecases.proposals import Proposals, RateLimit
from services.proposals.usecases.steps import Steps
from services.proposals.usecases.supports import Supports
from services.proposals.usecases.sweeping import Sweep
from services.proposals.usecases.weighing import Weighing
from services.proposals.web.api import office_routes, people_routes, public_routes
from services.proposals.web.following_pages import following_routes
from services.proposals.web.office_pages import office_page_routes
from services.proposals.web.open_data_pages import open_data_routes
from services.proposals.web.pages import TEMPLATES, page_routes
from shared.clock import Clock, clock_from
from shared.entities.live import LiveDirectory
from shared.events.proposals import ProposalFollowed, SupportRequested
from shared.loops import Loop
from shared.messaging.broker import make_broker
from shared.messaging.office_access import OFFICE_PEOPLE_KIND, OfficeAccess
from shared.messaging.outbox import OutboxRelay
from shared.messaging.purging import old_messages, purge_events
from shared.messaging.reconciler import Reconciler
from shared.security.audit import Audit
from shared.security.erasing import Erasing, Purge
from shared.security.links import Links
from shared.security.rate_limits import RateLimiter
from shared.service import Service
from shared.storage.compacting import compacting
from shared.storage.contract import Store
from shared.storage.opening import open_store
from shared.text.catalogues import Translations
from shared.web.pages import Pages

FORGET_SECONDS = 3600.0
"""How often past counters of limits are deleted."""
RELOAD_SECONDS = 60
"""How often imported entities are read again."""
RETENTION_SECONDS = 6 * 3600
EVENTS_WITH_PEOPLE = (ProposalFollowed, SupportRequested)
"""Removed from the broker when a follower is erased."""


def make_service(settings: Settings, *, clock: Clock | None = None) -> Service:
    now = clock or clock_from(settings.clock_offset_file)
    store = open_store(settings.store_url, NAME, mongo_driver=settings.mongo_driver)
    broker = make_broker(settings.nats_url, service=NAME)
    use_cases = make_use_cases(settings, store, broker, now, partial(purge_events, broker, EVENTS_WITH_PEOPLE))
    words = Translations(Path(__file__).parent / "locale")
    pages = Pages(settings, words, TEMPLATES, clock=now, access=use_cases.access)
    return Service(
        name=NAME,
        title="Dijous: proposals",
        store=store,
        broker=broker,
        events=routes(use_cases),
        relay=OutboxRelay(store, broker, service=NAME, collections=OUTBOX_COLLECTIONS, clock=now),
        collections=COLLECTIONS,
        routers=[
            public_routes(use_cases),
            office_routes(use_cases, settings.staff_token.get_secret_value()),
            people_routes(use_cases, settings.staff_token.get_secret_value()),
            page_routes(use_cases, pages),
            open_data_routes(use_cases, pages),
            following_routes(
                use_cases,
                pages,
                now,
                keep_days=settings.keep_followers_days,
                keep_waiting_days=settings.keep_waiting_followers_days,
            ),
            office_page_routes(use_cases, pages, now),
        ],
        words=words,
        loops=[
            *_loops(use_cases, settings),
            old_messages(broker, EVENTS_WITH_PEOPLE),
            compacting(store, every=settings.compact_seconds),
        ],
        sweep=use_cases.reconciler.announce_now,
    )


def _loops(use_cases: UseCases, settings: Settings) -> list[Loop]:
    erase_past = partial(
        use_cases.following.erase_past,
        timedelta(days=settings.keep_followers_days),
        timedelta(days=settings.keep_waiting_followers_days),
    )
    return [
        Loop("sweep", use_cases.sweep.complete, every=settings.sweep_seconds),
        Loop("directory", use_cases.entities.reload, every=RELOAD_SECONDS),
        Loop("limits", use_cases.limits.forget, every=FORGET_SECONDS),
        use_cases.erasing.loop(every=settings.sweep_seconds),
        Loop("followers of the past", erase_past, every=RETENTION_SECONDS),
        use_cases.reconciler.loop(),
    ]


def make_use_cases(settings: Settings, store: Store, broker: NatsBroker, clock: Clock, purge: Purge) -> UseCases:
    secret = settings.secret.get_secret_value()
    documents = ProposalStore(store, clock)
    erasing = Erasing(documents.erasures, partial(erase_follower, documents, clock), purge)
    links = Links(settings.public_url, secret)
    followers = Followers(documents, erasing, links, secret=secret.encode(), clock=clock)
    merging = Merging(documents, followers, clock=clock)
    entities = LiveDirectory(documents.entities.each)
    weighing = Weighing(documents, entities, clock=clock)
    access, audit, limits = OfficeAccess(store), Audit(store, clock), RateLimiter(store, clock, secret=secret.encode())
    propose = RateLimit(limits, "proposals", settings.proposals_per_address, settings.proposals_per_origin)
    support = RateLimit(limits, "supports", settings.supports_per_address, settings.supports_per_origin)
    steps = Steps(documents, merging, clock=clock)
    sweep = Sweep(documents, followers, merging, steps, clock=clock)
    reconciler = Reconciler(store, broker, service=NAME, every=settings.inventory_seconds)
    reconciler.announces("proposals-proposals", "proposals", sweep.recent, sweep.republish_proposal)
    reconciler.announces("proposals-followers", "followers", sweep.recent, sweep.republish_follower)
    reconciler.keeps("registration-programmes", documents.programmes.missing)
    reconciler.keeps("registration-sessions", documents.sessions.missing)
    reconciler.keeps("registration-entities", documents.entities.missing)
    reconciler.keeps(OFFICE_PEOPLE_KIND, access.missing)
    return UseCases(
        store=documents,
        proposals=Proposals(documents, followers, entities, weighing, propose, secret=secret.encode(), clock=clock),
        steps=steps,
        supports=Supports(documents, followers, entities, support, clock=clock),
        followers=followers,
        following=Following(documents, followers, erasing, audit, clock=clock),
        erasing=erasing,
        merging=merging,
        weighing=weighing,
        decidim=Decidim(documents, clock=clock),
        entities=entities,
        sweep=sweep,
        reconciler=reconciler,
        limits=limits,
        audit=audit,
        access=access,
    )
