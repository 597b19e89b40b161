"""What pages show: lists with search, one proposal with all that belongs to it, and who would be told of a step."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from services.proposals.domain.known import KnownProgramme, KnownSession
from services.proposals.domain.problems import ProposalUnknownProblem
from services.proposals.domain.proposals import Proposal
from services.proposals.domain.similarity import mentions
from services.proposals.store import NEWEST, PAGE, ProposalStore, place_of
from services.proposals.usecases.followers import Followers
from shared.audit import Audit, AuditEntry
from shared.events.vocabulary import ProposalState
from shared.storage.contract import Order, Scalar

SEARCHED_PAGES = 10
"""So many pages of the store are read for one page of a search; the next one goes on from there."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list is to show."""

    order: Order
    states: Collection[ProposalState]
    programme: str = ""
    text: str = ""
    """Words that title or body hold, whatever their accents and capitals."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A proposal and what its page tells with it."""

    proposal: Proposal
    programme: KnownProgramme
    sessions: dict[str, KnownSession]
    """Those that its history speaks of, by id, as far as they are known."""
    target: Proposal | None
    """The one in which it goes on."""
    sources: Sequence[Proposal]
    """Those that became part of it."""


class Browsing:
    """The questions of the pages; nothing changes."""

    def __init__(self, store: ProposalStore, followers: Followers, audit: Audit) -> None:
        self._store = store
        self._followers = followers
        self._audit = audit

    async def programmes(self) -> dict[str, KnownProgramme]:
        """Every programme by its slug."""
        return {programme.id: programme for programme in await self._store.list_programmes()}

    async def coming_sessions(self, programme: str = "") -> list[KnownSession]:
        """The sessions of a programme, or of all, that may still treat a proposal; the next one first."""
        sessions = await self._store.coming_sessions()
        return [session for session in sessions if not programme or session.programme == programme]

    async def search(
        self, wish: Wish, limit: int, after: Sequence[Scalar] | None
    ) -> tuple[list[Proposal], list[Scalar] | None]:
        """A page of what a wish asks for and the place where the next one begins, or None."""
        found: list[Proposal] = []
        place, read = after, PAGE
        for _ in range(SEARCHED_PAGES):
            batch = await self._store.list_proposals(wish.programme, wish.states, wish.order, PAGE, place)
            found += [each for each in batch if mentions(f"{each.title} {each.body}", wish.text)]
            place, read = (place_of(batch[-1], wish.order) if batch else None), len(batch)
            if len(found) > limit or read < PAGE:
                break
        if len(found) > limit:
            return found[:limit], place_of(found[limit - 1], wish.order)
        return found, list(place) if place and read == PAGE else None

    async def everything(self, states: Collection[ProposalState]) -> list[Proposal]:
        """All proposals in these states, the newest first."""
        found: list[Proposal] = []
        place: list[Scalar] | None = None
        while batch := await self._store.list_proposals("", states, NEWEST, PAGE, place):
            found += batch
            place = place_of(batch[-1], NEWEST)
        return found

    async def read(self, proposal_id: str) -> Reading:
        """A proposal for its page.

        Raises:
            ProposalUnknownProblem: there is none.
        """
        proposal = await self._store.proposals.get(proposal_id)
        if proposal is None:
            raise ProposalUnknownProblem
        programme = await self._store.programmes.get(proposal.programme)
        assert programme is not None, "known before the first proposal, and never deleted"
        sessions = {step.session_id for step in proposal.history if step.session_id}
        merged = proposal.state is ProposalState.MERGED
        return Reading(
            proposal=proposal,
            programme=programme,
            sessions=await self._store.get_sessions(sessions),
            target=await self._store.proposals.get(await self._followers.end_of(proposal)) if merged else None,
            sources=await self._store.get_proposals(proposal.merged_from),
        )

    async def get_many(self, ids: Sequence[str]) -> list[Proposal]:
        """Those of the proposals that are there, in the order of their ids."""
        return await self._store.get_proposals(ids)

    async def sessions(self, ids: Collection[str]) -> dict[str, KnownSession]:
        """Those of the sessions that are known, by id."""
        return await self._store.get_sessions(ids)

    async def sessions_of(self, proposals: Sequence[Proposal]) -> dict[str, KnownSession]:
        """The sessions that treat the proposals, by id."""
        return await self._store.get_sessions({each.session_id for each in proposals if each.session_id})

    async def followers(self, proposals: Sequence[Proposal]) -> int:
        """How many people are told when these take a step; who follows two of them counts once."""
        people = [follower for each in proposals for follower in await self._store.followers_of(each.id)]
        return len({follower.email for follower in people if follower.follows})

    async def acts(self, proposal_id: str) -> list[AuditEntry]:
        """What the office did with a proposal, latest first."""
        return await self._audit.entries(subject=proposal_id)
