"""The documents of proposals: which collections there are, how they are found, how an aggregate is told once more."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from services.proposals.domain.followers import Follower, SupportStep
from services.proposals.domain.known import Known, KnownProgramme, KnownSession
from services.proposals.domain.merges import MergeBook
from services.proposals.domain.proposals import ENDED_STATES, Proposal
from shared.audit import AUDIT_COLLECTIONS
from shared.clock import Clock, to_millis
from shared.events.base import Event
from shared.events.vocabulary import ProposalState, SessionStatus
from shared.limits import LIMIT_COLLECTIONS
from shared.office_access import OFFICE_ACCESS_COLLECTIONS
from shared.storage.aggregates import PENDING, Aggregate, Aggregates
from shared.storage.compacting import try_to_compact
from shared.storage.contract import Condition, Index, Order, Scalar, Store, Where, at_least, at_most, not_equal, one_of

ERASURES = "erasures"

COLLECTIONS: Mapping[str, Sequence[Index]] = {
    "proposals": [
        PENDING,
        Index(("unsettled",)),
        Index(("session_id", "state")),
        Index(("changed_at",)),
        Index(("state", "changed_at")),
        Index(("created_at",)),
        Index(("supports", "created_at")),
        Index(("programme", "created_at")),
        Index(("programme", "supports", "created_at")),
    ],
    "followers": [
        PENDING,
        Index(("unsettled",)),
        Index(("proposal_id",)),
        Index(("email",)),
        Index(("changed_at",)),
        Index(("support", "mailed_at")),
    ],
    ERASURES: [],
    "merges": [Index(("unsettled",))],
    "programmes": [],
    "sessions": [Index(("status", "starts_at"))],
    **AUDIT_COLLECTIONS,
    **OFFICE_ACCESS_COLLECTIONS,
    **LIMIT_COLLECTIONS,
}
TELLING = ("proposals", "followers")
"""The collections whose documents hold events."""

NEWEST: Order = (("created_at", -1),)
OLDEST: Order = (("created_at", 1),)
MOST_SUPPORTED: Order = (("supports", -1), ("created_at", -1))

TOLD_AGAIN_FOR = timedelta(days=30)
"""The reconcile sweep speaks of what changed within that time; older news has arrived or is of no use any more."""
PAGE = 200
COMPARED_TITLES = 1000
"""The newest so many proposals are compared with a new title."""

A = TypeVar("A", bound=Aggregate)
K = TypeVar("K", bound=Known)


class ProposalStore:
    """The collections of this service as aggregates, and the questions that it asks them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self.proposals = Aggregates(store, "proposals", Proposal, clock=clock)
        self.followers = Aggregates(store, "followers", Follower, clock=clock)
        self.merges = Aggregates(store, "merges", MergeBook, clock=clock)
        self.programmes = Aggregates(store, "programmes", KnownProgramme, clock=clock)
        self.sessions = Aggregates(store, "sessions", KnownSession, clock=clock)

    async def list_proposals(
        self,
        programme: str | None,
        states: Collection[ProposalState],
        order: Order,
        limit: int,
        after: Sequence[Scalar] | None,
    ) -> list[Proposal]:
        """A page of the proposals of a programme, or of all, in any of the states."""
        where: dict[str, Scalar | Condition] = {"programme": programme} if programme else {}
        if len(states) < len(ProposalState):
            where["state"] = one_of([state.value for state in states])
        return await self.proposals.find(where, order=order, limit=limit, after=after)

    async def list_programmes(self) -> list[KnownProgramme]:
        """Every programme."""
        return await self.programmes.find(limit=PAGE)

    async def coming_sessions(self) -> list[KnownSession]:
        """The sessions that have neither ended nor been cancelled, the next one first."""
        where = {"status": SessionStatus.SCHEDULED.value}
        return await self.sessions.find(where, order=(("starts_at", 1),), limit=PAGE)

    async def get_sessions(self, ids: Collection[str]) -> dict[str, KnownSession]:
        """Those of the sessions that are known, by id."""
        found = await self.sessions.find({"_id": one_of(sorted(ids))}, limit=len(ids) or 1)
        return {session.id: session for session in found}

    async def get_proposals(self, ids: Sequence[str]) -> list[Proposal]:
        """Those of the proposals that are there, in the order of their ids."""
        found = {each.id: each for each in await self.proposals.find({"_id": one_of(ids)}, limit=len(ids) or 1)}
        return [found[proposal_id] for proposal_id in ids if proposal_id in found]

    async def comparable(self, programme: str) -> list[Proposal]:
        """The proposals of a programme that a new one may resemble; what was merged speaks by its target."""
        where: Where = {"programme": programme, "state": not_equal(ProposalState.MERGED.value)}
        return await self.proposals.find(where, order=NEWEST, limit=COMPARED_TITLES)

    async def scheduled(self, session_id: str | None = None) -> list[Proposal]:
        """The proposals that wait for a session, or for that one."""
        where: dict[str, Scalar] = {"state": ProposalState.SCHEDULED.value}
        return await _all(self.proposals, where | ({"session_id": session_id} if session_id else {}))

    async def proposals_with_author(self) -> list[Proposal]:
        """Proposals whose author's follower is not stored yet."""
        return await self.proposals.find({"unsettled": 1}, limit=PAGE)

    async def unsettled_followers(self) -> list[Follower]:
        """Followers whose confirmed support is not counted yet."""
        return await self.followers.find({"unsettled": 1}, limit=PAGE)

    async def unsettled_merges(self) -> list[MergeBook]:
        """Books with merges that are not carried out yet."""
        return await self.merges.find({"unsettled": 1}, limit=PAGE)

    async def followers_of(self, proposal_id: str) -> list[Follower]:
        """Everybody who follows a proposal or was asked to confirm a support of it."""
        return await _all(self.followers, {"proposal_id": proposal_id})

    async def followers_with(self, email: str) -> list[Follower]:
        """All that somebody follows, or was asked to confirm, with an address."""
        return await _all(self.followers, {"email": email})

    async def people_of(self, proposal_id: str) -> list[Follower]:
        """Followers of a proposal, or who was asked to confirm, whose address was not erased."""
        return await _all(self.followers, {"proposal_id": proposal_id, "erased_at": None})

    async def unconfirmed(self, mailed_before: datetime) -> list[Follower]:
        """Who has not confirmed a support that was mailed before an instant, and does not follow either."""
        where: Where = {"support": SupportStep.REQUESTED.value, "mailed_at": at_most(to_millis(mailed_before))}
        return [follower for follower in await _all(self.followers, where) if not follower.follows]

    async def ended(self, before: datetime) -> list[Proposal]:
        """The proposals that were answered or declined before an instant."""
        states = one_of(sorted(state.value for state in ENDED_STATES))
        return await _all(self.proposals, {"state": states, "changed_at": at_most(to_millis(before))})

    async def note_erasure(self, follower_id: str, generation: int) -> None:
        """Note that this round of a follower is to be erased."""
        if not await self._store.insert(ERASURES, {"_id": follower_id, "generation": generation}):
            await self._store.update(ERASURES, follower_id, assign={"generation": generation})

    async def erasures(self, *, limit: int = 100) -> list[tuple[str, int]]:
        """Followers that are to be erased, or whose events are to be purged, with their round."""
        return [(each["_id"], each["generation"]) for each in await self._store.find(ERASURES, limit=limit)]

    async def end_erasure(self, follower_id: str, generation: int) -> None:
        """Nothing is left of this round."""
        await self._store.delete(ERASURES, {"_id": follower_id, "generation": generation})

    async def try_to_compact(self) -> bool:
        """Leave no byte behind of what was erased; False when that is not possible just now."""
        return await try_to_compact(self._store)

    async def learn(self, aggregates: Aggregates[K], told: K) -> K:
        """Keep what an event told unless a later one was seen; the document as it is afterwards."""
        if await aggregates.create(told):
            return told

        def decide(known: K) -> tuple[K, Sequence[Event]]:
            return (told.model_copy(update={"version": known.version}) if told.seen > known.seen else known), ()

        return await aggregates.change(told.id, decide)

    async def lacking(self, aggregates: Aggregates[K], entries: Sequence[tuple[str, int]]) -> list[str]:
        """Of announced ids and versions, the ids that are not known or known in an older version."""
        ids = [entry_id for entry_id, _ in entries]
        seen = {known.id: known.seen for known in await aggregates.find({"_id": one_of(ids)}, limit=len(ids) or 1)}
        return [entry_id for entry_id, version in entries if seen.get(entry_id, -1) < version]


def place_of(proposal: Proposal, order: Order) -> list[Scalar]:
    """The place of a proposal in one of the orders above, for the next page's `after`."""
    places = {"created_at": to_millis(proposal.created_at), "supports": proposal.supports}
    return [*(places[field] for field, _ in order), proposal.id]


def recently_changed(now: datetime) -> Where:
    """Proposals and followers that the reconcile sweep speaks of."""
    return {"changed_at": at_least(to_millis(now - TOLD_AGAIN_FOR))}


def told_again(aggregate: A, events: Sequence[Event]) -> A:
    """The aggregate with events that repeat its present state, in the version that they were last announced with."""
    envelopes = (event.model_copy(update={"version": aggregate.announced}).envelope() for event in events)
    return aggregate.model_copy(update={"outbox": (*aggregate.outbox, *envelopes), "pending": 1})


async def _all(aggregates: Aggregates[A], where: Where) -> list[A]:
    found: list[A] = []
    after: list[Scalar] | None = None
    while page := await aggregates.find(where, limit=PAGE, after=after):
        found += page
        after = [page[-1].id]
    return found
