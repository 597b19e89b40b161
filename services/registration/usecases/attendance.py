"""Attendance as the office marks it."""

from collections.abc import Iterable
from datetime import datetime

from services.registration.domain.attendance import Matches, match, read_report, set_attended
from services.registration.domain.problems import AttendanceTooEarlyProblem, SessionUnknownProblem
from services.registration.domain.registrations import Registration
from services.registration.domain.sessions import JOIN_OPENS_BEFORE_START
from services.registration.office_reading import OfficeReading
from services.registration.store import RegistrationStore
from shared.clock import Clock


class Attendance:
    """Who came."""

    def __init__(self, store: RegistrationStore, reading: OfficeReading, clock: Clock) -> None:
        self._store = store
        self._reading = reading
        self._clock = clock

    async def require_open(self, session_id: str) -> None:
        """Have the session be one to which somebody can have come.

        Raises:
            SessionUnknownProblem: there is none.
            AttendanceTooEarlyProblem: it cannot be joined yet.
        """
        session = await self._store.sessions.get(session_id)
        if session is None:
            raise SessionUnknownProblem
        if not session.takes_attendance(self._clock()):
            raise AttendanceTooEarlyProblem(JOIN_OPENS_BEFORE_START)

    async def compare(self, session_id: str, report: bytes) -> Matches:
        """An attendance report held against the registrations; nothing is stored.

        Raises:
            ReportProblem: the file is no such report.
            SessionUnknownProblem, AttendanceTooEarlyProblem: as `require_open`.
        """
        await self.require_open(session_id)
        return match(read_report(report), await self._reading.registrations(session_id))

    async def mark(self, session_id: str, came: Iterable[str], did_not: Iterable[str] = ()) -> int:
        """Mark registrations of a session; how many. Ids of others, and who has no seat, are left alone.

        Raises:
            SessionUnknownProblem, AttendanceTooEarlyProblem: as `require_open`.
        """
        await self.require_open(session_id)
        marked = 0
        for attended_at, registration_ids in ((self._clock(), came), (None, did_not)):
            for registration_id in registration_ids:
                before = await self._store.registrations.get(registration_id)
                if before and before.session_id == session_id:
                    marked += await self._mark(before, attended_at)
        return marked

    async def _mark(self, before: Registration, attended_at: datetime | None) -> bool:
        after = await self._store.registrations.change(before.id, lambda current: set_attended(current, attended_at))
        return after.version != before.version
