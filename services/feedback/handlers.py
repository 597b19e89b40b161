"""Which events feedback handles, and with which use case."""

from faststream.nats import NatsRouter

from services.feedback.domain.known import KnownProgramme, KnownSession
from services.feedback.usecases import UseCases
from shared.events.notifications import SurveyLinksPrepared
from shared.events.registration import (
    MaterialsPublished,
    OfficeAccessChanged,
    ProgrammeDefined,
    SessionCancelled,
    SessionChanged,
    SessionEnded,
    SessionEvent,
    SessionRecorded,
    SessionRescheduled,
    SessionScheduled,
)
from shared.messaging.consuming import EventTable
from shared.messaging.reconciler import sweep_routes

NAME = "feedback"


def routes(use_cases: UseCases) -> NatsRouter:
    """Event → use case."""
    router = NatsRouter()
    on = EventTable(router, NAME)

    async def keep_session(event: SessionEvent) -> None:
        await use_cases.surveys.keep_session(KnownSession.from_event(event))

    on(ProgrammeDefined, lambda event: use_cases.store.programmes.apply(KnownProgramme.from_event(event)))
    on(SessionScheduled, keep_session)
    on(SessionChanged, keep_session)
    on(SessionRescheduled, keep_session)
    on(SessionCancelled, keep_session)
    on(SessionEnded, keep_session)
    on(SessionRecorded, keep_session)
    on(MaterialsPublished, keep_session)
    # A session of 20,000 people comes in 100 parts, each some writes of its own: side by side they share their fsyncs.
    on(
        SurveyLinksPrepared,
        lambda event: use_cases.surveys.prepare_links(event.session_id, event.part, event.parts, event.hashes),
        max_workers=8,
    )
    on(OfficeAccessChanged, use_cases.access.learn)
    sweep_routes(router, use_cases.reconciler, by=NAME)
    return router
