"""Who handles what: the events of registration, and the reconcile sweep."""

from faststream.nats import NatsRouter

from services.proposals.usecases import UseCases
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
from shared.messaging.inventory import sweep_routes


def routes(use_cases: UseCases) -> NatsRouter:
    """The handlers of this service. `MaterialsPublished` matters only as news of the session's latest version."""
    router = NatsRouter()
    calendar = use_cases.calendar

    @consumes(router, ProgrammeDefined, by="proposals")
    async def on_programme_defined(event: ProgrammeDefined) -> None:
        await calendar.learn_programme(event)

    @consumes(router, SessionScheduled, by="proposals")
    async def on_session_scheduled(event: SessionScheduled) -> None:
        await calendar.learn_session(event)

    @consumes(router, SessionChanged, by="proposals")
    async def on_session_changed(event: SessionChanged) -> None:
        await calendar.learn_session(event)

    @consumes(router, SessionRescheduled, by="proposals")
    async def on_session_rescheduled(event: SessionRescheduled) -> None:
        await calendar.learn_session(event)

    @consumes(router, SessionCancelled, by="proposals")
    async def on_session_cancelled(event: SessionCancelled) -> None:
        await calendar.learn_session(event)

    @consumes(router, SessionEnded, by="proposals")
    async def on_session_ended(event: SessionEnded) -> None:
        await calendar.learn_session(event)

    @consumes(router, MaterialsPublished, by="proposals")
    async def on_materials_published(event: MaterialsPublished) -> None:
        await calendar.learn_session(event)

    _add_office(router, use_cases)
    sweep_routes(router, use_cases.inventory, by="proposals")
    return router


def _add_office(router: NatsRouter, use_cases: UseCases) -> None:
    @consumes(router, OfficeAccessChanged, by="proposals")
    async def on_office_access_changed(event: OfficeAccessChanged) -> None:
        await use_cases.access.learn(event)
