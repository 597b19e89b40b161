"""Which events proposals handles."""

from faststream.nats import NatsRouter

from services.proposals.domain.known import KnownProgramme, KnownSession
from services.proposals.usecases import UseCases
from services.proposals.usecases.projections import Projections
from shared.events.registration import (
    MaterialsPublished,
    OfficeAccessChanged,
    ProgrammeDefined,
    SessionCancelled,
    SessionChanged,
    SessionEnded,
    SessionRescheduled,
    SessionScheduled,
)
from shared.messaging.consuming import consumes
from shared.messaging.reconciler import sweep_routes

NAME = "proposals"


def routes(use_cases: UseCases) -> NatsRouter:
    """The handlers over the use cases."""
    router = NatsRouter()
    _add_registration(router, use_cases.projections)

    @consumes(router, OfficeAccessChanged, by=NAME)
    async def on_office_access_changed(event: OfficeAccessChanged) -> None:
        await use_cases.access.learn(event)

    sweep_routes(router, use_cases.inventory, by=NAME)
    return router


def _add_registration(router: NatsRouter, projections: Projections) -> None:
    @consumes(router, ProgrammeDefined, by=NAME)
    async def on_programme_defined(event: ProgrammeDefined) -> None:
        await projections.apply_programme(KnownProgramme.from_event(event))

    @consumes(router, SessionScheduled, by=NAME)
    async def on_session_scheduled(event: SessionScheduled) -> None:
        await projections.apply_session(KnownSession.from_event(event))

    @consumes(router, SessionChanged, by=NAME)
    async def on_session_changed(event: SessionChanged) -> None:
        await projections.apply_session(KnownSession.from_event(event))

    @consumes(router, SessionRescheduled, by=NAME)
    async def on_session_rescheduled(event: SessionRescheduled) -> None:
        await projections.apply_session(KnownSession.from_event(event))

    @consumes(router, SessionCancelled, by=NAME)
    async def on_session_cancelled(event: SessionCancelled) -> None:
        await projections.apply_session(KnownSession.from_event(event))

    @consumes(router, SessionEnded, by=NAME)
    async def on_session_ended(event: SessionEnded) -> None:
        await projections.apply_session(KnownSession.from_event(event))

    # Matters only as news of the session's latest version.
    @consumes(router, MaterialsPublished, by=NAME)
    async def on_materials_published(event: MaterialsPublished) -> None:
        await projections.apply_session(KnownSession.from_event(event))
