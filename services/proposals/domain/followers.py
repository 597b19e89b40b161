"""A follower: a person who gets mails about one proposal, or was asked to confirm a support of it."""

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
"""The shortest time between two mails that ask a person to confirm the same support."""


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
    """Whether the person gets mails about the proposal."""
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
    """1 while a confirmed support is not counted yet, or the person has yet to move with a merged proposal."""
    changed_at: StoredInstant

    @property
    def supports(self) -> bool:
        return self.support in (SupportStep.CONFIRMED, SupportStep.COUNTED)

    def followed(self) -> ProposalFollowed:
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
        return FollowerErased(
            version=self.announced,
            follower_id=self.id,
            proposal_id=self.proposal_id,
            generation=self.generation,
        )

    def present_events(self, proposal: Proposal) -> list[Event]:
        """The events of this follower's present state."""
        if self.erased_at:
            return [self.erased()]
        events: list[Event] = [self.followed()] if self.follows else []
        return [*events, self.support_requested(proposal)] if self.support is SupportStep.REQUESTED else events


Decision = tuple[Follower, list[Event]]

_KEPT = set(Aggregate.model_fields)


def new_author(follower_id: str, proposal_id: str, email: str, language: Language, now: datetime) -> Follower:
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
    """A person who wants to support the proposal and has to confirm that by mail."""
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
    """The next round of a follower whose address was erased; `anew` holds the new data."""
    new = {field: getattr(anew, field) for field in Follower.model_fields if field not in _KEPT}
    return erased.model_copy(update={**new, "generation": erased.generation + 1})


def ask_support(follower: Follower, anew: Follower, proposal: Proposal, now: datetime) -> Decision:
    """Ask again with this address; `anew` is the follower of a first request.

    Always one write, so that the response time does not show what is stored.
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
    """Confirm the support, unless confirmed already or erased meanwhile."""
    if follower.supports or follower.erased_at:
        return follower, []
    confirmed, events = follow(follower, after_step, now)
    return confirmed.model_copy(update={"support": SupportStep.CONFIRMED, "unsettled": 1, "changed_at": now}), events


def follow(follower: Follower, after_step: int | None, now: datetime) -> Decision:
    """Follow the proposal from `after_step` on, unless following already or erased meanwhile."""
    if follower.follows or follower.erased_at:
        return follower, []
    changes = {"follows": True, "after_step": after_step, "unsettled": 1, "changed_at": now}
    following = follower.model_copy(update=changes)
    return following, [following.followed()]


def settle(follower: Follower, moved_to: str = "") -> Decision:
    """Mark the support as counted, here or for the follower `moved_to`."""
    support = SupportStep.COUNTED if follower.supports else follower.support
    changes = {"support": support, "unsettled": 0, "moved_to": moved_to or follower.moved_to}
    return follower.model_copy(update=changes), []


def newcomer(follower: Follower, follower_id: str, proposal: Proposal, after_step: int, now: datetime) -> Follower:
    """The same person as a follower of the proposal into which this one's was merged.

    Not its author, who gets «received» only once; a supporter only if the person was one.
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
    """Join what the same person was to a proposal that was merged into this one."""
    if follower.erased_at:
        coming = next_round(follower, other)
        return coming, [coming.followed()]
    if other.supports:
        return confirm(follower, other.after_step, other.changed_at)
    if follower.follows:
        return follower, []
    joined = follower.model_copy(
        update={"follows": True, "after_step": other.after_step, "changed_at": other.changed_at}
    )
    return joined, [joined.followed()]


def erase(follower: Follower, generation: int, now: datetime) -> Decision:
    """Erase the address, from the outbox too. A confirmed support still counts. A later generation stays: the person
    came back."""
    if follower.erased_at or follower.generation != generation:
        return follower, []
    changes: dict[str, Any] = {"email": "", "follows": False, "erased_at": now, "changed_at": now, "outbox": ()}
    if not follower.supports:
        changes["support"] = SupportStep.NONE
    erased = follower.model_copy(update=changes)
    return erased, [erased.erased()]
