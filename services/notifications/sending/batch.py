"""Loading what a page of deliveries is about and whom it is for, with a few queries for the whole page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel

from services.notifications.deliveries.domain import SESSION_KINDS, Delivery
from services.notifications.preferences.domain import Suppression
from services.notifications.preferences.store import SuppressionStore
from services.notifications.projections.documents import model_of
from services.notifications.projections.domain import (
    KnownFollower,
    KnownProgramme,
    KnownProposal,
    KnownRegistration,
    KnownSession,
    Recipient,
)
from services.notifications.projections.recipients import FOLLOWERS, REGISTRATIONS
from services.notifications.projections.store import PROGRAMMES, PROPOSALS, SESSIONS, KnownStore
from services.notifications.rendering.domain import MailContext
from services.notifications.rendering.prepared import PersonalMail
from services.notifications.rendering.wording import Wording
from services.notifications.sending.answer_limit import TOO_MANY, ReplyRateLimit
from services.notifications.sending.relevance import skip_reason
from services.notifications.surveys.domain import LinkMaker, Survey
from services.notifications.surveys.store import SURVEY_KEYS
from shared.storage.aggregates import Aggregates
from shared.storage.contract import Document

K = TypeVar("K", bound=BaseModel)


@dataclass(slots=True)
class Batch:
    """A page of deliveries, sorted out."""

    ready: list[PersonalMail] = field(default_factory=list)
    skipped: dict[str, list[str]] = field(default_factory=dict)
    """Ids by the reason why they no longer apply."""
    incomplete: list[Delivery] = field(default_factory=list)
    """What they are about has not been heard of yet."""


class BatchLoader:
    """Loads pages."""

    def __init__(
        self,
        known: KnownStore,
        suppressions: SuppressionStore,
        wordings: Aggregates[Wording],
        limit: ReplyRateLimit,
    ) -> None:
        self._known = known
        self._suppressions = suppressions
        self._wording_store = wordings
        self._limit = limit

    async def load(self, page: Sequence[Document], now: datetime) -> Batch:
        """Sort a page of deliveries out."""
        deliveries = [model_of(document, Delivery) for document in page]
        contexts = await self.contexts(deliveries)
        recipients = await self._recipients(deliveries)
        addresses = [recipient.email for recipient in recipients.values()]
        suppressions = await self._suppressions.of(addresses)
        exceeding = await self._limit.exceeding(deliveries, recipients)
        batch = Batch()
        for delivery in deliveries:
            context, recipient = contexts.get(delivery.subject_id), recipients.get(delivery.recipient_id)
            if recipient is None or not recipient.email:  # nobody, or somebody who was erased
                batch.skipped.setdefault("recipient unknown", []).append(delivery.id)
            elif context is None:
                batch.incomplete.append(delivery)
            elif delivery.id in exceeding:
                batch.skipped.setdefault(TOO_MANY, []).append(delivery.id)
            elif reason := _suppressed(delivery, suppressions.get(recipient.email, ())) or skip_reason(
                delivery, context, recipient, now
            ):
                batch.skipped.setdefault(reason, []).append(delivery.id)
            else:
                batch.ready.append(PersonalMail(delivery, context, recipient))
        return batch

    async def _recipients(self, deliveries: Sequence[Delivery]) -> dict[str, Recipient]:
        of_sessions = {each.recipient_id for each in deliveries if each.kind in SESSION_KINDS}
        of_proposals = {each.recipient_id for each in deliveries if each.kind not in SESSION_KINDS}
        registrations = await self._load(REGISTRATIONS, of_sessions, KnownRegistration)
        return {**registrations, **await self._load(FOLLOWERS, of_proposals, KnownFollower)}

    async def contexts(self, deliveries: Sequence[Delivery]) -> dict[str, MailContext]:
        """By session or proposal; without those of which something is not known yet."""
        proposal_ids = {each.subject_id for each in deliveries if each.kind not in SESSION_KINDS}
        session_ids = {each.subject_id for each in deliveries if each.kind in SESSION_KINDS}
        proposals = await self._load(PROPOSALS, proposal_ids, KnownProposal)
        in_sessions = {proposal.session_id for proposal in proposals.values() if proposal.session_id}
        sessions = await self._load(SESSIONS, session_ids | in_sessions, KnownSession)
        surveys = await self._load(SURVEY_KEYS, session_ids, Survey)
        named = {session.programme for session in sessions.values()}
        named |= {proposal.programme for proposal in proposals.values()}
        programmes = await self._load(PROGRAMMES, named, KnownProgramme)
        wordings = await self._wordings(programmes)
        contexts: dict[str, MailContext] = {}
        for id_, session in sessions.items():
            if (programme := programmes.get(session.programme)) and id_ in session_ids:
                survey = surveys.get(id_)
                links = LinkMaker(survey.key_bytes, id_) if survey and survey.key else None
                closes_at, wording = survey.closes_at if survey else None, wordings.get(programme.id)
                contexts[id_] = MailContext(
                    programme, session, survey_links=links, survey_closes_at=closes_at, wording=wording
                )
        for id_, proposal in proposals.items():
            session_of_it = sessions.get(proposal.session_id)
            if (programme := programmes.get(proposal.programme)) and (session_of_it or not proposal.session_id):
                contexts[id_] = MailContext(programme, session_of_it, proposal, wording=wordings.get(programme.id))
        return contexts

    async def _wordings(self, programmes: Mapping[str, KnownProgramme]) -> dict[str, Wording]:
        """What the programmes add to their mails, by programme; most add nothing."""
        return await self._wording_store.many(programmes)

    async def _load(self, collection: str, ids: set[str], model: type[K]) -> dict[str, K]:
        if not ids:
            return {}
        documents = await self._known.many(collection, sorted(ids))
        return {id_: model_of(document, model) for id_, document in documents.items()}


def _suppressed(delivery: Delivery, suppressions: Sequence[Suppression]) -> str:
    return next((f"address {each.reason}" for each in suppressions if each.stops(delivery.kind)), "")
