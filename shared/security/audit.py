"""The audit of the office's acts: a chain of entries in which nothing can be altered unnoticed.

Each entry holds the SHA-256 of the one before. Its id is its place in the chain, so of two replicas that add at the
same time one finds the place taken and moves on: the chain cannot fork. Each digest is logged, and the relay announces
the last one (`ActsRecorded`): a copy outside the database shows whether the end was cut off or the chain written anew.

The record of an act is stored by the write that decides it (`shared.storage.records`) and moved here once. An entry's
time is that of the decision, its place in the chain that of the move.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import orjson
import structlog

from shared.clock import Clock, StoredInstant, to_millis
from shared.staff import StaffMember
from shared.storage.aggregates import TRIES, ConflictError, pause_before
from shared.storage.collection import Collection, Stored
from shared.storage.contract import Index, Scalar, Store, Where, less
from shared.storage.records import NO_DETAILS, ActRecord, Author, Details

AUDIT = "audit"
AUDIT_COLLECTIONS: Mapping[str, tuple[Index, ...]] = {
    AUDIT: (
        Index(("sequence",)),
        Index(("subject", "sequence")),
        Index(("member_id", "sequence")),
        Index(("record",)),
    ),
}

BEGINNING = "0" * 64
NOTHING_ANNOUNCED: Mapping[int, str] = MappingProxyType({})

_NOT_DIGESTED = {"digest", "record"}
_RECORDED = {"at", "member_id", "member_name", "action", "subject", "details"}
log = structlog.get_logger()


class AuditEntry(Stored):
    """One act of the office. Entries are written once and never changed."""

    sequence: int
    """Place in the chain, from 1."""
    at: StoredInstant
    member_id: str
    member_name: str
    action: str
    """Such as `session.rescheduled`."""
    subject: str
    details: dict[str, Scalar]
    """Nothing about the people registered."""
    previous: str
    digest: str = ""
    record: str = ""
    """The id of the record that became this entry, so that none becomes two; empty in older entries. Not digested, so
    that an older replica finds the entry whole."""

    def computed_digest(self) -> str:
        content = self.model_dump(mode="json", exclude=_NOT_DIGESTED)
        return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class AuditFault:
    sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class Chain:
    length: int
    digest: str
    """Of the last entry. A copy kept elsewhere shows later whether the end was cut off."""
    fault: AuditFault | None
    """The first entry that was altered, taken out or put in; None while the chain is whole."""
    members: Mapping[str, str]
    """The latest name by id."""


class Audit:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._entries = Collection(store, AUDIT, AuditEntry)
        self._clock = clock
        self._turn = asyncio.Lock()

    async def record(
        self, member: StaffMember, action: str, subject: str, details: Details | None = None
    ) -> AuditEntry:
        """Add an act that no document can carry, once it is decided and before it takes effect: an entry too many harms
        less than a missing one.

        Raises:
            StoreError: nothing was recorded, so nothing may be done.
        """
        return await self.chain(Author(member, action).record_at(self._clock(), subject, details or NO_DETAILS))

    async def chain(self, record: ActRecord) -> AuditEntry:
        """Add the record of an act, unless the chain holds it already; return its entry.

        Raises:
            StoreError: it may not have been added; trying again adds it once.
        """
        async with self._turn:  # callers of this process queue up instead of taking each other's place
            for attempt in range(TRIES):
                await pause_before(attempt)
                last = await self.entries(limit=1)  # first: whoever adds the record after the next look takes the place
                if standing := (await self._entries.page({"record": record.id}, limit=1)).items:
                    return standing[0]
                entry = _entry(record, last[0] if last else None)
                if await self._entries.insert(entry):
                    log.info(
                        "office acted",
                        action="office_acted",
                        act=entry.action,
                        sequence=entry.sequence,
                        digest=entry.digest,
                    )
                    return entry
        raise ConflictError(f"{AUDIT}: others took the next place {TRIES} times in a row")

    async def entries(
        self,
        *,
        subject: str = "",
        member_id: str = "",
        action: str = "",
        until: datetime | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[AuditEntry]:
        """Up to `limit` entries, latest first; `before` is the sequence of the last entry of the page before."""
        wanted: dict[str, Scalar] = {"subject": subject, "member_id": member_id, "action": action}
        where: Where = {name: value for name, value in wanted.items() if value}
        if until is not None:
            where = {**where, "at": less(to_millis(until))}
        if before is not None:
            where = {**where, "sequence": less(before)}
        return (await self._entries.page(where, order=(("sequence", -1),), limit=limit)).items

    async def read_chain(self, announced: Mapping[int, str] = NOTHING_ANNOUNCED) -> Chain:
        """Read every entry and check each link. `announced` holds digests by place, as the broker or somebody else kept
        them: they show a chain that was cut off or written anew."""
        members: dict[str, str] = {}
        digest, length, fault = BEGINNING, 0, None
        async for entry in self._entries.each(order=(("sequence", 1),)):
            length += 1
            fault = fault or _fault(entry, length, digest, announced)
            digest = entry.digest
            members[entry.member_id] = entry.member_name
        if not fault and length < max(announced, default=0):
            fault = AuditFault(length + 1, "missing, though announced")
        return Chain(length, digest, fault, members)


def _entry(record: ActRecord, last: AuditEntry | None) -> AuditEntry:
    sequence = last.sequence + 1 if last else 1
    entry = AuditEntry(
        id=f"{sequence:012}",  # ids sort as places do
        sequence=sequence,
        previous=last.digest if last else BEGINNING,
        record=record.id,
        **record.model_dump(include=_RECORDED),
    )
    return entry.model_copy(update={"digest": entry.computed_digest()})


def _fault(entry: AuditEntry, sequence: int, previous: str, announced: Mapping[int, str]) -> AuditFault | None:
    if entry.sequence != sequence:
        return AuditFault(sequence, "missing")
    if entry.previous != previous:
        return AuditFault(sequence, "does not continue the chain")
    if entry.digest != entry.computed_digest() or entry.id != f"{sequence:012}":
        return AuditFault(sequence, "altered")
    if entry.digest != announced.get(sequence, entry.digest):
        return AuditFault(sequence, "not what was announced")
    return None
