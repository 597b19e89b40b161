"""The links of a session's survey: made from a random key, so that nobody without it can tell whose a link is.

The key lives in this service only and only until the survey closes. Feedback gets the SHA-256 of the links' tokens, in
parts, each an anonymity set of its own.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from shared import ids, tokens
from shared.clock import StoredInstant
from shared.events.notifications import SurveyLinksPrepared
from shared.storage.aggregates import Aggregate

PATIENCE = timedelta(minutes=10)
"""How long after a session's end the registrations that are still missing are waited for."""
FIRST_RESTATEMENT = timedelta(seconds=30)
LAST_RESTATEMENT = timedelta(minutes=15)
"""Between two restatements of links that were not taken over yet passes as long as since they were prepared, but no
less and no more than these."""

_KEY_BYTES = 32
_SET_BY_STORE = 0
"""An event's version is set when it is saved with its aggregate."""


class Survey(BaseModel):
    """What this service knows of a session's survey; `id` is the session's."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    id: str = Field(alias="_id")
    seen: int = 0
    """Version of the latest event of feedback's survey."""
    open: int = 1
    """1 until it closes."""
    expected: int = 0
    """How many held a seat when the session ended."""
    ended_at: StoredInstant | None = None
    key: str = ""
    """The random key in base32; empty before it is made and after it is destroyed."""
    base_parts: int = 0
    """In how many parts the links are; settled with the key."""
    opened_links: tuple[int, ...] = ()
    """How many links of each part feedback has taken over."""
    closes_at: StoredInstant | None = None
    """Until when it can be answered; None before it opens."""
    prepared_at: StoredInstant | None = None
    tend_at: StoredInstant | None = None
    """When something is to be done about it; None while there is nothing."""
    erased: int = 0
    """1 once no byte of key and hashes is left in the store."""
    calls: int = 0
    """Raised by who wants it tended: whoever tends it sees that he was called meanwhile."""

    @property
    def key_bytes(self) -> bytes:
        """The key itself; empty where there is none."""
        return ids.decode(self.key)

    def is_to_wait(self, known: int, now: datetime) -> bool:
        """Whether no links are made yet, so many registrations with a seat being known."""
        return known == 0 or (known < self.expected and self.end_of_patience(now) is not None)

    def end_of_patience(self, now: datetime) -> datetime | None:
        """Until when missing registrations are waited for; None where that is over or the session has not ended."""
        end = self.ended_at + PATIENCE if self.ended_at else None
        return end if end and end > now else None

    def opened_of(self, part: "SurveyPart") -> tuple[str, ...]:
        """The hashes of a part that feedback has taken over: a part grows at its end."""
        return part.hashes[: self.opened_links[part.part]] if part.part < len(self.opened_links) else ()

    def awaits(self, part: "SurveyPart") -> bool:
        """Whether feedback has not taken over all links of a part yet."""
        return part.part >= len(self.opened_links) or len(part.hashes) > self.opened_links[part.part]

    def next_restatement(self, now: datetime) -> datetime:
        """When links that feedback has not taken over are told again."""
        age = now - (self.prepared_at or now)
        return now + min(max(age, FIRST_RESTATEMENT), LAST_RESTATEMENT)


class SurveyPart(Aggregate):
    """The hashes of one part of a session's links, with the event that hands them to feedback."""

    session_id: str
    part: int
    parts: int
    """How many parts there are."""
    hashes: tuple[str, ...]
    """Those of late registrants at the end."""


def new_key() -> bytes:
    """A random key of 256 bits."""
    return secrets.token_bytes(_KEY_BYTES)


class LinkMaker:
    """Makes the tokens of one session."""

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
        """In which of so many parts the token is: feedback finds it by the token alone."""
        return int.from_bytes(self._mac(registration_id)[:4], "big") % parts

    def _bytes(self, registration_id: str) -> bytes:
        return self._session + self._mac(registration_id)

    def _mac(self, registration_id: str) -> bytes:
        return self._signed(registration_id.encode())


def survey_token(key: bytes, session_id: str, registration_id: str) -> str:
    """The token of a registration's survey link. For many of one session use one `LinkMaker`."""
    return LinkMaker(key, session_id).token(registration_id)


def part_count(registrations: int, part_size: int) -> int:
    """In how many parts the links of so many registrations are prepared."""
    return max(1, registrations // part_size)


def missing_links(
    maker: LinkMaker, survey: Survey, registrations: Iterable[str], prepared: Sequence[SurveyPart]
) -> dict[int, list[str]]:
    """By part, the hashes that are still to be prepared, so that every registration has its link in the part that its
    token names. A part that is not there at all is among them, even if nothing belongs in it."""
    there = {part.part: set(part.hashes) for part in prepared}
    missing: dict[int, list[str]] = {part: [] for part in range(survey.base_parts) if part not in there}
    for registration_id in registrations:
        digest, part = maker.hash(registration_id), maker.part(registration_id, survey.base_parts)
        if digest not in there.get(part, ()):
            missing.setdefault(part, []).append(digest)
    return missing


def new_part(survey: Survey, part: int, hashes: Iterable[str]) -> SurveyPart:
    """A part with its hashes in rising order, which is as good as chance with regard to people."""
    return SurveyPart(
        id=part_id(survey.id, part),
        session_id=survey.id,
        part=part,
        parts=survey.base_parts,
        hashes=tuple(sorted(hashes)),
    )


def part_id(session_id: str, part: int) -> str:
    """The id of a part's document."""
    return f"{session_id}:{part}"


def with_late(hashes: Iterable[str]) -> Callable[[SurveyPart], tuple[SurveyPart, Sequence[SurveyLinksPrepared]]]:
    """A part that lacked these hashes has them too, and is told again as a whole."""

    def decide(part: SurveyPart) -> tuple[SurveyPart, Sequence[SurveyLinksPrepared]]:
        late = sorted(set(hashes) - set(part.hashes))
        if not late:
            return part, []
        grown = part.model_copy(update={"hashes": (*part.hashes, *late)})
        return grown, [links_prepared(grown)]

    return decide


def links_prepared(part: SurveyPart) -> SurveyLinksPrepared:
    """The event that hands a part to feedback; its order tells nobody which links are late."""
    return SurveyLinksPrepared(
        version=_SET_BY_STORE,
        session_id=part.session_id,
        part=part.part,
        parts=part.parts,
        hashes=sorted(part.hashes),
    )
