"""What is told of proposals to those who follow them."""

from services.notifications.domain.deliveries import RECIPIENT_ERASED, DeliveryKind
from services.notifications.domain.known import KnownFollower, KnownProposal
from services.notifications.known_store import PROPOSALS
from services.notifications.recipient_store import FOLLOWERS
from services.notifications.store import NotificationsStore
from services.notifications.usecases.announcements import Announcements
from services.notifications.usecases.erasing import forget_bounce
from shared.events.vocabulary import FollowerRole

_NEWS = frozenset(
    {
        DeliveryKind.PROPOSAL_UNDER_REVIEW,
        DeliveryKind.PROPOSAL_SCHEDULED,
        DeliveryKind.PROPOSAL_ANSWERED,
        DeliveryKind.PROPOSAL_DECLINED,
        DeliveryKind.PROPOSAL_MERGED,
    }
)


class Proposals:
    """The verbs of proposals and their followers."""

    def __init__(self, store: NotificationsStore, announcements: Announcements) -> None:
        self._store = store
        self._announcements = announcements

    async def learn(self, told: KnownProposal) -> None:
        """Keep a proposal's public state."""
        if await self._store.known.remember(PROPOSALS, told):
            await self._announcements.take_up(told.id)

    async def advance(self, told: KnownProposal, kind: DeliveryKind) -> None:
        """Tell author and supporters the step, unless the proposal has taken another one since."""
        await self.learn(told)
        proposal = await self._store.known.proposal(told.id)
        if proposal is not None and proposal.state is told.state:
            await self._announcements.tell_everybody(kind, told.id, round_=_occasion(told))

    async def follow(self, told: KnownFollower, after_step: int | None) -> None:
        """Keep somebody who is to be told, unless erased since; an author is told that the proposal was received, and
        what came after."""
        await self._store.known.remember(FOLLOWERS, told)
        following = {"role": told.role.value, "following": 1}
        holds = await self._store.known.remember_detail(FOLLOWERS, told.id, "followed", told.seen, following)
        if not holds:
            return
        if told.role is FollowerRole.AUTHOR:
            after_step = 0
            await self._announcements.tell_now(DeliveryKind.PROPOSAL_RECEIVED, told.proposal_id, told.id)
        if after_step is not None:
            await self._announcements.tell_what_all_were_told(told.proposal_id, told.id, _NEWS, after_step=after_step)

    async def ask_to_confirm_support(self, told: KnownFollower) -> None:
        """Mail the link by which a support is confirmed; until then the person is told nothing else."""
        await self._store.known.remember(FOLLOWERS, told, leave={"role"})
        await self._store.known.set_if_missing(FOLLOWERS, told.id, "role", {"role": told.role.value, "following": 0})
        kind = DeliveryKind.SUPPORT_CONFIRMATION
        await self._announcements.tell_now(kind, told.proposal_id, told.id, round_=str(told.seen))

    async def forget_follower(self, nobody: KnownFollower) -> None:
        """Forget the person, and write nothing more. `nobody` is kept, so that a late event brings nobody back; who
        comes back by a later one is told no news before following anew."""
        known = await self._store.known.follower(nobody.id)
        await forget_bounce(self._store, known, nobody)
        if await self._store.known.remember(FOLLOWERS, nobody):
            await self._store.deliveries.skip_all_to(nobody.id, RECIPIENT_ERASED)
        await forget_bounce(self._store, known, nobody)
        await self._store.known.remember_detail(FOLLOWERS, nobody.id, "followed", nobody.seen, {"following": 0})


def _occasion(proposal: KnownProposal) -> str:
    """What tells two steps of the same kind apart; where the event does not number them, what they lead to."""
    return str(proposal.step) if proposal.step else proposal.merged_into or proposal.session_id
