"""What holds the sender back: the relay's limits, the limit on answers to one address, and pauses after trouble."""

import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.notifications.deliveries.domain import DIRECT_ANSWERS, Delivery
from services.notifications.projections.domain import Recipient
from shared.security.rate_limits import RateLimiter, TooOftenProblem
from shared.text.addresses import mailbox_of

TOO_MANY = "too many mails to this address in an hour"

_MINUTE = 60.0
_DAY = 86_400.0
_SLICE = 2.0
"""Seconds for which the mails that are no answers go at once."""
_KEPT_OF_A_DAY = 20
"""One in so many mails of a day is kept for answers."""
_HOUR = timedelta(hours=1)


class RateLimit:
    def __init__(self, *limits: tuple[int, float]) -> None:
        """Pairs of a number of mails and the seconds within which they may be; 0 mails mean no limit."""
        self._limits = [(limit, span) for limit, span in limits if limit]
        self._used: deque[tuple[float, int]] = deque()

    def left(self) -> int | None:
        """How many are left now; None for no limit."""
        now = time.monotonic()
        while self._used and self._used[0][0] <= now - _DAY:
            self._used.popleft()
        left = [limit - sum(count for at, count in self._used if at > now - span) for limit, span in self._limits]
        return max(0, min(left)) if left else None

    def use(self, count: int) -> None:
        if self._limits and count:
            self._used.append((time.monotonic(), count))

    def give_back(self, count: int) -> None:
        """So many were not handed over after all."""
        while count and self._used:
            at, used = self._used.pop()
            if used > count:
                self._used.append((at, used - count))
            count = max(0, count - used)


def relay_limit(per_minute: int, per_day: int) -> RateLimit:
    """What the relay takes."""
    return RateLimit((per_minute, _MINUTE), (per_day, _DAY))


def pace(per_minute: int, per_day: int) -> RateLimit:
    """How fast all but answers go: evenly over the minute, and not all of a day, so that an answer finds room."""
    at_once = math.ceil(per_minute * _SLICE / _MINUTE)
    seconds = at_once * _MINUTE / max(1, per_minute)
    return RateLimit((at_once, seconds), (per_day - per_day // _KEPT_OF_A_DAY, _DAY))


@dataclass(frozen=True, slots=True)
class ReplyRateLimit:
    """A limit on direct answers to one mailbox: typing somebody else's address again and again does not fill it. What
    the office resends does not count."""

    _limits: RateLimiter
    per_hour: int
    """Direct answers to one mailbox in an hour; 0 for no limit."""

    async def exceeding(self, deliveries: Sequence[Delivery], recipients: Mapping[str, Recipient]) -> set[str]:
        """The ids of those before which, within an hour, the mailbox was sent as many as it may be."""
        asked = [each for each in deliveries if each.kind in DIRECT_ANSWERS and each.resent_at is None]
        known = [each for each in asked if each.recipient_id in recipients]
        exceeding: set[str] = set()
        for delivery in sorted(known, key=lambda each: (each.created_at, each.id)):
            mailbox = mailbox_of(recipients[delivery.recipient_id].email)
            try:
                await self._limits.hit("answers to", mailbox, delivery.id, most=self.per_hour, within=_HOUR)
            except TooOftenProblem:
                exceeding.add(delivery.id)
        return exceeding


class Backoff:
    """Pauses that grow while the trouble lasts; the first accepted mail ends it."""

    def __init__(self) -> None:
        self._reason = ""
        self._until = 0.0
        self._length = 0.0

    @property
    def is_active(self) -> bool:
        return self.left > 0

    @property
    def left(self) -> float:
        """Seconds until the pause ends."""
        return max(0.0, self._until - time.monotonic())

    @property
    def reason(self) -> str:
        """The trouble; empty if there is none."""
        return self._reason

    def start(self, reason: str, *, shortest: float, longest: float) -> float:
        """Pause, twice as long each time; how many seconds. During a pause it changes nothing."""
        if self.is_active:
            return 0
        self._length = min(max(2 * self._length, shortest), longest)
        self._until = time.monotonic() + self._length
        self._reason = reason
        return self._length

    def warn(self, reason: str) -> None:
        """There may be trouble, but not enough to pause for."""
        self._reason = self._reason or reason

    def reset(self) -> None:
        """End the trouble. During a pause it changes nothing: the mails were accepted just before."""
        if not self.is_active:
            self._reason, self._length = "", 0.0
