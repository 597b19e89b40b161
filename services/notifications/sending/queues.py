"""Which of the due mails are taken in hand next, and how many (docs/decisions/0022)."""

import time
from collections.abc import Callable
from datetime import datetime

from services.notifications.deliveries.domain import QUEUES, Urgency
from services.notifications.deliveries.store import DeliveryStore
from services.notifications.sending.rate_limit import pace, relay_limit
from shared.storage.collection import Place
from shared.storage.contract import Document

_SHARE = 0.1
_FIRST_PAGE = 8
_QUICK_SECONDS, _SLOW_SECONDS = 0.5, 1.5
"""A page that was handed over faster is doubled, a slower one is halved."""


class PageSize:
    """As many mails as the relay takes in about a second: what comes meanwhile need not wait behind more."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.restart()

    def restart(self) -> None:
        """Begin with a small page: the relay may be slower than it was."""
        self.mails = min(_FIRST_PAGE, self._most)
        self._full_since: float | None = None

    def taken(self, mails: int) -> None:
        self._full_since = time.monotonic() if mails >= self.mails else None

    def handed_over(self) -> None:
        """There is room for another page."""
        if self._full_since is None:
            return
        seconds, self._full_since = time.monotonic() - self._full_since, None
        if seconds < _QUICK_SECONDS:
            self.mails = min(2 * self.mails, self._most)
        elif seconds > _SLOW_SECONDS:
            self.mails = max(1, self.mails // 2)


class Shares:
    """What the lower queues are owed: a tenth of all mails that were taken before theirs."""

    def __init__(self) -> None:
        self._owed = dict.fromkeys(QUEUES[1:], 0.0)

    def owed(self) -> list[tuple[Urgency | None, int]]:
        return [(queue, int(mails)) for queue, mails in self._owed.items()]

    def took(self, queue: Urgency | None, mails: int, *, is_empty: bool) -> None:
        for lower in QUEUES[QUEUES.index(queue) + 1 :]:
            self._owed[lower] += mails * _SHARE
        if queue in self._owed:
            self._owed[queue] = 0.0 if is_empty else max(0.0, self._owed[queue] - mails)


class Queues:
    """Reads what is due, page by page, within the relay's limits. The places go on from page to page, as mails in hand
    are still due."""

    def __init__(self, deliveries: DeliveryStore, *, page: int, per_minute: int, per_day: int) -> None:
        self._deliveries = deliveries
        self.size = PageSize(page)
        self._limit = relay_limit(per_minute, per_day)
        self._pace = pace(per_minute, per_day)
        self._shares = Shares()
        self._places: dict[Urgency | None, Place] = {}

    @property
    def has_more(self) -> bool:
        """Whether something due is left that may be sent now."""
        return any(self._room(queue, 1) for queue in self._places)

    def use(self, mails: int, *, answers: int = 0) -> None:
        """So many are handed over, answers among them."""
        self._limit.use(mails)
        self._pace.use(mails - answers)

    def give_back(self, mails: int) -> None:
        """So many were not handed over after all."""
        self._limit.give_back(mails)

    async def take(self, now: datetime, is_known: Callable[[str], bool]) -> list[Document]:
        """The next page, without the mails that are known."""
        page: dict[str, Document] = {}
        size = self._room(Urgency.ANSWER, self.size.mails)
        for queue, most in [*self._shares.owed(), *((queue, self._room(queue, size)) for queue in QUEUES)]:
            room = min(most, size - len(page))
            if room <= 0:
                continue
            found = await self._next(now, queue, room)
            fresh = {each["_id"]: each for each in found if not is_known(each["_id"]) and each["_id"] not in page}
            self._shares.took(queue, len(fresh), is_empty=len(found) < room)
            page |= fresh
        self.size.taken(len(page))
        return list(page.values())

    def _room(self, queue: Urgency | None, mails: int) -> int:
        """How many of so many mails the limits allow now."""
        limits = [self._limit] if queue is Urgency.ANSWER else [self._limit, self._pace]
        return min([mails, *(left for limit in limits if (left := limit.left()) is not None)])

    async def _next(self, now: datetime, queue: Urgency | None, room: int) -> list[Document]:
        found = await self._deliveries.due(now, queue, limit=room, after=self._places.pop(queue, None))
        if found.next is not None:
            self._places[queue] = found.next
        return found.items
