"""Loading the contexts and recipients of a page of deliveries, with a few queries for the whole page."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.notifications.deliveries.domain import (
    CONTACT_KINDS,
    MAILBOX_KINDS,
    PROPOSAL_KINDS,
    SESSION_KINDS,
    Delivery,
    DeliveryKind,
)
from services.notifications.preferences.domain import Suppression
from services.notifications.preferences.store import SuppressionStore
from services.notifications.projections.domain import Recipient
from services.notifications.projections.store import Projections
from services.notifications.rendering.domain import MailContext
from services.notifications.rendering.prepared import PersonalMail
from services.notifications.rendering.wording import Wording
from services.notifications.sending.rate_limit import TOO_MANY, ReplyRateLimit
from services.notifications.sending.relevance import skip_reason
from services.notifications.sending.superseded import Superseding
from services.notifications.surveys.store import SurveyStore
from shared.storage.aggregates import Aggregates
from shared.storage.contract import Document


@dataclass(slots=True)
class Batch:
    """A page of deliveries, sorted by what is to be done with them."""

    ready: list[PersonalMail] = field(default_factory=list)
    skipped: dict[str, list[str]] = field(default_factory=dict)
    """Ids by the reason."""
    incomplete: list[Delivery] = field(default_factory=list)
    """What they are about is not known yet."""


@dataclass(frozen=True, slots=True)
class BatchLoader:
    _known: Projections
    _surveys: SurveyStore
    _suppressions: SuppressionStore
    _wordings: Aggregates[Wording]
    _limit: ReplyRateLimit
    _superseding: Superseding

    async def load(self, page: Sequence[Document], now: datetime) -> Batch:
        deliveries = [Delivery.model_validate(document) for document in page]
        contexts = await self.contexts(deliveries)
        recipients = await self._recipients(deliveries)
        addresses = [recipient.email for recipient in recipients.values()]
        suppressions = await self._suppressions.of(addresses)
        exceeding = await self._limit.exceeding(deliveries, recipients)
        superseded = await self._superseding.reasons(deliveries, contexts, recipients, now)
        batch = Batch()
        for delivery in deliveries:
            context, recipient = contexts.get(delivery.subject_id), recipients.get(delivery.recipient_id)
            if recipient is None or not recipient.email:  # nobody, or somebody who was erased
                batch.skipped.setdefault("recipient unknown", []).append(delivery.id)
            elif context is None:
                batch.incomplete.append(delivery)
            elif delivery.id in exceeding:
                batch.skipped.setdefault(TOO_MANY, []).append(delivery.id)
            elif reason := (
                _suppressed(delivery, suppressions.get(recipient.email, ()))
                or skip_reason(delivery, context, recipient, now)
                or superseded.get(delivery.id)
            ):
                batch.skipped.setdefault(reason, []).append(delivery.id)
            else:
                batch.ready.append(PersonalMail(delivery, context, recipient))
        return batch

    async def _recipients(self, deliveries: Sequence[Delivery]) -> dict[str, Recipient]:
        def those_of(kinds: Collection[DeliveryKind]) -> set[str]:
            return {each.recipient_id for each in deliveries if each.kind in kinds}

        return {
            **await self._known.registrations.many(those_of(SESSION_KINDS)),
            **await self._known.followers.many(those_of(PROPOSAL_KINDS)),
            **await self._known.contacts.many(those_of(CONTACT_KINDS)),
            **await self._known.mailboxes(those_of(MAILBOX_KINDS)),
        }

    async def contexts(self, deliveries: Sequence[Delivery]) -> dict[str, MailContext]:
        """By session, proposal, membership or petition; incomplete ones are left out."""
        proposal_ids = {each.subject_id for each in deliveries if each.kind in PROPOSAL_KINDS}
        session_ids = {each.subject_id for each in deliveries if each.kind in SESSION_KINDS}
        proposals = await self._known.proposals.many(proposal_ids)
        in_sessions = {proposal.told_session_id for proposal in proposals.values() if proposal.told_session_id}
        sessions = await self._known.sessions.many(session_ids | in_sessions)
        surveys = await self._surveys.many(session_ids)
        named = {session.programme for session in sessions.values()}
        named |= {proposal.programme for proposal in proposals.values()}
        programmes = await self._known.programmes.many(named)
        wordings = await self._wordings.many(programmes)
        contexts: dict[str, MailContext] = {}
        for id_, session in sessions.items():
            if (programme := programmes.get(session.programme)) and id_ in session_ids:
                survey = surveys.get(id_)
                links = survey.link_maker if survey else None
                closes_at, wording = survey.closes_at if survey else None, wordings.get(programme.id)
                contexts[id_] = MailContext(
                    programme, session, survey_links=links, survey_closes_at=closes_at, wording=wording
                )
        for id_, proposal in proposals.items():
            session_of_it = sessions.get(proposal.told_session_id)
            if (programme := programmes.get(proposal.programme)) and (session_of_it or not proposal.told_session_id):
                contexts[id_] = MailContext(programme, session_of_it, proposal, wording=wordings.get(programme.id))
        return contexts | await self._of_entities(deliveries)

    async def _of_entities(self, deliveries: Sequence[Delivery]) -> dict[str, MailContext]:
        """By membership or petition."""
        subjects = {each.subject_id for each in deliveries if each.kind in CONTACT_KINDS | MAILBOX_KINDS}
        memberships = await self._known.memberships.many(subjects)
        petitions = await self._known.petitions.many(subjects)
        offers = await self._known.offers.many(petition.offer_id for petition in petitions.values())
        named = {membership.programme for membership in memberships.values()}
        named |= {petition.programme for petition in petitions.values()}
        programmes = await self._known.programmes.many(named)
        wordings = await self._wordings.many(programmes)
        contexts: dict[str, MailContext] = {}
        for id_, membership in memberships.items():
            if programme := programmes.get(membership.programme):
                contexts[id_] = MailContext(programme, membership=membership, wording=wordings.get(programme.id))
        for id_, petition in petitions.items():
            if (programme := programmes.get(petition.programme)) and (offer := offers.get(petition.offer_id)):
                wording = wordings.get(programme.id)
                contexts[id_] = MailContext(programme, petition=petition, offer=offer, wording=wording)
        return contexts


def _suppressed(delivery: Delivery, suppressions: Sequence[Suppression]) -> str:
    return next((f"address {each.reason}" for each in suppressions if each.stops(delivery.kind)), "")
