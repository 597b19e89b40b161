"""The notifications service put together."""

from datetime import timedelta
from pathlib import Path

from services.notifications import handlers
from services.notifications import routes as pages
from services.notifications.office import api
from services.notifications.projections.store import (
    FOLLOWERS,
    MEMBERSHIPS,
    OFFERS,
    PETITIONS,
    PROGRAMMES,
    PROPOSALS,
    REGISTRATIONS,
    SESSIONS,
)
from services.notifications.rendering.mail_texts import MailTexts
from services.notifications.rendering.messages import Composer
from services.notifications.sending.sender import Sender, SendingLimits, lateness
from services.notifications.sending.state import SENDING_STATES
from services.notifications.settings import Settings
from services.notifications.surveys.store import SURVEY_KEYS
from services.notifications.transport.smtp import Connection, Transport
from services.notifications.usecases import AGGREGATES, COLLECTIONS, Stores, UseCases, make_sender
from shared.clock import Clock, clock_from
from shared.loops import Loop
from shared.messaging.broker import make_broker
from shared.messaging.office_access import OFFICE_ACCESS, OFFICE_PEOPLE_KIND
from shared.messaging.outbox import OutboxRelay
from shared.messaging.reconciler import Reconciler
from shared.security.links import Links
from shared.service import Service
from shared.storage.compacting import compacting
from shared.storage.opening import open_store
from shared.storage.projections import Known, Projection
from shared.text.catalogues import Translations
from shared.web.pages import Pages

NAME = handlers.NAME

_HERE = Path(__file__).parent
LOCALES = sorted(_HERE.glob("**/locale"))
TEMPLATES = sorted(_HERE.glob("**/templates"))
"""Each stage has its own."""

KEPT = {
    "registration-programmes": PROGRAMMES,
    "registration-sessions": SESSIONS,
    "registration-registrations": REGISTRATIONS,
    "registration-erasures": REGISTRATIONS,
    "registration-memberships": MEMBERSHIPS,
    "registration-offers": OFFERS,
    "registration-petitions": PETITIONS,
    OFFICE_PEOPLE_KIND: OFFICE_ACCESS,
    "feedback-surveys": SURVEY_KEYS,
    "proposals-proposals": PROPOSALS,
    "proposals-followers": FOLLOWERS,
}
"""The collections that the reconcile sweep keeps complete, by kind of inventory."""

_SMTP_TIMEOUT_SECONDS = 30.0

_UNMARKED_MAILS = 128
"""Mails accepted and not yet marked as sent, at most: a crash can repeat them."""

_LOOK_SECONDS = 1.0
"""How often the loops look for work that became due or that other processes stored."""

_FORGET_SECONDS = 60.0


def make_service(settings: Settings, *, clock: Clock | None = None) -> Service:
    clock = clock or clock_from(settings.clock_offset_file)
    documents = open_store(settings.store_url, NAME, mongo_driver=settings.mongo_driver)
    broker = make_broker(settings.nats_url, service=NAME)
    secret = settings.secret.get_secret_value()
    stores = Stores.over(documents, secret=secret, clock=clock)
    links = Links(settings.public_url, secret)
    words = Translations(*LOCALES)
    use_cases = UseCases.over(
        stores,
        clock,
        make_reconciler(stores, Reconciler(documents, broker, service=NAME, every=settings.inventory_seconds)),
        MailTexts(words, links),
        page_size=settings.fanout_page,
        survey_part_size=settings.survey_part_size,
    )
    sender = compose_sender(settings, stores, words, links, clock)
    frame = Pages(settings, words, TEMPLATES, clock=clock, access=use_cases.access)
    return Service(
        name=NAME,
        title="Dijous: mails and what became of them",
        store=documents,
        broker=broker,
        events=handlers.routes(use_cases),
        relay=OutboxRelay(documents, broker, service=NAME, collections=AGGREGATES, clock=clock),
        collections=COLLECTIONS,
        routers=[
            api.routes(use_cases.delivery_admin, use_cases.people, staff_token=settings.staff_token.get_secret_value()),
            pages.routes(use_cases, frame, links, clock, trouble=stores.sending.trouble),
        ],
        words=words,
        loops=[
            *make_loops(use_cases, sender),
            Loop("counters of limits", stores.limits.forget, every=_FORGET_SECONDS),
            compacting(documents, every=settings.compact_seconds),
        ],
        watches={"mails": lambda: lateness(stores.deliveries, clock(), sender.trouble)},
    )


def make_reconciler(stores: Stores, reconciler: Reconciler) -> Reconciler:
    """Survey parts are not announced: they are published again until feedback takes them over."""
    for kind, collection in KEPT.items():
        reconciler.keeps(kind, Projection(stores.documents, collection, Known).missing)
    reconciler.announces("notifications-sending", SENDING_STATES, {}, stores.sending.republish)
    return reconciler


def compose_sender(settings: Settings, stores: Stores, words: Translations, links: Links, clock: Clock) -> Sender:
    domain = settings.mail_domain

    def open_connection() -> Connection:
        return Connection(settings.smtp_relay, settings.mail_from, helo_name=domain, timeout=_SMTP_TIMEOUT_SECONDS)

    return make_sender(
        stores,
        Composer(words, links, settings.mail_from, domain),
        Transport(open_connection, connections=settings.smtp_connections, window=_UNMARKED_MAILS),
        clock,
        SendingLimits(
            page=settings.send_page,
            lease=timedelta(seconds=settings.send_lease_seconds),
            per_minute=settings.smtp_per_minute,
            per_day=settings.smtp_per_day,
            answers_per_hour=settings.answers_per_hour,
        ),
    )


def make_loops(use_cases: UseCases, sender: Sender) -> list[Loop]:
    sending = Loop("sender", sender.step, every=_LOOK_SECONDS, close=sender.close)
    fanouts = Loop("fan-outs", use_cases.fanouts.step, every=_LOOK_SECONDS)
    surveys = Loop("surveys", use_cases.surveys.step, every=_LOOK_SECONDS)
    wakers = use_cases.wakers
    wakers.fanouts, wakers.surveys, wakers.sender = fanouts.wake, surveys.wake, sending.wake
    return [fanouts, surveys, sending]
