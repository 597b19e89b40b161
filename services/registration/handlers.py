"""What the registration service consumes: what becomes of proposals, for the office's list; which
sessions have results; whom mails do not reach; the reconcile sweep."""

from faststream.nats import NatsRouter

from services.registration.usecases import UseCases
from shared.events.feedback import ResultsPublished
from shared.events.notifications import BounceLifted, MailBounced
from shared.events.proposals import (
    ProposalAnswered,
    ProposalDeclined,
    ProposalMerged,
    ProposalReviewStarted,
    ProposalScheduled,
    ProposalSupported,
    TopicProposed,
)
from shared.messaging.consuming import consumes
from shared.messaging.inventory import sweep_routes

NAME = "registration"


def routes(use_cases: UseCases) -> NatsRouter:
    """The handlers, bound to the use cases that they call."""
    router = NatsRouter()
    _add_proposals(router, use_cases)
    _add_results(router, use_cases)
    _add_bounces(router, use_cases)
    sweep_routes(router, use_cases.inventory, by=NAME)
    return router


def _add_proposals(router: NatsRouter, use_cases: UseCases) -> None:
    @consumes(router, TopicProposed, by=NAME)
    async def on_topic_proposed(event: TopicProposed) -> None:
        await use_cases.proposals.learn(event)

    @consumes(router, ProposalReviewStarted, by=NAME)
    async def on_proposal_review_started(event: ProposalReviewStarted) -> None:
        await use_cases.proposals.learn(event)

    @consumes(router, ProposalSupported, by=NAME)
    async def on_proposal_supported(event: ProposalSupported) -> None:
        await use_cases.proposals.learn(event)

    @consumes(router, ProposalScheduled, by=NAME)
    async def on_proposal_scheduled(event: ProposalScheduled) -> None:
        await use_cases.proposals.learn(event)

    @consumes(router, ProposalAnswered, by=NAME)
    async def on_proposal_answered(event: ProposalAnswered) -> None:
        await use_cases.proposals.learn(event)

    @consumes(router, ProposalDeclined, by=NAME)
    async def on_proposal_declined(event: ProposalDeclined) -> None:
        await use_cases.proposals.learn(event)

    @consumes(router, ProposalMerged, by=NAME)
    async def on_proposal_merged(event: ProposalMerged) -> None:
        await use_cases.proposals.learn(event)


def _add_results(router: NatsRouter, use_cases: UseCases) -> None:
    @consumes(router, ResultsPublished, by=NAME)
    async def on_results_published(event: ResultsPublished) -> None:
        await use_cases.results.learn(event)


def _add_bounces(router: NatsRouter, use_cases: UseCases) -> None:
    @consumes(router, MailBounced, by=NAME)
    async def on_mail_bounced(event: MailBounced) -> None:
        await use_cases.bounces.learn(event)

    @consumes(router, BounceLifted, by=NAME)
    async def on_bounce_lifted(event: BounceLifted) -> None:
        await use_cases.bounces.lift(event)
