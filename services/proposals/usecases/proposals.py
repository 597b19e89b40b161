"""Proposing, searching and reading proposals, and the limits of how often people may send something."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.proposals.domain.known import KnownProgramme, KnownSession
from services.proposals.domain.problems import EntityUnknownProblem, ProgrammeUnknownProblem, SessionUnknownProblem
from services.proposals.domain.proposals import Author, Proposal
from services.proposals.domain.similarity import mentions, similarity
from services.proposals.store import HEAVIEST, ProposalStore
from services.proposals.usecases.followers import Followers
from services.proposals.usecases.weighing import Weighing
from shared.clock import Clock, to_millis
from shared.entities.live import LiveDirectory
from shared.events.proposals import TopicProposed
from shared.events.vocabulary import Language, ProposalKind, ProposalState
from shared.ids import derived_id
from shared.security.rate_limits import RateLimiter
from shared.storage.collection import Place, Slice, document_of
from shared.storage.contract import Order, position
from shared.text.addresses import mailbox_of

SIMILAR_FROM = 0.4
"""Titles below this similarity have nothing to do with each other."""
SIMILAR_TITLES = 5
_PAGE = 200
SEARCHED_PAGES = 10
"""Pages of the store read at most for one page of a search; the next page goes on from there."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Counts requests, not their outcome, so that it does not reveal what is stored of an address. 0: no limit."""

    limits: RateLimiter
    what: str
    per_address: int
    """With one mail address in a day."""
    per_origin: int
    """From one network address in an hour; a whole council may share one."""

    async def hit(self, thing: str, *, email: str, origin: str) -> None:
        """Count one more; an empty address or origin is not counted.

        Raises:
            TooOftenProblem: nothing may be stored.
        """
        hour, day = timedelta(hours=1), timedelta(days=1)
        await self.limits.hit(f"{self.what} from", origin, thing, most=self.per_origin, within=hour)
        await self.limits.hit(f"{self.what} with", mailbox_of(email), thing, most=self.per_address, within=day)


async def listed(entities: LiveDirectory, code: str) -> str:
    """The directory's own code of an entity; empty for none.

    Raises:
        EntityUnknownProblem: it lists no such entity.
    """
    if not code:
        return ""
    if entity := await entities.find(code):
        return entity.code
    raise EntityUnknownProblem("/entity")


@dataclass(frozen=True, slots=True)
class NewProposal:
    """Its texts are stripped."""

    programme: str
    kind: ProposalKind
    title: str
    body: str
    email: str | None
    language: Language
    entity: str = ""
    """A code of the directory, or empty. Never public: it may be of one person."""


@dataclass(frozen=True, slots=True)
class ProposalFilter:
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


@dataclass
class Proposals:
    store: ProposalStore
    followers: Followers
    entities: LiveDirectory
    weighing: Weighing
    rate_limit: RateLimit
    secret: bytes
    clock: Clock

    async def propose(self, new: NewProposal, *, origin: str = "") -> Proposal:
        """Receive a proposal. A repeat within the day (UTC) returns the same one.

        Raises:
            ProgrammeUnknownProblem: no such programme is known.
            EntityUnknownProblem: the directory does not list the entity.
            TooOftenProblem: the origin or the address sent too many.
        """
        if await self.store.programmes.get(new.programme) is None:
            raise ProgrammeUnknownProblem("/programme")
        proposal = self._proposal(new, await listed(self.entities, new.entity), self.clock())
        await self.rate_limit.hit(proposal.id, email=new.email or "", origin=origin)
        if await self.store.proposals.create(proposal, proposal.event(TopicProposed)) and proposal.author:
            await self.followers.add_author(proposal)
        return await self.store.proposal(proposal.id)

    def _proposal(self, new: NewProposal, entity: str, now: datetime) -> Proposal:
        day = now.astimezone(UTC).date().isoformat()
        same = (new.programme, new.kind, new.title, new.body, new.email or "", day)
        return Proposal(
            id=derived_id(self.secret, "proposal", *same),
            programme=new.programme,
            kind=new.kind,
            title=new.title,
            body=new.body,
            language=new.language,
            councils=(entity,) if entity else (),
            author=Author(email=new.email, language=new.language) if new.email else None,
            unsettled=1 if new.email else 0,
            created_at=now,
            changed_at=now,
        )

    async def similar(self, programme: str, title: str) -> list[tuple[Proposal, float]]:
        """The proposals with the nearest titles and their similarity, nearest first."""
        weighed = [(other, similarity(title, other.title)) for other in await self.store.comparable(programme)]
        near = sorted(weighed, key=lambda pair: -pair[1])[:SIMILAR_TITLES]
        return [pair for pair in near if pair[1] >= SIMILAR_FROM]

    async def programmes(self) -> dict[str, KnownProgramme]:
        return {programme.id: programme async for programme in self.store.programmes.each()}

    async def coming_session(self, session_id: str) -> KnownSession:
        """Raises:
        SessionUnknownProblem: it is unknown, has ended or was cancelled.
        """
        if session := next((each for each in await self.store.coming_sessions() if each.id == session_id), None):
            return session
        raise SessionUnknownProblem("/session")

    async def search(self, filter_: ProposalFilter, limit: int, after: Place | None) -> Slice[Proposal]:
        if filter_.order is HEAVIEST:
            return await self._heaviest(filter_, limit, after)
        found: list[Proposal] = []
        place = after
        for _ in range(SEARCHED_PAGES):
            batch = await self.store.list_proposals(filter_.programme, filter_.states, filter_.order, _PAGE, place)
            found += [each for each in batch.items if mentions(f"{each.title} {each.body}", filter_.text)]
            place = batch.next
            if len(found) > limit or place is None:
                break
        if len(found) > limit:
            place = position(document_of(found[limit - 1]), filter_.order)
        return Slice(found[:limit], place)

    async def _heaviest(self, filter_: ProposalFilter, limit: int, after: Place | None) -> Slice[Proposal]:
        """Weights change with time and with the directory: they are not stored, so all are read. For the office."""
        every = [
            each
            async for each in self.store.all_proposals(filter_.states)
            if filter_.programme in ("", each.programme) and mentions(f"{each.title} {each.body}", filter_.text)
        ]
        weights = await self.weighing.weigh(every)
        places = {each.id: (-weights[each.id].total, to_millis(each.created_at), each.id) for each in every}
        following = sorted(
            (each for each in every if after is None or places[each.id] > tuple(after)),
            key=lambda each: places[each.id],
        )
        page = following[:limit]
        return Slice(page, places[page[-1].id] if len(following) > limit else None)

    async def councils_of(self, proposal: Proposal) -> list[str]:
        """Their names, or the code where the directory no longer lists it. For the office."""
        known = {council.code: council.name for council in await self.entities.many(proposal.councils)}
        return sorted(known.get(code, code) for code in proposal.councils)

    async def read(self, proposal_id: str) -> Reading:
        """Raises ProposalUnknownProblem."""
        proposal = await self.store.proposal(proposal_id)
        programme = await self.store.programmes.get(proposal.programme)
        assert programme is not None, "known before the first proposal, and never deleted"
        sessions = {step.session_id for step in proposal.history if step.session_id}
        merged = proposal.state is ProposalState.MERGED
        return Reading(
            proposal=proposal,
            programme=programme,
            sessions=await self.store.sessions.many(sessions),
            target=await self.store.proposal(await self.followers.end_of(proposal)) if merged else None,
            sources=await self.get_many(proposal.merged_from),
        )

    async def as_anybody_sees(self, found: Sequence[Proposal]) -> list[Proposal]:
        """Without the sessions that are not for everybody: the id of one is enough to ask for a seat in it."""
        sessions = await self.store.sessions.many({each.session_id for each in found if each.session_id})
        hidden = {key for key, session in sessions.items() if not session.is_public}
        return [each.model_copy(update={"session_id": ""}) if each.session_id in hidden else each for each in found]

    async def get_many(self, ids: Sequence[str]) -> list[Proposal]:
        return list((await self.store.proposals.many(ids)).values())

    async def count_recipients(self, proposals: Sequence[Proposal]) -> int:
        """How many people get a mail when these proposals take a step; a follower of two counts once."""
        people = [follower for each in proposals async for follower in self.store.followers_of(each.id)]
        return len({follower.email for follower in people if follower.follows})
