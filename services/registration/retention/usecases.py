"""People are erased some time after what they took part in is over; each programme may say how long."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from services.registration.programmes.usecases import Programmes
from shared.clock import Clock
from shared.security.erasing import Erasing


class Person(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def generation(self) -> int: ...


PeopleOver = Callable[[str, datetime], AsyncIterator[Person]]
"""Of a programme: who is still kept of what was over before an instant."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The people that one noun keeps."""

    over: PeopleOver
    erasing: Erasing


class Retention:
    def __init__(self, programmes: Programmes, kept: Sequence[Kept], usual: timedelta, clock: Clock) -> None:
        """`usual`: the time of the programmes that say none."""
        self._programmes = programmes
        self._kept = kept
        self._usual = usual
        self._clock = clock

    @property
    def usual_days(self) -> int:
        return self._usual.days

    async def erase_past(self) -> bool:
        """Erase everybody whose time is over; as a loop's step, never more at once."""
        for programme in (await self._programmes.by_slug()).values():
            before = self._before(programme.keep_people_days or self.usual_days)
            for noun in self._kept:
                async for person in noun.over(programme.id, before):
                    await noun.erasing.begin(person.id, person.generation)
        return False

    async def count_over(self, programme: str, days: int) -> int:
        """How many would go at once if the programme kept people so long."""
        return sum([1 for noun in self._kept async for _ in noun.over(programme, self._before(days))])

    def _before(self, days: int) -> datetime:
        return self._clock() - timedelta(days=days)
