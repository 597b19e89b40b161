"""Which events proposals handles, and with which use case."""

from faststream.nats import NatsRouter

from services.proposals.domain.known import KnownProgramme, KnownSession
from services.proposals.usecases import UseCases
from shared.events.registration import (
    MaterialsPublished,
    OfficeAccessChanged,
    ProgrammeDefined,
    SessionCancelled,
    SessionChanged,
    SessionEnded,
    SessionEvent,
    SessionRescheduled,
    SessionScheduled,
)
from shared.messaging.consuming import EventTable
from shared.messaging.reconciler import sweep_routes

NAME = "proposals"


def routes(use_cases: UseCases) -> NatsRouter:
    """Event → use case."""
    router = NatsRouter()
    on = EventTable(router, NAME)

    async def keep_session(event: SessionEvent) -> None:
        await use_cases.steps.keep_session(KnownSession.from_event(event))

    on(ProgrammeDefined, lambda event: use_cases.store.programmes.apply(KnownProgramme.from_event(event)))
    on(SessionScheduled, keep_session)
    on(SessionChanged, keep_session)
    on(SessionRescheduled, keep_session)
    on(SessionCancelled, keep_session)
    on(SessionEnded, keep_session)
    on(MaterialsPublished, keep_session)  # matters only as news of the session's latest version
    on(OfficeAccessChanged, use_cases.access.learn)
    sweep_routes(router, use_cases.reconciler, by=NAME)
    return router
