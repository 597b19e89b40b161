"""What pages show: lists with search, and one proposal with all that belongs to it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from services.proposals.domain.known import KnownProgramme, KnownSession
from services.proposals.domain.proposals import Proposal
from services.proposals.domain.similarity import mentions
from services.proposals.store import ProposalStore
from services.proposals.usecases.followers import Followers
from shared.events.vocabulary import ProposalState
from shared.security.audit import Audit, AuditEntry
from shared.storage.collection import Place, Slice, document_of
from shared.storage.contract import Order, position

_PAGE = 200
SEARCHED_PAGES = 10
"""Pages of the store read at most for one page of a search; the next page goes on from there."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Filters and order of a list."""

    order: Order
    states: Collection[ProposalState]
    programme: str = ""
    text: str = ""
    """Words that title or body hold, whatever their accents and capitals."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A proposal with what its page shows."""

    proposal: Proposal
    programme: KnownProgramme
    sessions: dict[str, KnownSession]
    """Sessions of its history that are known, by id."""
    target: Proposal | None
    """The proposal that it was merged into."""
    sources: Sequence[Proposal]
    """The proposals merged into it."""


class Browsing:
    """Reading for pages."""

    def __init__(self, store: ProposalStore, followers: Followers, audit: Audit) -> None:
        self._store = store
        self._followers = followers
        self._audit = audit

    async def programmes(self) -> dict[str, KnownProgramme]:
        """Every programme by its slug."""
        return {programme.id: programme async for programme in self._store.programmes.each()}

    async def coming_sessions(self, programme: str = "") -> list[KnownSession]:
        """The coming sessions of a programme, or of all; the next one first."""
        sessions = await self._store.coming_sessions()
        return [session for session in sessions if not programme or session.programme == programme]

    async def search(self, wish: Wish, limit: int, after: Place | None) -> Slice[Proposal]:
        """A page of the proposals that match."""
        found: list[Proposal] = []
        place = after
        for _ in range(SEARCHED_PAGES):
            batch = await self._store.list_proposals(wish.programme, wish.states, wish.order, _PAGE, place)
            found += [each for each in batch.items if mentions(f"{each.title} {each.body}", wish.text)]
            place = batch.next
            if len(found) > limit or place is None:
                break
        if len(found) > limit:
            place = position(document_of(found[limit - 1]), wish.order)
        return Slice(found[:limit], place)

    async def everything(self, states: Collection[ProposalState]) -> list[Proposal]:
        """All proposals in these states, the newest first."""
        return [proposal async for proposal in self._store.all_proposals(states)]

    async def read(self, proposal_id: str) -> Reading:
        """A proposal for its page.

        Raises:
            ProposalUnknownProblem: there is none.
        """
        proposal = await self._store.proposal(proposal_id)
        programme = await self._store.programmes.get(proposal.programme)
        assert programme is not None, "known before the first proposal, and never deleted"
        sessions = {step.session_id for step in proposal.history if step.session_id}
        merged = proposal.state is ProposalState.MERGED
        return Reading(
            proposal=proposal,
            programme=programme,
            sessions=await self._store.sessions.many(sessions),
            target=await self._store.proposal(await self._followers.end_of(proposal)) if merged else None,
            sources=await self.get_many(proposal.merged_from),
        )

    async def get_many(self, ids: Sequence[str]) -> list[Proposal]:
        """The proposals that there are, in the order of the ids."""
        return list((await self._store.proposals.many(ids)).values())

    async def sessions(self, ids: Collection[str]) -> dict[str, KnownSession]:
        """The sessions that are known, by id."""
        return await self._store.sessions.many(ids)

    async def sessions_of(self, proposals: Sequence[Proposal]) -> dict[str, KnownSession]:
        """The sessions that treat the proposals, by id."""
        return await self._store.sessions.many(each.session_id for each in proposals if each.session_id)

    async def followers(self, proposals: Sequence[Proposal]) -> int:
        """How many people get a mail when these proposals take a step. Who follows two counts once."""
        people = [follower for each in proposals async for follower in self._store.followers_of(each.id)]
        return len({follower.email for follower in people if follower.follows})

    async def acts(self, proposal_id: str) -> list[AuditEntry]:
        """What the office did with a proposal, latest first."""
        return await self._audit.entries(subject=proposal_id)
