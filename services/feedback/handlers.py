"""Which events feedback handles. Each handler translates an event into a use case, nothing else."""

from faststream.nats import NatsRouter

from services.feedback.domain.known import programme_of, session_of
from services.feedback.usecases import UseCases
from shared.events.notifications import SurveyLinksPrepared
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

NAME = "feedback"


def routes(use_cases: UseCases) -> NatsRouter:
    """The handlers over the use cases."""
    router = NatsRouter()
    _add_registration(router, use_cases)
    _add_notifications(router, use_cases)
    _add_office(router, use_cases)
    sweep_routes(router, use_cases.inventory, by=NAME)
    return router


def _add_registration(router: NatsRouter, use_cases: UseCases) -> None:
    @consumes(router, ProgrammeDefined, by=NAME)
    async def on_programme_defined(event: ProgrammeDefined) -> None:
        await use_cases.projections.learn_programme(programme_of(event))

    @consumes(router, SessionScheduled, by=NAME)
    async def on_session_scheduled(event: SessionScheduled) -> None:
        await use_cases.projections.learn_session(session_of(event))

    @consumes(router, SessionChanged, by=NAME)
    async def on_session_changed(event: SessionChanged) -> None:
        await use_cases.projections.learn_session(session_of(event))

    @consumes(router, SessionRescheduled, by=NAME)
    async def on_session_rescheduled(event: SessionRescheduled) -> None:
        await use_cases.projections.learn_session(session_of(event))

    @consumes(router, SessionCancelled, by=NAME)
    async def on_session_cancelled(event: SessionCancelled) -> None:
        await use_cases.projections.learn_session(session_of(event))

    @consumes(router, SessionEnded, by=NAME)
    async def on_session_ended(event: SessionEnded) -> None:
        await use_cases.projections.learn_session(session_of(event))

    @consumes(router, MaterialsPublished, by=NAME)
    async def on_materials_published(event: MaterialsPublished) -> None:
        await use_cases.projections.learn_session(session_of(event))


def _add_notifications(router: NatsRouter, use_cases: UseCases) -> None:
    # A session of 20,000 people comes in 100 parts, each some writes of its own: side by side they share their fsyncs.
    @consumes(router, SurveyLinksPrepared, by=NAME, max_workers=8)
    async def on_survey_links_prepared(event: SurveyLinksPrepared) -> None:
        await use_cases.surveys.prepare_links(event.session_id, event.part, event.parts, event.hashes)


def _add_office(router: NatsRouter, use_cases: UseCases) -> None:
    @consumes(router, OfficeAccessChanged, by=NAME)
    async def on_office_access_changed(event: OfficeAccessChanged) -> None:
        await use_cases.access.learn(event)
