"""Which events registration handles, and with which use case."""

from faststream.nats import NatsRouter

from services.registration.projections import KnownBounce, KnownProposal, KnownResult, KnownSender
from services.registration.usecases import UseCases
from shared.events.feedback import ResultsPublished
from shared.events.notifications import BounceLifted, MailBounced, SendingStateChanged
from shared.events.proposals import (
    ProposalAnswered,
    ProposalDeclined,
    ProposalEvent,
    ProposalMerged,
    ProposalReviewStarted,
    ProposalScheduled,
    ProposalSupported,
    TopicProposed,
)
from shared.messaging.consuming import EventTable
from shared.messaging.reconciler import sweep_routes

NAME = "registration"


def routes(use_cases: UseCases) -> NatsRouter:
    """Event → use case."""
    router = NatsRouter()
    on = EventTable(router, NAME)

    async def keep_proposal(event: ProposalEvent) -> None:
        await use_cases.known.proposals.apply(KnownProposal.from_event(event))

    on(TopicProposed, keep_proposal)
    on(ProposalReviewStarted, keep_proposal)
    on(ProposalSupported, keep_proposal)
    on(ProposalScheduled, keep_proposal)
    on(ProposalAnswered, keep_proposal)
    on(ProposalDeclined, keep_proposal)
    on(ProposalMerged, keep_proposal)
    on(ResultsPublished, lambda event: use_cases.known.results.apply(KnownResult.from_event(event)))
    on(MailBounced, lambda event: use_cases.known.bounces.apply(KnownBounce.from_bounced(event)))
    on(BounceLifted, lambda event: use_cases.known.bounces.apply(KnownBounce.from_lifted(event)))
    on(SendingStateChanged, lambda event: use_cases.known.senders.apply(KnownSender.from_event(event)))
    sweep_routes(router, use_cases.reconciler, by=NAME)
    return router
