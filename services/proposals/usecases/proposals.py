"""Proposing, reading and listing proposals."""

from dataclasses import dataclass
from datetime import UTC, datetime

from services.proposals.domain.problems import ProgrammeUnknownProblem
from services.proposals.domain.proposals import Author, Proposal
from services.proposals.domain.similarity import similarity
from services.proposals.store import ProposalStore
from services.proposals.usecases.followers import Followers
from services.proposals.usecases.limits import RateLimit
from shared.clock import Clock
from shared.events.proposals import TopicProposed
from shared.events.vocabulary import Language, ProposalKind
from shared.ids import derived_id

SIMILAR_FROM = 0.4
"""Titles below this similarity have nothing to do with each other."""
SIMILAR_TITLES = 5


@dataclass(frozen=True, slots=True)
class NewProposal:
    """What somebody proposes; texts are stripped already, `email` may be empty."""

    programme: str
    kind: ProposalKind
    title: str
    body: str
    email: str
    language: Language


@dataclass
class Proposals:
    store: ProposalStore
    followers: Followers
    rate_limit: RateLimit
    secret: bytes
    clock: Clock

    async def propose(self, new: NewProposal, *, origin: str = "") -> Proposal:
        """Receive a proposal. The very same one, sent twice within a day (UTC), is received once.

        Raises:
            ProgrammeUnknownProblem: no such programme is known.
            TooOftenProblem: too many were sent from that origin or with that address.
        """
        if await self.store.programmes.get(new.programme) is None:
            raise ProgrammeUnknownProblem("/programme")
        proposal = self._proposal(new, self.clock())
        await self.rate_limit.hit(proposal.id, email=new.email, origin=origin)
        if await self.store.proposals.create(proposal, proposal.event(TopicProposed)) and proposal.author:
            await self.followers.add_author(proposal)
        return await self.store.proposal(proposal.id)

    def _proposal(self, new: NewProposal, now: datetime) -> Proposal:
        day = now.astimezone(UTC).date().isoformat()
        same = (new.programme, new.kind, new.title, new.body, new.email, day)
        return Proposal(
            id=derived_id(self.secret, "proposal", *same),
            programme=new.programme,
            kind=new.kind,
            title=new.title,
            body=new.body,
            language=new.language,
            author=Author(email=new.email, language=new.language) if new.email else None,
            unsettled=1 if new.email else 0,
            created_at=now,
            changed_at=now,
        )

    async def similar(self, programme: str, title: str) -> list[tuple[Proposal, float]]:
        """The proposals of a programme with the nearest titles, nearest first, each with its similarity."""
        weighed = [(other, similarity(title, other.title)) for other in await self.store.comparable(programme)]
        near = sorted(weighed, key=lambda pair: -pair[1])[:SIMILAR_TITLES]
        return [pair for pair in near if pair[1] >= SIMILAR_FROM]
