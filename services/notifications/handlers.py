"""Which events notifications handles. Each handler translates an event into a use case, nothing else."""

from faststream.nats import NatsRouter

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.projections.domain import (
    KnownFollower,
    KnownProgramme,
    KnownProposal,
    KnownRegistration,
    KnownSession,
)
from services.notifications.usecases import UseCases
from shared.events.feedback import ResultsPublished, SurveyClosed, SurveyOpened, SurveyUnanswered
from shared.events.proposals import (
    FollowerErased,
    ProposalAnswered,
    ProposalDeclined,
    ProposalFollowed,
    ProposalMerged,
    ProposalReviewStarted,
    ProposalScheduled,
    ProposalSupported,
    SupportRequested,
    TopicProposed,
)
from shared.events.registration import (
    ConfirmationRequested,
    EntityRegistered,
    MaterialsPublished,
    OfficeAccessChanged,
    ProgrammeDefined,
    RegistrationCancelled,
    RegistrationCorrected,
    RegistrationErased,
    SessionCancelled,
    SessionChanged,
    SessionEnded,
    SessionRescheduled,
    SessionScheduled,
    WaitingListPromoted,
)
from shared.messaging.consuming import consumes
from shared.messaging.reconciler import sweep_routes

NAME = "notifications"

_PEOPLE_AT_A_TIME = 16
"""Each of these events is about another person and waits for the disk: handled together they share its writes."""


def routes(use_cases: UseCases) -> NatsRouter:
    """All handlers."""
    router = NatsRouter()
    _session_routes(router, use_cases)
    _registration_routes(router, use_cases)
    _survey_routes(router, use_cases)
    _proposal_routes(router, use_cases)
    _follower_routes(router, use_cases)
    _office_routes(router, use_cases)
    sweep_routes(router, use_cases.inventory, by=NAME)
    return router


def _session_routes(router: NatsRouter, use_cases: UseCases) -> None:
    @consumes(router, ProgrammeDefined, by=NAME)
    async def on_programme_defined(event: ProgrammeDefined) -> None:
        await use_cases.sessions.learn_programme(KnownProgramme.from_event(event))

    @consumes(router, SessionScheduled, by=NAME)
    async def on_session_scheduled(event: SessionScheduled) -> None:
        await use_cases.sessions.learn(KnownSession.from_event(event))

    @consumes(router, SessionChanged, by=NAME)
    async def on_session_changed(event: SessionChanged) -> None:
        await use_cases.sessions.change(
            KnownSession.from_event(event), event.version, event.previous_title, event.previous_duration_minutes
        )

    @consumes(router, SessionRescheduled, by=NAME)
    async def on_session_rescheduled(event: SessionRescheduled) -> None:
        await use_cases.sessions.reschedule(KnownSession.from_event(event), event.version, event.previous_starts_at)

    @consumes(router, SessionCancelled, by=NAME)
    async def on_session_cancelled(event: SessionCancelled) -> None:
        await use_cases.sessions.cancel(KnownSession.from_event(event), event.version, event.reason)

    @consumes(router, SessionEnded, by=NAME)
    async def on_session_ended(event: SessionEnded) -> None:
        await use_cases.sessions.end(KnownSession.from_event(event), event.ended_at, event.registrations)

    @consumes(router, MaterialsPublished, by=NAME)
    async def on_materials_published(event: MaterialsPublished) -> None:
        await use_cases.sessions.publish_materials(KnownSession.from_event(event))


def _registration_routes(router: NatsRouter, use_cases: UseCases) -> None:
    @consumes(router, EntityRegistered, by=NAME, max_workers=_PEOPLE_AT_A_TIME)
    async def on_entity_registered(event: EntityRegistered) -> None:
        await use_cases.registrations.register(KnownRegistration.from_event(event))

    @consumes(router, WaitingListPromoted, by=NAME, max_workers=_PEOPLE_AT_A_TIME)
    async def on_waiting_list_promoted(event: WaitingListPromoted) -> None:
        await use_cases.registrations.promote(KnownRegistration.from_event(event))

    @consumes(router, RegistrationCancelled, by=NAME, max_workers=_PEOPLE_AT_A_TIME)
    async def on_registration_cancelled(event: RegistrationCancelled) -> None:
        await use_cases.registrations.cancel(KnownRegistration.from_event(event))

    @consumes(router, RegistrationCorrected, by=NAME)
    async def on_registration_corrected(event: RegistrationCorrected) -> None:
        await use_cases.registrations.correct(KnownRegistration.from_event(event), promoted=event.promoted)

    @consumes(router, ConfirmationRequested, by=NAME)
    async def on_confirmation_requested(event: ConfirmationRequested) -> None:
        await use_cases.registrations.confirm_again(KnownRegistration.from_event(event))

    @consumes(router, RegistrationErased, by=NAME)
    async def on_registration_erased(event: RegistrationErased) -> None:
        await use_cases.registrations.erase(KnownRegistration.from_erasure(event))


def _survey_routes(router: NatsRouter, use_cases: UseCases) -> None:
    @consumes(router, SurveyOpened, by=NAME)
    async def on_survey_opened(event: SurveyOpened) -> None:
        await use_cases.surveys.open(event.session_id, event.version, event.links, event.closes_at)

    @consumes(router, SurveyUnanswered, by=NAME, max_workers=4)
    async def on_survey_unanswered(event: SurveyUnanswered) -> None:
        await use_cases.surveys.remind(event.session_id, event.part, event.hashes)

    @consumes(router, SurveyClosed, by=NAME)
    async def on_survey_closed(event: SurveyClosed) -> None:
        await use_cases.surveys.close(event.session_id, event.version)

    @consumes(router, ResultsPublished, by=NAME)
    async def on_results_published(event: ResultsPublished) -> None:
        await use_cases.surveys.publish_results(event.session_id, event.version, event.answers)


def _proposal_routes(router: NatsRouter, use_cases: UseCases) -> None:
    @consumes(router, TopicProposed, by=NAME)
    async def on_topic_proposed(event: TopicProposed) -> None:
        await use_cases.proposals.learn(KnownProposal.from_event(event))

    @consumes(router, ProposalSupported, by=NAME)
    async def on_proposal_supported(event: ProposalSupported) -> None:
        await use_cases.proposals.learn(KnownProposal.from_event(event))

    @consumes(router, ProposalReviewStarted, by=NAME)
    async def on_proposal_review_started(event: ProposalReviewStarted) -> None:
        await use_cases.proposals.advance(KnownProposal.from_event(event), DeliveryKind.PROPOSAL_UNDER_REVIEW)

    @consumes(router, ProposalScheduled, by=NAME)
    async def on_proposal_scheduled(event: ProposalScheduled) -> None:
        await use_cases.proposals.advance(KnownProposal.from_event(event), DeliveryKind.PROPOSAL_SCHEDULED)

    @consumes(router, ProposalAnswered, by=NAME)
    async def on_proposal_answered(event: ProposalAnswered) -> None:
        await use_cases.proposals.advance(KnownProposal.from_event(event), DeliveryKind.PROPOSAL_ANSWERED)

    @consumes(router, ProposalDeclined, by=NAME)
    async def on_proposal_declined(event: ProposalDeclined) -> None:
        await use_cases.proposals.advance(KnownProposal.from_event(event), DeliveryKind.PROPOSAL_DECLINED)

    @consumes(router, ProposalMerged, by=NAME)
    async def on_proposal_merged(event: ProposalMerged) -> None:
        await use_cases.proposals.advance(KnownProposal.from_event(event), DeliveryKind.PROPOSAL_MERGED)


def _follower_routes(router: NatsRouter, use_cases: UseCases) -> None:
    @consumes(router, ProposalFollowed, by=NAME)
    async def on_proposal_followed(event: ProposalFollowed) -> None:
        await use_cases.proposals.follow(KnownFollower.from_event(event), event.after_step)

    @consumes(router, SupportRequested, by=NAME)
    async def on_support_requested(event: SupportRequested) -> None:
        await use_cases.proposals.ask_to_confirm_support(KnownFollower.from_request(event))

    @consumes(router, FollowerErased, by=NAME)
    async def on_follower_erased(event: FollowerErased) -> None:
        await use_cases.proposals.forget_follower(KnownFollower.from_erasure(event))


def _office_routes(router: NatsRouter, use_cases: UseCases) -> None:
    @consumes(router, OfficeAccessChanged, by=NAME)
    async def on_office_access_changed(event: OfficeAccessChanged) -> None:
        await use_cases.access.learn(event)
