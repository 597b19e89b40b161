"""A follower: a person who gets mails about a proposal, or was asked to confirm a support of it."""

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
    """The link is mailed but not used yet."""
    CONFIRMED = "confirmed"
    """The service completes the rest by itself."""
    COUNTED = "counted"


class Follower(Aggregate):
    """One person and one proposal; `_id` is derived from both, so there is never a second."""

    proposal_id: str
    email: str
    language: Language
    role: FollowerRole
    follows: bool
    entity: str = ""
    """The entity that a support is for, until that is counted: from then on only the proposal knows it."""
    after_step: int | None = None
    """The number of the proposal's steps when the person began to follow."""
    support: SupportStep = SupportStep.NONE
    asked_at: StoredInstant
    """When a support was last asked for with this address."""
    mailed_at: StoredInstant | None = None
    """When the link to confirm was last sent."""
    generation: int = 1
    """Raised when a person comes back whose address was erased."""
    erased_at: StoredInstant | None = None
    """A counted support stays counted."""
    moved_to: str = ""
    """The same person's follower of the proposal that this one's was merged into."""
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
            version=self.announced, follower_id=self.id, proposal_id=self.proposal_id, generation=self.generation
        )

    def present_events(self, proposal: Proposal) -> list[Event]:
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


def new_supporter(
    follower_id: str, proposal_id: str, email: str, language: Language, now: datetime, entity: str = ""
) -> Follower:
    """A person who has to confirm a support by mail."""
    return Follower(
        id=follower_id,
        proposal_id=proposal_id,
        email=email,
        language=language,
        role=FollowerRole.SUPPORTER,
        follows=False,
        entity=entity,
        support=SupportStep.REQUESTED,
        asked_at=now,
        mailed_at=now,
        changed_at=now,
    )


def next_round(erased: Follower, anew: Follower) -> Follower:
    """The next generation of an erased follower, with the data of `anew`."""
    new = {field: getattr(anew, field) for field in Follower.model_fields if field not in _KEPT}
    return erased.model_copy(update={**new, "generation": erased.generation + 1})


def ask_support(follower: Follower, anew: Follower, proposal: Proposal, now: datetime) -> Decision:
    """Ask again; `anew` is the follower of a first request.

    Always one write, so that the response time does not reveal what is stored.
    """
    if follower.erased_at:
        asking = next_round(follower, anew)
        return asking, [asking.support_requested(proposal)]
    entity = follower.entity if follower.supports else anew.entity or follower.entity
    asked = follower.model_copy(update={"asked_at": now, "entity": entity})
    if follower.supports or (follower.mailed_at and now - follower.mailed_at < ASK_AGAIN_AFTER):
        return asked, []
    mailed = asked.model_copy(update={"support": SupportStep.REQUESTED, "mailed_at": now, "changed_at": now})
    return mailed, [mailed.support_requested(proposal)]


def confirm(follower: Follower, after_step: int | None, now: datetime) -> Decision:
    """Confirm the support, unless confirmed or erased."""
    if follower.supports or follower.erased_at:
        return follower, []
    confirmed, events = follow(follower, after_step, now)
    return confirmed.model_copy(update={"support": SupportStep.CONFIRMED, "unsettled": 1, "changed_at": now}), events


def follow(follower: Follower, after_step: int | None, now: datetime) -> Decision:
    """Follow the proposal from `after_step` on, unless following or erased."""
    if follower.follows or follower.erased_at:
        return follower, []
    changes = {"follows": True, "after_step": after_step, "unsettled": 1, "changed_at": now}
    following = follower.model_copy(update=changes)
    return following, [following.followed()]


def settle(follower: Follower, moved_to: str = "") -> Decision:
    """Mark the support as counted, here or for the follower `moved_to`."""
    support = SupportStep.COUNTED if follower.supports else follower.support
    entity = "" if follower.supports else follower.entity
    changes = {"support": support, "unsettled": 0, "moved_to": moved_to or follower.moved_to, "entity": entity}
    return follower.model_copy(update=changes), []


def newcomer(follower: Follower, follower_id: str, proposal: Proposal, after_step: int, now: datetime) -> Follower:
    """The same person as a follower of the proposal that this one's was merged into.

    The role is never author: «received» is mailed only once.
    """
    return Follower(
        id=follower_id,
        proposal_id=proposal.id,
        email=follower.email,
        language=follower.language,
        role=FollowerRole.SUPPORTER,
        follows=True,
        entity=follower.entity,
        after_step=after_step,
        support=SupportStep.CONFIRMED if follower.supports else SupportStep.NONE,
        asked_at=follower.asked_at,
        unsettled=1 if follower.supports else 0,
        changed_at=now,
    )


def take_over(follower: Follower, other: Follower) -> Decision:
    """Add what the same person was to a proposal that was merged into this one."""
    if follower.erased_at:
        coming = next_round(follower, other)
        return coming, [coming.followed()]
    if other.supports:
        entity = follower.entity if follower.supports else other.entity or follower.entity
        return confirm(follower.model_copy(update={"entity": entity}), other.after_step, other.changed_at)
    if follower.follows:
        return follower, []
    changes = {"follows": True, "after_step": other.after_step, "changed_at": other.changed_at}
    joined = follower.model_copy(update=changes)
    return joined, [joined.followed()]


def erase(follower: Follower, generation: int, now: datetime) -> Decision:
    """Erase the address, in the outbox too, unless the person came back. A confirmed support still counts."""
    if follower.erased_at or follower.generation != generation:
        return follower, []
    changes: dict[str, Any] = {"email": "", "follows": False, "erased_at": now, "changed_at": now, "outbox": ()}
    if not follower.supports:
        changes |= {"support": SupportStep.NONE, "entity": ""}
    erased = follower.model_copy(update=changes)
    return erased, [erased.erased()]
