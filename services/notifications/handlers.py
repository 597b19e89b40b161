"""Which events notifications handles, and with which use case."""

from faststream.nats import NatsRouter

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.usecases import UseCases
from shared.events import feedback, proposals, registration, support
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
    on(registration.ProgrammeDefined, sessions.learn_programme)
    on(registration.SessionScheduled, sessions.learn)
    on(registration.SessionChanged, sessions.change)
    on(registration.SessionRescheduled, sessions.reschedule)
    on(registration.SessionCancelled, sessions.cancel)
    on(registration.SessionEnded, sessions.end)
    on(registration.SessionRecorded, sessions.learn)
    on(registration.MaterialsPublished, sessions.publish_materials)

    registrations = use_cases.registrations
    on(registration.EntityRegistered, registrations.register, max_workers=_PEOPLE_AT_A_TIME)
    on(registration.WaitingListPromoted, registrations.promote, max_workers=_PEOPLE_AT_A_TIME)
    on(registration.RegistrationCancelled, registrations.cancel, max_workers=_PEOPLE_AT_A_TIME)
    on(registration.RegistrationCorrected, registrations.correct)
    on(registration.ConfirmationRequested, registrations.confirm_again)
    on(registration.RegistrationErased, registrations.erase)

    surveys = use_cases.surveys
    on(feedback.SurveyOpened, surveys.open)
    on(feedback.SurveyUnanswered, surveys.remind, max_workers=4)
    on(feedback.SurveyClosed, surveys.close)
    on(feedback.ResultsPublished, surveys.publish_results)

    steps = use_cases.proposals
    on(proposals.TopicProposed, steps.learn)
    on(proposals.ProposalSupported, steps.learn)
    on(proposals.ProposalReviewStarted, steps.review)
    on(proposals.ProposalScheduled, lambda event: steps.advance(event, DeliveryKind.PROPOSAL_SCHEDULED))
    on(proposals.ProposalAnswered, steps.answer)
    on(proposals.ProposalDeclined, lambda event: steps.advance(event, DeliveryKind.PROPOSAL_DECLINED))
    on(proposals.ProposalMerged, lambda event: steps.advance(event, DeliveryKind.PROPOSAL_MERGED))
    on(proposals.ProposalFollowed, steps.follow)
    on(proposals.SupportRequested, steps.ask_to_confirm_support)
    on(proposals.FollowerErased, steps.forget_follower)

    _of_single_entities(on, use_cases)
    on(registration.OfficeAccessChanged, use_cases.access.learn)
    sweep_routes(router, use_cases.reconciler, by=NAME)
    return router


def _of_single_entities(on: EventTable, use_cases: UseCases) -> None:
    memberships = use_cases.memberships
    on(support.MembershipStarted, memberships.learn)
    on(support.MembershipAdvanced, memberships.advance)
    on(support.MembershipEnded, memberships.learn)
    on(support.NextStepSet, memberships.set_next_step)
    petitions = use_cases.petitions
    on(support.OfferPublished, petitions.learn_offer)
    on(support.PetitionReceived, petitions.receive)
    on(support.PetitionAdvanced, petitions.advance)
    on(support.ContactNamed, use_cases.contacts.name)
    on(support.ContactErased, use_cases.contacts.erase)
