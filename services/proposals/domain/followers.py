"""A follower: a person who is told what becomes of one proposal, or was asked to confirm a support of it."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from services.proposals.domain.proposals import Proposal
from shared.clock import StoredInstant
from shared.events.base import Event
from shared.events.proposals import FollowerErased, ProposalFollowed, SupportRequested
from shared.events.vocabulary import FollowerRole, Language
from shared.storage.aggregates import Aggregate

ASK_AGAIN_AFTER = timedelta(days=7)
"""Who has not confirmed is mailed at most so often, however often the support is asked for."""


class SupportStep(StrEnum):
    """How far a person's support has come."""

    NONE = "none"
    REQUESTED = "requested"
    """The link is mailed and not used yet."""
    CONFIRMED = "confirmed"
    """The person confirmed; from here on the service itself completes the rest."""
    COUNTED = "counted"
    """The proposal's count has it."""


class Follower(Aggregate):
    """One person and one proposal; `_id` is derived from both, so there is never a second."""

    proposal_id: str
    email: str
    language: Language
    role: FollowerRole
    follows: bool
    """Whether the person is told what becomes of the proposal."""
    after_step: int | None = None
    """How many steps the proposal had taken when the person began to follow."""
    support: SupportStep = SupportStep.NONE
    asked_at: StoredInstant
    """When a support was last asked for with this address."""
    mailed_at: StoredInstant | None = None
    """When the link to confirm was last sent."""
    generation: int = 1
    """The round: raised when somebody whose address was erased follows or wants to support the proposal anew."""
    erased_at: StoredInstant | None = None
    """When the address was erased; a support that was counted stays counted."""
    moved_to: str = ""
    """The follower of the proposal that this one's proposal became part of."""
    unsettled: int = 0
    """1 while a confirmed support is not counted yet, or the person has yet to go where the proposal went."""
    changed_at: StoredInstant

    @property
    def supports(self) -> bool:
        """Whether the person confirmed the support."""
        return self.support in (SupportStep.CONFIRMED, SupportStep.COUNTED)

    def followed(self) -> ProposalFollowed:
        """The event that makes the person be told."""
        return ProposalFollowed(
            version=self.announced,
            follower_id=self.id,
            proposal_id=self.proposal_id,
            role=self.role,
            email=self.email,
            language=self.language,
            after_step=self.after_step,
        )

    def support_requested(self, proposal: Proposal) -> SupportRequested:
        """The event that makes the link to confirm be mailed."""
        return SupportRequested(
            version=self.announced,
            support_id=self.id,
            proposal_id=proposal.id,
            proposal_title=proposal.title,
            programme=proposal.programme,
            email=self.email,
            language=self.language,
        )

    def erased(self) -> FollowerErased:
        """The event that makes the person be forgotten."""
        return FollowerErased(
            version=self.announced,
            follower_id=self.id,
            proposal_id=self.proposal_id,
            generation=self.generation,
        )

    def present_events(self, proposal: Proposal) -> list[Event]:
        """The events that tell all that is to be known of this follower."""
        if self.erased_at:
            return [self.erased()]
        events: list[Event] = [self.followed()] if self.follows else []
        return [*events, self.support_requested(proposal)] if self.support is SupportStep.REQUESTED else events


Decision = tuple[Follower, list[Event]]

_KEPT = set(Aggregate.model_fields)


def new_author(follower_id: str, proposal_id: str, email: str, language: Language, now: datetime) -> Follower:
    """Who proposed it and left an address."""
    return Follower(
        id=follower_id,
        proposal_id=proposal_id,
        email=email,
        language=language,
        role=FollowerRole.AUTHOR,
        follows=True,
        after_step=0,
        asked_at=now,
        changed_at=now,
    )


def new_supporter(follower_id: str, proposal_id: str, email: str, language: Language, now: datetime) -> Follower:
    """Who wants to support it and has to confirm that by mail."""
    return Follower(
        id=follower_id,
        proposal_id=proposal_id,
        email=email,
        language=language,
        role=FollowerRole.SUPPORTER,
        follows=False,
        support=SupportStep.REQUESTED,
        asked_at=now,
        mailed_at=now,
        changed_at=now,
    )


def next_round(erased: Follower, anew: Follower) -> Follower:
    """What a person whose address was erased is to the proposal now, as the next round of the same follower."""
    told = {field: getattr(anew, field) for field in Follower.model_fields if field not in _KEPT}
    return erased.model_copy(update={**told, "generation": erased.generation + 1})


def ask_support(follower: Follower, anew: Follower, proposal: Proposal, now: datetime) -> Decision:
    """Somebody asks again with this address; `anew` is what they would be the first time.

    Always one write, so that its time tells nobody what was stored.
    """
    if follower.erased_at:
        asking = next_round(follower, anew)
        return asking, [asking.support_requested(proposal)]
    asked = follower.model_copy(update={"asked_at": now})
    if follower.supports or (follower.mailed_at and now - follower.mailed_at < ASK_AGAIN_AFTER):
        return asked, []
    changes = {"support": SupportStep.REQUESTED, "mailed_at": now, "changed_at": now}
    mailed = asked.model_copy(update=changes)
    return mailed, [mailed.support_requested(proposal)]


def confirm(follower: Follower, after_step: int | None, now: datetime) -> Decision:
    """The person confirmed the support; nothing where that is so already, or the person was erased meanwhile."""
    if follower.supports or follower.erased_at:
        return follower, []
    confirmed, events = follow(follower, after_step, now)
    return confirmed.model_copy(update={"support": SupportStep.CONFIRMED, "unsettled": 1, "changed_at": now}), events


def follow(follower: Follower, after_step: int | None, now: datetime) -> Decision:
    """The person is to be told the steps after those that the proposal has taken; nothing where that is so already, or
    the person was erased meanwhile."""
    if follower.follows or follower.erased_at:
        return follower, []
    changes = {"follows": True, "after_step": after_step, "unsettled": 1, "changed_at": now}
    following = follower.model_copy(update=changes)
    return following, [following.followed()]


def settle(follower: Follower, moved_to: str = "") -> Decision:
    """The support is counted, here or for the follower of the proposal that this one's became part of."""
    support = SupportStep.COUNTED if follower.supports else follower.support
    changes = {"support": support, "unsettled": 0, "moved_to": moved_to or follower.moved_to}
    return follower.model_copy(update=changes), []


def newcomer(follower: Follower, follower_id: str, proposal: Proposal, after_step: int, now: datetime) -> Follower:
    """The same person as follower of the proposal that this one's became part of.

    Not its author, who is told «received» only once, but a supporter only if the person was one.
    """
    return Follower(
        id=follower_id,
        proposal_id=proposal.id,
        email=follower.email,
        language=follower.language,
        role=FollowerRole.SUPPORTER,
        follows=True,
        after_step=after_step,
        support=SupportStep.CONFIRMED if follower.supports else SupportStep.NONE,
        asked_at=follower.asked_at,
        unsettled=1 if follower.supports else 0,
        changed_at=now,
    )


def take_over(follower: Follower, other: Follower) -> Decision:
    """Join to a follower what the same person was to a proposal that became part of this one."""
    if follower.erased_at:
        coming = next_round(follower, other)
        return coming, [coming.followed()]
    if other.supports:
        return confirm(follower, other.after_step, other.changed_at)
    if follower.follows:
        return follower, []
    told = follower.model_copy(update={"follows": True, "after_step": other.after_step, "changed_at": other.changed_at})
    return told, [told.followed()]


def erase(follower: Follower, generation: int, now: datetime) -> Decision:
    """The address goes, from the outbox too, and nothing is told any more; a confirmed support goes on counting.
    A later generation stays as it is: the person came back."""
    if follower.erased_at or follower.generation != generation:
        return follower, []
    changes: dict[str, Any] = {"email": "", "follows": False, "erased_at": now, "changed_at": now, "outbox": ()}
    if not follower.supports:
        changes["support"] = SupportStep.NONE
    erased = follower.model_copy(update=changes)
    return erased, [erased.erased()]
