"""What the office can do in registration, as the audit calls it."""

from enum import StrEnum


class Act(StrEnum):
    """An action. Never renamed: entries that were written are never changed."""

    PROGRAMME_DEFINED = "programme.defined"
    PROGRAMME_CHANGED = "programme.changed"
    SERIES_PLANNED = "series.planned"
    SESSION_SCHEDULED = "session.scheduled"
    SESSION_CHANGED = "session.changed"
    SESSION_RESCHEDULED = "session.rescheduled"
    SESSION_CANCELLED = "session.cancelled"
    SESSION_ENDED = "session.ended"
    MATERIALS_PUBLISHED = "session.materials-published"
    REGISTRATION_ADDED = "registration.added"
    REGISTRATION_CANCELLED = "registration.cancelled"
    REGISTRATION_EXPORTED = "registration.exported"
    """For the person registered, who asked for what is kept."""
    REGISTRATION_ERASED = "registration.erased"
    """At the person's request."""
    REGISTRATIONS_EXPORTED = "registrations.exported"
    ATTENDANCE_MARKED = "attendance.marked"
    ATTENDANCE_IMPORTED = "attendance.imported"
    ENTITIES_IMPORTED = "entities.imported"
    FIRST_RUN_LINK_MADE = "office.link-made"
    OFFICE_FOUNDED = "office.founded"
    PERSON_ADDED = "person.added"
    PERSON_LINK_MADE = "person.link-made"
    PERSON_ROLE_CHANGED = "person.role-changed"
    PERSON_REMOVED = "person.removed"
    PASSWORD_SET = "person.password-set"  # noqa: S105  what was done, no password
    SIGNED_IN = "person.signed-in"
