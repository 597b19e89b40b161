"""Who of the programme office did what, and when: a chain of entries in which no line can be altered unnoticed.

Each entry holds the SHA-256 of the one before. Its id is its place in the chain, so of two replicas that add at the
same time one finds the place taken and goes behind: the chain cannot fork. The digest of each entry is logged too,
which shows whether the end of the chain was cut off or the whole of it written anew.

The record of an act is made from the decision and stored by the same write (`shared.storage.records`); from there it is
moved here, once. An entry's time is that of the decision, its place in the chain that of the move.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson
import structlog
from pydantic import BaseModel, ConfigDict, Field

from shared.clock import Clock, StoredInstant, to_millis
from shared.staff import StaffMember
from shared.storage.aggregates import ConflictError
from shared.storage.contention import TRIES, pause_before
from shared.storage.contract import Index, Scalar, Store, Where, greater, less
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
"""What a service that audits adds to its collections."""

BEGINNING = "0" * 64
"""Stands for the digest before the first entry."""

_PAGE = 500
_NOT_DIGESTED = {"digest", "record"}
log = structlog.get_logger()


class AuditEntry(BaseModel):
    """One act of the office. Entries are written once and never changed."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    id: str = Field(alias="_id")
    sequence: int
    """Place in the chain, from 1."""
    at: StoredInstant
    member_id: str
    member_name: str
    """As it was shown at the time."""
    action: str
    """What was done, such as `session.rescheduled`."""
    subject: str
    """The id of what it was done to."""
    details: dict[str, Scalar]
    """What belongs to understanding it; nothing about the people registered."""
    previous: str
    """The digest of the entry before."""
    digest: str = ""
    record: str = ""
    """The id of the record that became this entry, by which none becomes two; empty in entries of before. It says
    nothing of the act and is not digested, so that a replica of before finds the entry whole."""

    def computed_digest(self) -> str:
        """SHA-256, in hexadecimal, of what the entry says."""
        content = self.model_dump(mode="json", exclude=_NOT_DIGESTED)
        return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class AuditFault:
    """Where the chain is broken first."""

    sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class Chain:
    """What reading every entry shows."""

    length: int
    digest: str
    """Of the last entry: whoever keeps it elsewhere can tell later whether the end was cut off."""
    fault: AuditFault | None
    """None while the chain is whole."""
    members: Mapping[str, str]
    """Who acted: the name shown last, by id."""


class Audit:
    """The acts of the office in one service."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._turn = asyncio.Lock()

    async def record(
        self, member: StaffMember, action: str, subject: str, details: Details | None = None
    ) -> AuditEntry:
        """Add an act that no document can carry. Call it once the act is decided and before it takes effect: an entry
        too many harms less than one missing.

        Raises:
            StoreError: nothing was recorded, so nothing may be done.
        """
        return await self.chain(Author(member, action).record_at(self._clock(), subject, details or NO_DETAILS))

    async def chain(self, record: ActRecord) -> AuditEntry:
        """Add the record of an act to the chain, unless it stands there already; its entry.

        Raises:
            StoreError: it was not added, or that is not known; trying again adds it once.
        """
        async with self._turn:  # callers of this process queue up instead of taking each other's place
            for attempt in range(TRIES):
                await pause_before(attempt)
                last = await self._last()  # first: whoever adds the record after the next look takes the place
                if standing := await self._entry_of(record):
                    return standing
                entry = _entry(record, last)
                if await self._store.insert(AUDIT, entry.model_dump(mode="json", by_alias=True)):
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
        documents = await self._store.find(AUDIT, where, order=(("sequence", -1),), limit=limit)
        return [AuditEntry.model_validate(document) for document in documents]

    async def verify(self) -> AuditFault | None:
        """The first entry that was altered, taken out or put in; None while the chain is whole."""
        return (await self.read_chain()).fault

    async def read_chain(self) -> Chain:
        """Read every entry and try each link of the chain."""
        members: dict[str, str] = {}
        digest, length, fault = BEGINNING, 0, None
        async for entry in self._chain():
            length += 1
            fault = fault or _fault(entry, length, digest)
            digest = entry.digest
            members[entry.member_id] = entry.member_name
        return Chain(length, digest, fault, members)

    async def _last(self) -> AuditEntry | None:
        latest = await self.entries(limit=1)
        return latest[0] if latest else None

    async def _entry_of(self, record: ActRecord) -> AuditEntry | None:
        found = await self._store.find(AUDIT, {"record": record.id}, limit=1)
        return AuditEntry.model_validate(found[0]) if found else None

    async def _chain(self) -> AsyncIterator[AuditEntry]:
        """Every entry from the first on."""
        seen = 0
        while documents := await self._store.find(
            AUDIT, {"sequence": greater(seen)}, order=(("sequence", 1),), limit=_PAGE
        ):
            for document in documents:
                entry = AuditEntry.model_validate(document)
                seen = entry.sequence
                yield entry


def _entry(record: ActRecord, last: AuditEntry | None) -> AuditEntry:
    """The entry of a record behind the last one."""
    sequence = last.sequence + 1 if last else 1
    entry = AuditEntry(
        id=_place(sequence),
        sequence=sequence,
        at=record.at,
        member_id=record.member_id,
        member_name=record.member_name,
        action=record.action,
        subject=record.subject,
        details=record.details,
        previous=last.digest if last else BEGINNING,
        record=record.id,
    )
    return entry.model_copy(update={"digest": entry.computed_digest()})


def _fault(entry: AuditEntry, sequence: int, previous: str) -> AuditFault | None:
    """What is wrong with the entry at a place of the chain, after the one with the digest `previous`."""
    if entry.sequence != sequence:
        return AuditFault(sequence, "missing")
    if entry.previous != previous:
        return AuditFault(sequence, "does not continue the chain")
    if entry.digest != entry.computed_digest() or entry.id != _place(sequence):
        return AuditFault(sequence, "altered")
    return None


def _place(sequence: int) -> str:
    """The id of a place in the chain; ids sort as places do."""
    return f"{sequence:012}"
