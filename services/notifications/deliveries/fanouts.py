"""A fan-out: one event about many people, to become a delivery for each of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.notifications.deliveries.domain import CONTACT_KINDS, SESSION_KINDS, DeliveryKind
from shared.clock import StoredInstant, to_millis
from shared.events.vocabulary import RegistrationStatus
from shared.storage.collection import Collection, Stored
from shared.storage.contract import Index, Store, Where, greater, one_of

FANOUTS = "fanouts"
FANOUT_COLLECTIONS: Mapping[str, Sequence[Index]] = {FANOUTS: [Index(("open", "created_at")), Index(("subject_id",))]}

SURVEY_KINDS = (DeliveryKind.SURVEY, DeliveryKind.SURVEY_REMINDER)
"""Kinds that are of no use after the survey has closed."""

_ALSO_WAITING = frozenset({DeliveryKind.RESCHEDULED, DeliveryKind.CHANGED, DeliveryKind.SESSION_CANCELLED})
"""News of a session that concern its waiting list too."""


class Fanout(Stored):
    """One mail to everybody concerned; expanded page by page, from the cursor on."""

    kind: DeliveryKind
    subject_id: str
    """The session, the proposal, the petition or the membership."""
    round: str = ""
    """Distinguishes intended repetitions, as in the deliveries' ids."""
    sequence: int = 0
    """The session's SEQUENCE it is about."""
    created_at: StoredInstant
    open: int = 1
    """1 until everybody has a delivery."""
    cursor: str = ""
    """The last recipient whose delivery is stored."""
    hashes: tuple[str, ...] = ()
    """The unused links that a survey's reminder is about; emptied after the expansion."""

    @property
    def delivery_round(self) -> str:
        """The round of its deliveries. A survey may open again for late registrants and its reminder comes in parts,
        yet each person gets one link and one reminder."""
        return "" if self.kind in SURVEY_KINDS else self.round

    @property
    def step(self) -> int:
        """The step of what it is about; 0 if the step has no number or the fan-out is about a session."""
        return 0 if self.is_about_session or not self.round.isdecimal() else int(self.round)

    @property
    def is_about_session(self) -> bool:
        """Whether it goes to registrations."""
        return self.kind in SESSION_KINDS

    @property
    def goes_to_contacts(self) -> bool:
        return self.kind in CONTACT_KINDS

    @property
    def audience(self) -> Where:
        if self.goes_to_contacts:
            return {"about_id": self.subject_id, "email": greater("")}
        if not self.is_about_session:
            return {"proposal_id": self.subject_id, "following": 1}
        waiting = [RegistrationStatus.WAITING.value] if self.kind in _ALSO_WAITING else []
        return {"session_id": self.subject_id, "status": one_of([RegistrationStatus.REGISTERED.value, *waiting])}


def fanout_id(kind: DeliveryKind, subject_id: str, round_: str) -> str:
    return f"{kind}:{subject_id}:{round_}"


def make_fanout(
    kind: DeliveryKind,
    subject_id: str,
    *,
    now: datetime,
    round_: str = "",
    sequence: int = 0,
    hashes: Sequence[str] = (),
) -> Fanout:
    """A fan-out with an id that makes a second insertion a no-op."""
    return Fanout(
        id=fanout_id(kind, subject_id, round_),
        kind=kind,
        subject_id=subject_id,
        round=round_,
        sequence=sequence,
        created_at=now,
        hashes=tuple(hashes),
    )


class FanoutStore(Collection[Fanout]):
    def __init__(self, store: Store) -> None:
        super().__init__(store, FANOUTS, Fanout)

    async def claim(self, owner: str, now: datetime, until: datetime) -> Fanout | None:
        """Lease the oldest open fan-out that nobody works on."""
        claimed = await self._store.claim(
            FANOUTS,
            {"open": 1},
            owner=owner,
            now=to_millis(now),
            until=to_millis(until),
            order=[("created_at", 1)],
        )
        return Fanout.model_validate(claimed[0]) if claimed else None

    async def save_cursor(self, fanout_id: str, owner: str, cursor: str, until: datetime) -> bool:
        """Save the cursor and extend the lease; False if another replica took the fan-out over or it was closed."""
        guard: Where = {"lease_owner": owner, "open": 1}
        assign = {"cursor": cursor, "lease_until": to_millis(until)}
        return await self._store.update(FANOUTS, fanout_id, guard=guard, assign=assign)

    async def finish(self, fanout_id: str) -> None:
        """Close a fan-out whose deliveries are all stored, or that no longer applies."""
        await self._store.update(FANOUTS, fanout_id, assign={"open": 0, "hashes": []})

    async def about(self, subject_id: str) -> list[Fanout]:
        """All fan-outs about a subject, open or not."""
        return [fanout async for fanout in self.each({"subject_id": subject_id})]
