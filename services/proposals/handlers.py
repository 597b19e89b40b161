"""Which events proposals handles, and with which use case."""

from faststream.nats import NatsRouter

from services.proposals.domain.known import KnownEntity, KnownProgramme, KnownSession
from services.proposals.usecases import UseCases
from shared.events import registration
from shared.messaging.consuming import EventTable
from shared.messaging.reconciler import sweep_routes

NAME = "proposals"


def routes(use_cases: UseCases) -> NatsRouter:
    """Event → use case."""
    router = NatsRouter()
    on = EventTable(router, NAME)

    async def keep_session(event: registration.SessionEvent) -> None:
        await use_cases.steps.keep_session(KnownSession.from_event(event))

    on(registration.ProgrammeDefined, lambda event: use_cases.store.programmes.apply(KnownProgramme.from_event(event)))
    on(registration.SessionScheduled, keep_session)
    on(registration.SessionChanged, keep_session)
    on(registration.SessionRescheduled, keep_session)
    on(registration.SessionCancelled, keep_session)
    on(registration.SessionEnded, keep_session)
    on(registration.SessionRecorded, keep_session)
    on(registration.MaterialsPublished, keep_session)  # matters only as news of the session's latest version
    on(registration.EntityListed, lambda event: use_cases.store.entities.apply(KnownEntity.from_event(event)))
    on(registration.OfficeAccessChanged, use_cases.access.learn)
    sweep_routes(router, use_cases.reconciler, by=NAME)
    return router
