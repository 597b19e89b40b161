"""The feedback service composed: the only file that names store, handlers, web and settings together."""

from pathlib import Path

from services.feedback import handlers
from services.feedback.settings import Settings
from services.feedback.store import COLLECTIONS, COUNTS, SURVEYS, FeedbackStore
from services.feedback.usecases import UseCases
from services.feedback.usecases.keys import EVENTS_WITH_HASHES, SurveyKeys
from services.feedback.web import api, pages
from shared.clock import Clock, clock_from
from shared.imports.accepted import IMPORTS
from shared.loops import Loop
from shared.messaging.broker import make_broker
from shared.messaging.office_access import OfficeAccess
from shared.messaging.outbox import OutboxRelay
from shared.messaging.purging import old_messages
from shared.messaging.reconciler import Reconciler
from shared.security.audit import Audit
from shared.service import Service
from shared.storage.compacting import compacting
from shared.storage.opening import open_store
from shared.text.catalogues import Translations
from shared.web.pages import Pages

NAME = handlers.NAME
LOCALE = Path(__file__).parent / "locale"


def make_service(settings: Settings, *, clock: Clock | None = None) -> Service:
    clock = clock or clock_from(settings.clock_offset_file)
    store = open_store(settings.store_url, NAME, mongo_driver=settings.mongo_driver)
    broker = make_broker(settings.nats_url, service=NAME)
    reconciler = Reconciler(store, broker, service=NAME, every=settings.inventory_seconds)
    use_cases = UseCases.over(
        FeedbackStore(store, clock), SurveyKeys(broker), clock, reconciler, Audit(store, clock), OfficeAccess(store)
    )
    words = Translations(LOCALE)
    frame = Pages(settings, words, pages.TEMPLATES, clock=clock, access=use_cases.access)
    return Service(
        name=NAME,
        title="Dijous: surveys and their results",
        store=store,
        broker=broker,
        events=handlers.routes(use_cases),
        relay=OutboxRelay(store, broker, service=NAME, collections=[SURVEYS, COUNTS, IMPORTS], clock=clock),
        collections=COLLECTIONS,
        routers=[
            api.routes(use_cases, words, staff_token=settings.staff_token.get_secret_value()),
            pages.routes(use_cases, frame),
        ],
        words=words,
        loops=[
            Loop("due surveys", use_cases.do_what_is_due, every=settings.feedback_check_seconds),
            Loop("counts", use_cases.announce_and_tidy, every=settings.feedback_announce_seconds),
            use_cases.importing.imports.loop(every=settings.feedback_check_seconds),
            reconciler.loop(),
            old_messages(broker, EVENTS_WITH_HASHES),
            compacting(store, every=settings.compact_seconds),
        ],
        sweep=reconciler.announce_now,
    )
