"""Planning a series: dates suggested by a rule, and one step that schedules those kept."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.registration.planning.domain import Rule, Suggestion, days_of, suggestion
from services.registration.programmes.domain import Programme
from services.registration.sessions.domain import Session
from services.registration.sessions.store import SessionStore
from services.registration.sessions.usecases import Sessions
from shared import ids
from shared.clock import Clock
from shared.events.vocabulary import Language
from shared.security.actions import Action
from shared.staff import Role
from shared.storage.records import Author, Recording

COUNTRY, REGION = "ES", "CT"
_LANGUAGES = {Language.CA: "ca", Language.ES: "es", Language.EN: "en_US"}
_A_DAY = timedelta(days=1)


@dataclass(eq=False)
class Planning:
    _stored: SessionStore
    _sessions: Sessions
    _clock: Clock

    def __post_init__(self) -> None:
        self.schedule = Action("series.planned", Role.EDITOR, self._schedule)

    async def _schedule(self, by: Author, programme: str, planned: Sequence[Session]) -> None:
        """Schedule the sessions that do not exist yet. The first one carries the record of all."""
        record: Recording[Session] | None = by.record(programme, {"sessions": len(planned)})
        for session in planned:
            if await self._stored.get(session.id) is None:
                await self._sessions.add(session, record)
                record = None

    async def suggest(self, programme: Programme, rule: Rule, language: Language) -> list[Suggestion]:
        """The rule's days still to come."""
        now = self._clock().astimezone(ZoneInfo(programme.time_zone)).replace(tzinfo=None)
        moments = [moment for day in days_of(rule) if (moment := datetime.combine(day, rule.at)) > now]
        return await self.weigh(programme, moments, language)

    async def weigh(self, programme: Programme, moments: Sequence[datetime], language: Language) -> list[Suggestion]:
        """Flag holidays and days with a session. `moments` are on the programme's wall clock."""
        if not moments:
            return []
        years = range(min(moments).year, max(moments).year + 1)
        holidays = await asyncio.to_thread(_holidays, tuple(years), language)
        zone = ZoneInfo(programme.time_zone)
        since, until = min(moments).replace(tzinfo=zone) - _A_DAY, max(moments).replace(tzinfo=zone) + _A_DAY
        found = await self._stored.between(since, until, programme.id)
        taken = frozenset(session.starts_at.astimezone(zone).date() for session in found)
        return [suggestion(moment, holidays, taken) for moment in moments]


def planned_id(plan: str, place: int) -> str:
    """Derived, so that a plan sent twice makes no second session."""
    return ids.derived_id(b"plan", plan, str(place))[:16]


@lru_cache(maxsize=32)
def _holidays(years: tuple[int, ...], language: Language) -> Mapping[date, str]:
    """National and Catalan holidays by day, without local ones."""
    from holidays import country_holidays  # a second to load, and few ever plan

    found = country_holidays(COUNTRY, subdiv=REGION, years=years, language=_LANGUAGES[language])
    return {day: str(name) for day, name in found.items()}
