"""What may be wrong with an act on a session."""

from datetime import timedelta

from shared.problems import FieldProblem, Problem, mark


class SessionUnknownProblem(Problem):
    status = 404
    code = "session-unknown"
    title = mark("There is no such session.")


class SessionNotScheduledProblem(Problem):
    status = 409
    code = "session-not-scheduled"
    title = mark("This session was cancelled or has ended: that can no longer be done.")


class SameTimeProblem(Problem):
    status = 409
    code = "same-time"
    title = mark("The session is at this time already.")


class AttendanceTooEarlyProblem(Problem):
    status = 409
    code = "attendance-too-early"
    title = mark("Attendance can be marked from {minutes} minutes before the session begins.")

    def __init__(self, opens_before: timedelta) -> None:
        super().__init__(minutes=opens_before // timedelta(minutes=1))


class TentativeProblem(Problem):
    status = 409
    code = "session-tentative"
    title = mark("The date of this session is provisional: that can be done once it is confirmed.")


class AlreadyRegisteredProblem(Problem):
    """What is confirmed to people cannot become provisional."""

    status = 409
    code = "date-confirmed"
    title = mark("Somebody is registered, so the date cannot become provisional: move the session, or cancel it.")


class OutsidersProblem(FieldProblem):
    code = "outsiders-registered"
    title = mark("People of other entities who are registered or wait: {people}. Cancel their registrations first.")


class NobodyNamedProblem(FieldProblem):
    code = "nobody-named"
    title = mark("Name the local entities that it is for.")


class NotForEntityProblem(FieldProblem):
    code = "not-for-entity"
    title = mark("This session is for other local entities.")
