"""A session and its life: scheduled, moved, cancelled or ended; then its materials.

A decision that touches more than the session's own document marks it `unsettled` in the same write. The rest (closing
the roster, giving seats, counting) follows at once, or by the sweep after a crash.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.registration.sessions.problems import (
    NobodyNamedProblem,
    SameTimeProblem,
    SessionNotScheduledProblem,
    TentativeProblem,
)
from shared.clock import StoredInstant
from shared.events.base import Event
from shared.events.registration import (
    Material,
    MaterialsPublished,
    SessionCancelled,
    SessionChanged,
    SessionEnded,
    SessionRecorded,
    SessionRescheduled,
    SessionScheduled,
)
from shared.events.vocabulary import Audience, Language, SessionStatus
from shared.problems import mark
from shared.security.links import SESSION_LINKS_LIFE
from shared.storage.aggregates import Aggregate

LONGEST_MINUTES = 1440

JOIN_OPENS_BEFORE_START = timedelta(minutes=15)
JOIN_CLOSES_AFTER_END = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class SessionDate:
    """A session on the date that it has now.

    The status says what the office did, and may be an hour behind: whether something still begins for the session, who
    has come to it, and how long its links are good, is asked of its date.
    """

    starts_at: datetime
    ends_at: datetime
    over_at: datetime
    attendance_kept_until: datetime | None

    @property
    def join_opens_at(self) -> datetime:
        return self.starts_at - JOIN_OPENS_BEFORE_START

    @property
    def join_closes_at(self) -> datetime:
        return self.ends_at + JOIN_CLOSES_AFTER_END

    @property
    def links_expire_at(self) -> datetime:
        return self.ends_at + SESSION_LINKS_LIFE

    def is_over(self, now: datetime) -> bool:
        return now >= self.over_at

    def holds(self, attended_at: datetime) -> bool:
        """Whether who came then has come to the session on this date."""
        is_kept = self.attendance_kept_until is not None and attended_at < self.attendance_kept_until
        return is_kept or attended_at >= self.join_opens_at


class Session(Aggregate):
    programme: str
    title: dict[Language, str]
    description: dict[Language, str] | None = None
    starts_at: StoredInstant
    duration_minutes: int
    over_at: StoredInstant
    """The planned end, or an earlier one: separates upcoming from past sessions."""
    capacity: int | None = None
    join_url: str = ""
    """Secret: shown to the office and, near the time, to those registered."""
    status: SessionStatus = SessionStatus.SCHEDULED
    sequence: int = 0
    attendance_kept_until: StoredInstant | None = None
    """When it was moved once it had been held, or by so little that it could be joined on: who came before has come."""
    previous_starts_at: StoredInstant | None = None
    previous_title: dict[Language, str] | None = None
    previous_duration_minutes: int | None = None
    """What the last change of title or duration replaced; None after a later move."""
    reason: dict[Language, str] | None = None
    ended_at: StoredInstant | None = None
    changed_at: StoredInstant | None = None
    """None in documents from before this was kept."""
    registrations: int = 0
    """How many held a seat when the session ended."""
    recording_url: str = ""
    materials: tuple[Material, ...] = ()
    audience: Audience = Audience.EVERYBODY
    entities: tuple[str, ...] = ()
    """Codes of those it is for, where `audience` says so."""
    survey: int = 1
    """1 if a survey follows it."""
    tentative: int = 0
    """1 while its date is provisional: nobody is registered, and nobody is told that it moves."""
    recorded: int = 0
    """1 if it took place before its programme ran here: it was brought in by a file, ended from the beginning."""
    external_id: str = ""
    """What that file calls it."""
    unsettled: int = 0
    """1 while a decision of this document is not yet carried out elsewhere."""
    decided: int = 0
    """Counts those decisions: the same limit decided again has to be carried out again."""

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.duration_minutes)

    @property
    def last_changed_at(self) -> datetime:
        return self.changed_at or self.starts_at

    @property
    def is_scheduled(self) -> bool:
        return self.status is SessionStatus.SCHEDULED

    @property
    def is_public(self) -> bool:
        """Whether anybody may know of it."""
        return self.audience is Audience.EVERYBODY

    def is_for(self, entity: str, members: Collection[str]) -> bool:
        """Whether people of that entity may register. `members` are those of its programme."""
        named = members if self.audience is Audience.MEMBERS else self.entities
        return self.is_public or entity in named

    @property
    def date(self) -> SessionDate:
        return SessionDate(self.starts_at, self.ends_at, self.over_at, self.attendance_kept_until)

    def takes_registrations(self, now: datetime) -> bool:
        """Whether something may still begin for it: a registration, or a seat for somebody who waits."""
        return self.is_scheduled and not self.tentative and not self.date.is_over(now)

    def lets_cancel(self, now: datetime) -> bool:
        return self.is_scheduled and now < self.starts_at

    def takes_attendance(self, now: datetime) -> bool:
        """From when it can be joined, or once it was ended, however early."""
        return self.status is SessionStatus.ENDED or (not self.tentative and now >= self.date.join_opens_at)

    def can_be_joined(self, now: datetime) -> bool:
        return self.is_scheduled and self.date.join_opens_at <= now <= self.date.join_closes_at


Decision = tuple[Session, Sequence[Event]]


def _require_scheduled(session: Session) -> None:
    if not session.is_scheduled:
        raise SessionNotScheduledProblem


def require_somebody(session: Session) -> None:
    """Raises NobodyNamedProblem."""
    if session.audience is Audience.ENTITIES and not session.entities:
        raise NobodyNamedProblem("/entities")


def scheduled(session: Session) -> SessionScheduled:
    return SessionScheduled(**_snapshot(session))


def recorded(session: Session) -> SessionRecorded:
    return SessionRecorded(**_snapshot(session), external_id=session.external_id)


def change(session: Session, changes: dict[str, Any]) -> Decision:
    """Change what is said of it, for whom it is, its duration, capacity or join link. No event carries the join link.

    Raises:
        SessionNotScheduledProblem: what only a session to come can change, of one that was cancelled or has ended.
        NobodyNamedProblem: it would be for some entities, and names none.
    """
    changed = session.model_copy(update=changes)
    require_somebody(changed)
    if (changed.survey, changed.tentative) != (session.survey, session.tentative):
        _require_scheduled(session)
    if changed.tentative != session.tentative:
        changed = changed.model_copy(update={"sequence": session.sequence + 1})
    if changed.capacity != session.capacity:
        _require_scheduled(session)
        changed = changed.model_copy(update=_to_carry_out(session))
    if changed.duration_minutes != session.duration_minutes:
        _require_scheduled(session)
        changed = changed.model_copy(update={"over_at": changed.ends_at, **_to_carry_out(session)})
    if (shown := _shown_before(session, changed)) and session.is_scheduled:
        changed = changed.model_copy(update={**_NOTHING_SHOWN, **shown, "sequence": session.sequence + 1})
        return changed, [_changed(changed)]
    is_told = any(getattr(changed, field) != getattr(session, field) for field in _TOLD)
    return changed, [_told_to_nobody(changed) or SessionChanged(**_snapshot(changed))] if is_told else []


def _told_to_nobody(session: Session) -> Event | None:
    """The event of whatever changes of a session that was brought in: no other may lead to mails about it."""
    return recorded(session) if session.recorded else None


_TOLD = ("title", "description", "capacity", "audience", "entities", "survey", "tentative")
_NOTHING_SHOWN = {"previous_title": None, "previous_duration_minutes": None}


def _shown_before(session: Session, changed: Session) -> dict[str, Any]:
    return {
        f"previous_{field}": getattr(session, field)
        for field in ("title", "duration_minutes")
        if getattr(changed, field) != getattr(session, field)
    }


def reschedule(session: Session, starts_at: datetime, duration_minutes: int | None, now: datetime) -> Decision:
    """Move the session, or change its duration if the start is the same. What its former date has left is settled.

    Raises:
        SessionNotScheduledProblem: it was cancelled or has ended.
        SameTimeProblem: it is at that time already.
    """
    _require_scheduled(session)
    duration = duration_minutes or session.duration_minutes
    if (starts_at, duration) == (session.starts_at, session.duration_minutes):
        raise SameTimeProblem
    if starts_at == session.starts_at:
        return change(session, {"duration_minutes": duration})
    moved = session.model_copy(
        update={
            "starts_at": starts_at,
            "duration_minutes": duration,
            "over_at": starts_at + timedelta(minutes=duration),
            "previous_starts_at": None if session.tentative else session.starts_at,
            "sequence": session.sequence + 1,
            **_NOTHING_SHOWN,
            **_to_carry_out(session),
        }
    )
    if session.date.is_over(now) or now >= moved.date.join_opens_at:
        moved = moved.model_copy(update={"attendance_kept_until": now})
    return moved, [_rescheduled(moved, session.starts_at)]


def cancel(session: Session, reason: dict[Language, str] | None) -> Decision:
    """Cancel the session; `settle` emits the event once the roster is closed. Cancelling again changes nothing.

    Raises:
        SessionNotScheduledProblem: it has ended.
    """
    if session.status is SessionStatus.CANCELLED:
        return session, []
    _require_scheduled(session)
    update = {
        "status": SessionStatus.CANCELLED,
        "reason": reason,
        "sequence": session.sequence + 1,
        **_to_carry_out(session),
    }
    return session.model_copy(update=update), []


def end(session: Session, now: datetime) -> Decision:
    """End the session; `settle` emits the event once the roster is closed and counted. Ending again changes nothing.

    Raises:
        SessionNotScheduledProblem: it was cancelled.
        TentativeProblem: it was never confirmed.
    """
    if session.status is SessionStatus.ENDED:
        return session, []
    _require_scheduled(session)
    if session.tentative:
        raise TentativeProblem
    update = {
        "status": SessionStatus.ENDED,
        "ended_at": now,
        "over_at": min(now, session.over_at),
        **_to_carry_out(session),
    }
    return session.model_copy(update=update), []


def run_out(session: Session, now: datetime) -> Decision:
    """What its date does that nobody ended: what was never confirmed did not take place."""
    is_dropped = session.tentative and session.is_scheduled
    return cancel(session, None) if is_dropped else end(session, now)


def with_roster_from_before(session: Session) -> Session:
    """The roster is left from a failed attempt to schedule the session, maybe with other seats: settle it."""
    return session.model_copy(update=_to_carry_out(session))


def _to_carry_out(session: Session) -> dict[str, int]:
    return {"unsettled": 1, "decided": session.decided + 1}


def settle(session: Session, carried_out: Session, registrations: int) -> Decision:
    """Mark the decision of `carried_out` as done everywhere; emit the end or the cancellation, once.

    Changes nothing if there is a later decision: that one is settled on its own.
    """
    if not session.unsettled or session.decided != carried_out.decided:
        return session, []
    settled = session.model_copy(update={"unsettled": 0, "registrations": registrations})
    return settled, _closing_events(settled)


def publish_materials(session: Session, recording_url: str, materials: tuple[Material, ...]) -> Decision:
    """Replace the recording and the materials. The same ones again emit no event.

    Raises:
        SessionNotScheduledProblem: it was cancelled.
    """
    if session.status is SessionStatus.CANCELLED:
        raise SessionNotScheduledProblem
    published = session.model_copy(update={"recording_url": recording_url, "materials": materials})
    event = _told_to_nobody(published) or MaterialsPublished(**_snapshot(published))
    return published, [] if published == session else [event]


def republish(session: Session) -> list[Event]:
    """The events from which a consumer that knows nothing of the session learns its state."""
    if session.unsettled and not session.is_scheduled:
        return []  # `settle` is about to emit them
    if session.recorded:
        return [recorded(session)]
    published = bool(session.recording_url or session.materials)
    materials = [MaterialsPublished(**_snapshot(session))] if published else []
    return [*(_closing_events(session) or [_last_told(session)]), *materials]


def _last_told(session: Session) -> Event:
    if session.previous_title or session.previous_duration_minutes:
        return _changed(session)
    return scheduled(session) if session.previous_starts_at is None else _rescheduled(session, session.starts_at)


def _closing_events(session: Session) -> list[Event]:
    if session.status is SessionStatus.CANCELLED:
        return [SessionCancelled(**_snapshot(session), reason=session.reason)]
    if session.status is SessionStatus.ENDED:
        ended_at = session.ended_at or session.over_at
        return [SessionEnded(**_snapshot(session), ended_at=ended_at, registrations=session.registrations)]
    return []


def _changed(session: Session) -> SessionChanged:
    return SessionChanged(
        **_snapshot(session),
        previous_title=session.previous_title,
        previous_duration_minutes=session.previous_duration_minutes,
    )


def _rescheduled(session: Session, before: datetime) -> SessionRescheduled:
    previous = session.previous_starts_at or before
    return SessionRescheduled(**_snapshot(session), previous_starts_at=previous)


def _snapshot(session: Session) -> dict[str, Any]:
    """The fields that all events of a session have: never the join link, which is a secret."""
    return {
        "version": session.version,
        "session_id": session.id,
        "programme": session.programme,
        "title": session.title,
        "description": session.description,
        "starts_at": session.starts_at,
        "duration_minutes": session.duration_minutes,
        "capacity": session.capacity,
        "status": session.status,
        "sequence": session.sequence,
        "recording_url": session.recording_url,
        "materials": list(session.materials),
        "audience": session.audience,
        "entities": list(session.entities),
        "tentative": bool(session.tentative),
        "survey": bool(session.survey),
    }


IN_THE_PAST = mark("A session cannot begin in the past.")
