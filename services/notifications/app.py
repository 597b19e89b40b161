"""The notifications service composed: the only file that names store, handlers, web and settings together."""

from datetime import timedelta
from functools import partial
from pathlib import Path

from services.notifications import handlers
from services.notifications.composing import Composer
from services.notifications.known_store import PROGRAMMES, PROPOSALS, SESSIONS
from services.notifications.letters import Letters
from services.notifications.outgoing import Connection, Transport
from services.notifications.recipient_store import FOLLOWERS, REGISTRATIONS
from services.notifications.settings import Settings
from services.notifications.store import COLLECTIONS, NotificationsStore
from services.notifications.suppression_store import SUPPRESSIONS
from services.notifications.survey_store import SURVEY_KEYS, SURVEY_PARTS
from services.notifications.usecases import UseCases
from services.notifications.usecases.punctuality import Punctuality
from services.notifications.usecases.sending import Sender, SendingLimits
from services.notifications.web import api, pages
from shared.clock import Clock, clock_from
from shared.links import Links
from shared.loops import Loop
from shared.messaging.broker import make_broker
from shared.messaging.inventory import Inventory
from shared.messaging.outbox import OutboxRelay
from shared.office_access import OFFICE_ACCESS, OFFICE_PEOPLE_KIND
from shared.service import Service
from shared.storage.opening import open_store
from shared.web.pages import Pages
from shared.words import Words

NAME = handlers.NAME
HERE = Path(__file__).parent
WORDS_FOLDERS = (HERE / "locale", HERE / "web" / "locale")
KEPT = {
    "registration-programmes": PROGRAMMES,
    "registration-sessions": SESSIONS,
    "registration-registrations": REGISTRATIONS,
    "registration-erasures": REGISTRATIONS,
    OFFICE_PEOPLE_KIND: OFFICE_ACCESS,
    "feedback-surveys": SURVEY_KEYS,
    "proposals-proposals": PROPOSALS,
    "proposals-followers": FOLLOWERS,
}
"""What is kept complete by the reconcile sweep, and where."""
_SMTP_TIMEOUT_SECONDS = 30.0
_UNMARKED_MAILS = 128
"""Mails that may be accepted and not yet marked as sent: so many a crash can repeat."""
_LOOK_SECONDS = 1.0
"""The loops are woken by what this process stores, and look this often for what others stored and what time brings."""


def make_service(settings: Settings, *, clock: Clock | None = None) -> Service:
    """The service, not yet started."""
    clock = clock or clock_from(settings.clock_offset_file)
    documents = open_store(settings.store_url, NAME, mongo_driver=settings.mongo_driver)
    broker = make_broker(settings.nats_url, service=NAME)
    secret = settings.secret.get_secret_value()
    store = NotificationsStore(documents, secret=secret, clock=clock)
    links = Links(settings.public_url, secret)
    words = Words(*WORDS_FOLDERS)
    use_cases = UseCases.over(
        store,
        clock,
        make_inventory(store, Inventory(documents, broker, service=NAME, every=settings.inventory_seconds)),
        Letters(words, links),
        page_size=settings.fanout_page,
        survey_part_size=settings.survey_part_size,
    )
    sender = make_sender(settings, store, words, links, clock)
    frame = Pages(settings, words, pages.TEMPLATES, clock=clock, access=use_cases.access)
    return Service(
        name=NAME,
        title="Dijous: mails and what became of them",
        store=documents,
        broker=broker,
        events=handlers.routes(use_cases),
        relay=OutboxRelay(documents, broker, service=NAME, collections=[SURVEY_PARTS, SUPPRESSIONS], clock=clock),
        collections=COLLECTIONS,
        routers=[
            api.routes(use_cases, staff_token=settings.staff_token.get_secret_value()),
            pages.routes(use_cases, frame, links, clock, trouble=lambda: sender.trouble),
        ],
        words=words,
        loops=make_loops(use_cases, sender),
        watches={"mails": Punctuality(store, clock, lambda: sender.trouble).watch},
    )


def make_inventory(store: NotificationsStore, inventory: Inventory) -> Inventory:
    """This service announces nothing: its survey parts are told again until they are taken over."""
    for kind, collection in KEPT.items():
        inventory.keeps(kind, partial(store.known.lacking, collection))
    return inventory


def make_sender(settings: Settings, store: NotificationsStore, words: Words, links: Links, clock: Clock) -> Sender:
    """The sender over the relay that the settings name."""
    domain = settings.mail_domain

    def open_connection() -> Connection:
        return Connection(settings.smtp_server, settings.mail_from, helo_name=domain, timeout=_SMTP_TIMEOUT_SECONDS)

    return Sender(
        store,
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
    """The loops, each woken by who stores something for it."""
    sending = Loop("sender", sender.step, every=_LOOK_SECONDS, close=sender.close)
    fanouts = Loop("fan-outs", use_cases.fanouts.step, every=_LOOK_SECONDS)
    surveys = Loop("surveys", use_cases.surveys.tend, every=_LOOK_SECONDS)
    bells = use_cases.bells
    bells.fanouts, bells.surveys, bells.sender = fanouts.wake, surveys.wake, sending.wake
    return [fanouts, surveys, sending]
