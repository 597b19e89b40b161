"""Attendance as the office marks it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from services.registration.attendance.domain import Matches, match, read_report, set_attended
from services.registration.registrations.store import RegistrationStore
from services.registration.sessions.domain import JOIN_OPENS_BEFORE_START
from services.registration.sessions.problems import AttendanceTooEarlyProblem, SessionUnknownProblem
from services.registration.sessions.store import SessionStore
from shared.clock import Clock
from shared.security.actions import Action
from shared.staff import Role
from shared.storage.records import Author, Details


@dataclass(eq=False)
class Attendance:
    _sessions: SessionStore
    _registrations: RegistrationStore
    _clock: Clock

    def __post_init__(self) -> None:
        self.mark = Action("attendance.marked", Role.EDITOR, self._mark)
        self.import_report = Action("attendance.imported", Role.EDITOR, self._import)

    async def require_open(self, session_id: str) -> None:
        """Raises:
        SessionUnknownProblem: there is none.
        AttendanceTooEarlyProblem: it cannot be joined yet, so nobody can have come.
        """
        session = await self._sessions.get(session_id)
        if session is None:
            raise SessionUnknownProblem
        if not session.takes_attendance(self._clock()):
            raise AttendanceTooEarlyProblem(JOIN_OPENS_BEFORE_START)

    async def compare(self, session_id: str, report: bytes) -> Matches:
        """Compare a report with the registrations; nothing is stored.

        Raises ReportProblem, and as `require_open`.
        """
        await self.require_open(session_id)
        registrations = await self._registrations.all_of(session_id)
        # A report of a megabyte takes half a second.
        return await asyncio.to_thread(lambda: match(read_report(report), registrations))

    async def _mark(self, by: Author, session_id: str, came: Iterable[str], did_not: Iterable[str]) -> int:
        """Mark registrations of the session with a seat. Returns how many changed. Raises as `require_open`."""
        now = self._clock()
        marks = await self._to_mark(session_id, came, now) | await self._to_mark(session_id, did_not, None)
        arrived = sum(attended_at is not None for attended_at in marks.values())
        await self._store(by, session_id, marks, {"came": arrived, "did_not": len(marks) - arrived})
        return len(marks)

    async def _import(self, by: Author, session_id: str, found: Sequence[str]) -> int:
        """Mark the people found in a report. Returns how many changed. Raises as `require_open`."""
        marks = await self._to_mark(session_id, found, self._clock())
        await self._store(by, session_id, marks, {"found": len(found)})
        return len(marks)

    async def _to_mark(
        self, session_id: str, ids: Iterable[str], attended_at: datetime | None
    ) -> dict[str, datetime | None]:
        """The registrations that the mark changes, with it."""
        await self.require_open(session_id)
        registrations = (await self._registrations.many(ids)).values()
        return {
            each.id: attended_at
            for each in registrations
            if each.session_id == session_id and set_attended(each, attended_at)[0] != each
        }

    async def _store(self, by: Author, session_id: str, marks: Mapping[str, datetime | None], details: Details) -> None:
        """The first registration that changes carries the record of all."""
        record = by.record_at(self._clock(), session_id, details)
        carried = False
        for registration_id, attended_at in marks.items():
            changed = await self._registrations.change(
                registration_id,
                partial(set_attended, now=attended_at),
                record=None if carried else lambda *_: record,
            )
            carried = carried or record in changed.records
