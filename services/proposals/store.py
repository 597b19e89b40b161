"""The documents of proposals: which collections there are and how they are found."""

from collections.abc import AsyncIterator, Mapping, Sequence
from collections.abc import Collection as Container
from datetime import datetime

from services.proposals.domain.decidim import DecidimExports
from services.proposals.domain.followers import Follower, SupportStep
from services.proposals.domain.known import KnownEntity, KnownProgramme, KnownSession
from services.proposals.domain.merges import MergeBook
from services.proposals.domain.problems import ProposalUnknownProblem
from services.proposals.domain.proposals import ENDED_STATES, Proposal
from services.proposals.domain.weights import Weights
from shared.clock import Clock, to_millis
from shared.events.vocabulary import ProposalState, SessionStatus
from shared.messaging.office_access import OFFICE_ACCESS_COLLECTIONS
from shared.security.audit import AUDIT_COLLECTIONS
from shared.security.erasing import Note
from shared.security.rate_limits import LIMIT_COLLECTIONS
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.collection import Collection, Place, Slice
from shared.storage.compacting import try_to_compact
from shared.storage.contract import Condition, Index, Order, Scalar, Store, Where, at_most, not_equal, one_of
from shared.storage.projections import Projection

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
    "erasures": [],
    "merges": [PENDING, Index(("unsettled",))],
    "weights": [PENDING],
    "decidim_exports": [PENDING],
    "programmes": [],
    "entities": [],
    "sessions": [Index(("status", "starts_at"))],
    **AUDIT_COLLECTIONS,
    **OFFICE_ACCESS_COLLECTIONS,
    **LIMIT_COLLECTIONS,
}
OUTBOX_COLLECTIONS = ("proposals", "followers", "merges", "weights", "decidim_exports")
"""The collections whose documents hold events and records of acts."""
UNSETTLED: Where = {"unsettled": 1}
"""Documents with a step still to take."""

NEWEST: Order = (("created_at", -1),)
OLDEST: Order = (("created_at", 1),)
MOST_SUPPORTED: Order = (("supports", -1), ("created_at", -1))
HEAVIEST: Order = (("weight", -1), ("created_at", 1))
"""By what `Weighing` finds: no store orders by it."""

COMPARED_TITLES = 1000
"""How many proposals, the newest ones, a new title is compared with."""


class ProposalStore:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self.proposals = Aggregates(store, "proposals", Proposal, clock=clock)
        self.followers = Aggregates(store, "followers", Follower, clock=clock)
        self.merges = Aggregates(store, "merges", MergeBook, clock=clock)
        self.decidim_exports = Aggregates(store, "decidim_exports", DecidimExports, clock=clock)
        self.weights = Aggregates(store, "weights", Weights, clock=clock)
        self.programmes = Projection(store, "programmes", KnownProgramme)
        self.sessions = Projection(store, "sessions", KnownSession)
        self.entities = Projection(store, "entities", KnownEntity)
        self.erasures = Collection(store, "erasures", Note)

    async def proposal(self, proposal_id: str) -> Proposal:
        """Raises ProposalUnknownProblem."""
        if proposal := await self.proposals.get(proposal_id):
            return proposal
        raise ProposalUnknownProblem

    async def list_proposals(
        self, programme: str | None, states: Container[ProposalState], order: Order, limit: int, after: Place | None
    ) -> Slice[Proposal]:
        """A page of the proposals of a programme, or of all if None, in any of the states."""
        where: dict[str, Scalar | Condition] = {"programme": programme} if programme else {}
        if len(states) < len(ProposalState):
            where["state"] = one_of(sorted(states))
        return await self.proposals.page(where, order=order, limit=limit, after=after)

    def all_proposals(self, states: Container[ProposalState]) -> AsyncIterator[Proposal]:
        return self.proposals.each({"state": one_of(sorted(states))}, order=NEWEST)

    async def coming_sessions(self, programme: str = "") -> list[KnownSession]:
        """Of a programme, or of all if empty; the next one first. `is_offered_to` says which treat a proposal."""
        where: dict[str, Scalar] = {"status": SessionStatus.SCHEDULED.value}
        if programme:
            where["programme"] = programme
        return [session async for session in self.sessions.each(where, order=(("starts_at", 1),))]

    async def comparable(self, programme: str) -> list[Proposal]:
        """The newest proposals that a new title is compared with."""
        where: Where = {"programme": programme, "state": not_equal(ProposalState.MERGED.value)}
        return (await self.proposals.page(where, order=NEWEST, limit=COMPARED_TITLES)).items

    def scheduled(self, session_id: str | None = None) -> AsyncIterator[Proposal]:
        where: dict[str, Scalar] = {"state": ProposalState.SCHEDULED.value}
        return self.proposals.each(where | ({"session_id": session_id} if session_id else {}))

    def followers_of(self, proposal_id: str) -> AsyncIterator[Follower]:
        """Including people asked to confirm a support, and erased ones."""
        return self.followers.each({"proposal_id": proposal_id})

    async def followers_with(self, email: str) -> list[Follower]:
        return [follower async for follower in self.followers.each({"email": email})]

    def people_of(self, proposal_id: str) -> AsyncIterator[Follower]:
        """`followers_of` without the erased ones."""
        return self.followers.each({"proposal_id": proposal_id, "erased_at": None})

    def unconfirmed(self, mailed_before: datetime) -> AsyncIterator[Follower]:
        """People asked before an instant who have not confirmed; some of them follow."""
        where: Where = {"support": SupportStep.REQUESTED.value, "mailed_at": at_most(to_millis(mailed_before))}
        return self.followers.each(where)

    def unchanged(self, since: datetime) -> AsyncIterator[Follower]:
        """Followers whose address is kept and has been for long."""
        return self.followers.each({"changed_at": at_most(to_millis(since)), "erased_at": None})

    def ended(self, before: datetime) -> AsyncIterator[Proposal]:
        return self.proposals.each({"state": one_of(sorted(ENDED_STATES)), "changed_at": at_most(to_millis(before))})

    async def try_to_compact(self) -> bool:
        """Overwrite erased bytes; False if that is not possible now."""
        return await try_to_compact(self._store)
