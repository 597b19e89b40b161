"""Which events notifications handles, and with which use case."""

from faststream.nats import NatsRouter

from services.notifications.deliveries.domain import DeliveryKind
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
from shared.messaging.consuming import EventTable
from shared.messaging.reconciler import sweep_routes

NAME = "notifications"

_PEOPLE_AT_A_TIME = 16
"""Each of these events is about another person and waits for the disk: handled together they share its writes."""


def routes(use_cases: UseCases) -> NatsRouter:
    """Event → use case."""
    router = NatsRouter()
    on = EventTable(router, NAME)

    sessions = use_cases.sessions
    on(ProgrammeDefined, sessions.learn_programme)
    on(SessionScheduled, sessions.learn)
    on(SessionChanged, sessions.change)
    on(SessionRescheduled, sessions.reschedule)
    on(SessionCancelled, sessions.cancel)
    on(SessionEnded, sessions.end)
    on(MaterialsPublished, sessions.publish_materials)

    registrations = use_cases.registrations
    on(EntityRegistered, registrations.register, max_workers=_PEOPLE_AT_A_TIME)
    on(WaitingListPromoted, registrations.promote, max_workers=_PEOPLE_AT_A_TIME)
    on(RegistrationCancelled, registrations.cancel, max_workers=_PEOPLE_AT_A_TIME)
    on(RegistrationCorrected, registrations.correct)
    on(ConfirmationRequested, registrations.confirm_again)
    on(RegistrationErased, registrations.erase)

    surveys = use_cases.surveys
    on(SurveyOpened, surveys.open)
    on(SurveyUnanswered, surveys.remind, max_workers=4)
    on(SurveyClosed, surveys.close)
    on(ResultsPublished, surveys.publish_results)

    proposals = use_cases.proposals
    on(TopicProposed, proposals.learn)
    on(ProposalSupported, proposals.learn)
    on(ProposalReviewStarted, proposals.review)
    on(ProposalScheduled, lambda event: proposals.advance(event, DeliveryKind.PROPOSAL_SCHEDULED))
    on(ProposalAnswered, lambda event: proposals.advance(event, DeliveryKind.PROPOSAL_ANSWERED))
    on(ProposalDeclined, lambda event: proposals.advance(event, DeliveryKind.PROPOSAL_DECLINED))
    on(ProposalMerged, lambda event: proposals.advance(event, DeliveryKind.PROPOSAL_MERGED))
    on(ProposalFollowed, proposals.follow)
    on(SupportRequested, proposals.ask_to_confirm_support)
    on(FollowerErased, proposals.forget_follower)

    on(OfficeAccessChanged, use_cases.access.learn)
    sweep_routes(router, use_cases.reconciler, by=NAME)
    return router
