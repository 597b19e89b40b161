"""The links of a session's survey, made from a random key, without which no link can be traced to its owner.

Only this service has the key, and only until the survey closes. Feedback gets the SHA-256 of the links' tokens in
parts, each an anonymity set of its own.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from shared import ids
from shared.clock import StoredInstant
from shared.events.notifications import SurveyLinksPrepared
from shared.security import tokens
from shared.storage.aggregates import Aggregate
from shared.storage.projections import Known

PATIENCE = timedelta(minutes=10)
"""How long after a session's end to wait for missing registrations."""

FIRST_RESTATEMENT = timedelta(seconds=30)
LAST_RESTATEMENT = timedelta(minutes=15)
"""Links that feedback has not taken over are republished after a pause as long as their age, within these bounds."""

_KEY_BYTES = 32


class Survey(Known):
    """`id` is the session's, `seen` the version of feedback's survey."""

    seen: int = 0
    open: int = 1
    """1 until it closes."""
    expected: int = 0
    """The number of seats held when the session ended."""
    ended_at: StoredInstant | None = None
    key: str = ""
    """The random key in base32; empty before it is made and after it is destroyed."""
    base_parts: int = 0
    """The number of parts of the links; fixed with the key."""
    opened_links: tuple[int, ...] = ()
    """How many links of each part feedback has taken over."""
    closes_at: StoredInstant | None = None
    """Its last moment; None before it opens."""
    prepared_at: StoredInstant | None = None
    tend_at: StoredInstant | None = None
    """When its next step is due; None if there is none."""
    erased: int = 0
    """1 after key and hashes were overwritten in the store."""
    calls: int = 0
    """Raised to ask for a step; a step under way sees so that another one is wanted."""

    @property
    def link_maker(self) -> "LinkMaker | None":
        """None before the key is made and after it is destroyed."""
        return LinkMaker(ids.decode(self.key), self.id) if self.key else None

    def is_to_wait(self, known: int, now: datetime) -> bool:
        """Whether to make no links yet; `known` is the number of seats known."""
        return known == 0 or (known < self.expected and self.end_of_patience(now) is not None)

    def end_of_patience(self, now: datetime) -> datetime | None:
        """When to stop waiting for missing registrations; None if that is past or the session has not ended."""
        end = self.ended_at + PATIENCE if self.ended_at else None
        return end if end and end > now else None

    def opened_of(self, part: "SurveyPart") -> tuple[str, ...]:
        """The hashes of a part that feedback has taken over: a part grows at its end."""
        return part.hashes[: self.opened_links[part.part]] if part.part < len(self.opened_links) else ()

    def awaits(self, part: "SurveyPart") -> bool:
        """Whether feedback has not taken over all links of a part yet."""
        return part.part >= len(self.opened_links) or len(part.hashes) > self.opened_links[part.part]

    def next_republication(self, now: datetime) -> datetime:
        """When to publish links again that feedback has not taken over."""
        age = now - (self.prepared_at or now)
        return now + min(max(age, FIRST_RESTATEMENT), LAST_RESTATEMENT)


class SurveyPart(Aggregate):
    """One part of a session's links as hashes, with the event that hands them to feedback."""

    session_id: str
    part: int
    parts: int
    hashes: tuple[str, ...]
    """Late registrants' are at the end."""


def new_key() -> bytes:
    return secrets.token_bytes(_KEY_BYTES)


class LinkMaker:
    def __init__(self, key: bytes, session_id: str) -> None:
        self._signed = tokens.keyed(key)
        self._session = ids.decode(session_id)

    def token(self, registration_id: str) -> str:
        """The token of a registration's link: 56 characters, the same at every call."""
        return tokens.encode(self._bytes(registration_id))

    def hash(self, registration_id: str) -> str:
        """Lower-case hex SHA-256 of the token's bytes."""
        return hashlib.sha256(self._bytes(registration_id)).hexdigest()

    def part(self, registration_id: str, parts: int) -> int:
        """The token's part; feedback finds it by the token alone."""
        return int.from_bytes(self._mac(registration_id)[:4], "big") % parts

    def _bytes(self, registration_id: str) -> bytes:
        return self._session + self._mac(registration_id)

    def _mac(self, registration_id: str) -> bytes:
        return self._signed(registration_id.encode())


def part_count(registrations: int, part_size: int) -> int:
    return max(1, registrations // part_size)


def missing_links(
    maker: LinkMaker, survey: Survey, registrations: Iterable[str], prepared: Sequence[SurveyPart]
) -> dict[int, list[str]]:
    """The hashes still to be prepared, by part. Parts that do not exist yet are included, even if empty."""
    there = {part.part: set(part.hashes) for part in prepared}
    missing: dict[int, list[str]] = {part: [] for part in range(survey.base_parts) if part not in there}
    for registration_id in registrations:
        digest, part = maker.hash(registration_id), maker.part(registration_id, survey.base_parts)
        if digest not in there.get(part, ()):
            missing.setdefault(part, []).append(digest)
    return missing


def new_part(survey: Survey, part: int, hashes: Iterable[str]) -> SurveyPart:
    """Hashes are sorted: a random order of people."""
    return SurveyPart(
        id=part_id(survey.id, part),
        session_id=survey.id,
        part=part,
        parts=survey.base_parts,
        hashes=tuple(sorted(hashes)),
    )


def part_id(session_id: str, part: int) -> str:
    return f"{session_id}:{part}"


def with_late(hashes: Iterable[str]) -> Callable[[SurveyPart], tuple[SurveyPart, Sequence[SurveyLinksPrepared]]]:
    """Add the hashes that the part lacks and publish the whole part again."""

    def decide(part: SurveyPart) -> tuple[SurveyPart, Sequence[SurveyLinksPrepared]]:
        late = sorted(set(hashes) - set(part.hashes))
        if not late:
            return part, []
        grown = part.model_copy(update={"hashes": (*part.hashes, *late)})
        return grown, [links_prepared(grown)]

    return decide


def links_prepared(part: SurveyPart) -> SurveyLinksPrepared:
    """The event that hands a part to feedback. Sorted hashes do not show which links are late."""
    return SurveyLinksPrepared(
        version=part.version,
        session_id=part.session_id,
        part=part.part,
        parts=part.parts,
        hashes=sorted(part.hashes),
    )
