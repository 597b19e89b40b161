"""Proposals, results and bounces as registration knows them from other services' events."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from shared.clock import StoredInstant
from shared.events.feedback import ResultsPublished
from shared.events.notifications import BounceLifted, MailBounced, SendingStateChanged
from shared.events.proposals import ProposalEvent
from shared.events.vocabulary import Language, ProposalState
from shared.storage.contract import Index, Store, Where, greater, one_of
from shared.storage.projections import Known, Projection

KNOWN_PROPOSALS = "known_proposals"
KNOWN_RESULTS = "known_results"
KNOWN_BOUNCES = "known_bounces"
KNOWN_SENDERS = "known_senders"
COLLECTIONS = {
    KNOWN_PROPOSALS: [Index(("state", "supports")), Index(("session_id",))],
    KNOWN_RESULTS: [],
    KNOWN_BOUNCES: [Index(("standing",))],
    KNOWN_SENDERS: [],
}

_STANDING: Where = {"standing": 1}
_TREATED = (ProposalState.SCHEDULED, ProposalState.ANSWERED_IN_SESSION)
_UNANSWERED: Where = {"state": one_of((ProposalState.RECEIVED, ProposalState.UNDER_REVIEW))}


class KnownBounce(Known):
    """An address that refuses mails; `id` is opaque."""

    standing: int
    """1 while it gets no mail."""
    recipient_id: str = ""
    """The registration or follower whose mail was refused; empty once lifted."""

    @classmethod
    def from_bounced(cls, event: MailBounced) -> Self:
        return cls(id=event.suppression_id, seen=event.version, standing=1, recipient_id=event.recipient_id)

    @classmethod
    def from_lifted(cls, event: BounceLifted) -> Self:
        return cls(id=event.suppression_id, seen=event.version, standing=0)


class KnownSender(Known):
    pauses: bool
    since: StoredInstant

    @classmethod
    def from_event(cls, event: SendingStateChanged) -> Self:
        return cls(id=event.sender, seen=event.version, pauses=event.pauses, since=event.since)


class KnownProposal(Known):
    programme: str
    title: str
    state: ProposalState
    supports: int
    session_id: str | None = None
    """The session that treats it; None where it was kept before this was."""
    created_at: StoredInstant | None = None
    """When it was received; None where it was kept before this was."""

    @classmethod
    def from_event(cls, event: ProposalEvent) -> Self:
        return cls(id=event.proposal_id, seen=event.version, **event.model_dump())


class KnownMean(BaseModel):
    """A question of a survey as its results show it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    mean: float | None = None
    """None where the rule of small groups hides it."""
    text: dict[Language, str] | None = None
    """What was asked."""


class KnownResult(Known):
    answers: int | None
    """The number of published answers; None if too few to publish."""
    questions: dict[str, KnownMean] | None = None
    """By key; None where it was kept before these were."""

    @classmethod
    def from_event(cls, event: ResultsPublished) -> Self:
        questions = {key: KnownMean(mean=each.mean, text=each.text) for key, each in event.questions.items()}
        return cls(id=event.session_id, seen=event.version, answers=event.answers, questions=questions)


class KnownProposals(Projection[KnownProposal]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, KNOWN_PROPOSALS, KnownProposal)

    async def unanswered(self, *, limit: int) -> list[KnownProposal]:
        """The most supported first."""
        return (await self.page(_UNANSWERED, order=(("supports", -1),), limit=limit)).items

    async def count_unanswered(self) -> int:
        return await self.count(_UNANSWERED)

    async def treated_in(self, session_id: str) -> list[KnownProposal]:
        """What the session treats, or treated: the most supported first."""
        where: Where = {"session_id": session_id, "state": one_of(_TREATED)}
        return [proposal async for proposal in self.each(where, order=(("supports", -1),))]

    async def missing(self, entries: Sequence[tuple[str, int]]) -> list[str]:
        """Also those kept before their session or their date was."""
        return await _also(entries, await super().missing(entries), self.each({"created_at": None}))

    async def of_programme(self, programme: str) -> list[KnownProposal]:
        return [proposal async for proposal in self.each({"programme": programme})]


class KnownBounces(Projection[KnownBounce]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, KNOWN_BOUNCES, KnownBounce)

    async def count_standing(self) -> int:
        return await self.count(_STANDING)

    async def recipients(self) -> list[str]:
        """The registrations and followers whose mail was refused."""
        return [bounce.recipient_id async for bounce in self.each(_STANDING)]


class KnownSenders(Projection[KnownSender]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, KNOWN_SENDERS, KnownSender)

    async def paused_since(self) -> datetime | None:
        """Since when mails do not go out; None while they do."""
        return min([sender.since async for sender in self.each() if sender.pauses], default=None)


class KnownResults(Projection[KnownResult]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, KNOWN_RESULTS, KnownResult)

    async def among(self, session_ids: Sequence[str]) -> set[str]:
        """The sessions whose results show something."""
        if not session_ids:
            return set()
        where: Where = {"_id": one_of(session_ids), "answers": greater(0)}
        return {known.id async for known in self.each(where)}

    async def missing(self, entries: Sequence[tuple[str, int]]) -> list[str]:
        """Also those kept before their means were."""
        return await _also(entries, await super().missing(entries), self.each({"questions": None}))


async def _also(entries: Sequence[tuple[str, int]], missing: Sequence[str], older: AsyncIterator[Known]) -> list[str]:
    lacking = {*missing, *[known.id async for known in older]}
    return [key for key, _ in entries if key in lacking]


@dataclass(frozen=True)
class Projections:
    proposals: KnownProposals
    results: KnownResults
    bounces: KnownBounces
    senders: KnownSenders

    @classmethod
    def over(cls, documents: Store) -> Self:
        return cls(KnownProposals(documents), KnownResults(documents), KnownBounces(documents), KnownSenders(documents))
