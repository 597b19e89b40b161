"""What may be wrong with a request to the registration service, said in words for the person who made it."""

from datetime import timedelta

from shared.problems import Problem, mark


class ProgrammeUnknownProblem(Problem):
    """There is no programme with that slug."""

    status = 404
    code = "programme-unknown"
    title = mark("There is no such programme.")


class ProgrammeExistsProblem(Problem):
    """The slug of a new programme is taken."""

    status = 409
    code = "programme-exists"
    title = mark("A programme with this short name already exists. Change that one, or choose another short name.")


class SessionUnknownProblem(Problem):
    """There is no session with that id."""

    status = 404
    code = "session-unknown"
    title = mark("There is no such session.")


class SessionNotScheduledProblem(Problem):
    """A session that was cancelled or has ended cannot be changed that way."""

    status = 409
    code = "session-not-scheduled"
    title = mark("This session was cancelled or has ended: that can no longer be done.")


class SessionClosedProblem(Problem):
    """Nobody can register for that session any more."""

    status = 409
    code = "session-closed"
    title = mark("Registration for this session is closed.")


class SessionFullProblem(Problem):
    """A session has begun without a seat left: nobody can cancel any more, so whoever waited would wait in vain."""

    status = 409
    code = "session-full"
    title = mark("The session has begun and all its seats are taken.")


class SameTimeProblem(Problem):
    """A session was to be moved to the time at which it is."""

    status = 409
    code = "same-time"
    title = mark("The session is at this time already.")


class SessionStartedProblem(Problem):
    """A registration cannot be cancelled once its session has begun or is closed."""

    status = 409
    code = "session-started"
    title = mark("The session has begun or is over: the registration can no longer be cancelled.")


class AttendanceTooEarlyProblem(Problem):
    """Nobody can have come to a session that cannot be joined yet."""

    status = 409
    code = "attendance-too-early"
    title = mark("Attendance can be marked from {minutes} minutes before the session begins.")

    def __init__(self, opens_before: timedelta) -> None:
        super().__init__(minutes=opens_before // timedelta(minutes=1))


class NotCorrectableProblem(Problem):
    """A registration that was cancelled, or whose session is over, stays as it is."""

    status = 409
    code = "not-correctable"
    title = mark("This registration was cancelled, or its session is over: that can no longer be done.")


class AskedTooSoonProblem(Problem):
    """The confirmation was asked for once more a moment ago."""

    status = 429
    code = "asked-too-soon"
    title = mark("The message is on its way. If it does not arrive, ask for it again in {minutes} min.")

    def __init__(self, left: timedelta) -> None:
        self.retry_after = max(1, round(left.total_seconds()))
        super().__init__(minutes=-(-self.retry_after // 60))


class ErasedProblem(Problem):
    """The link of a registration whose person was erased."""

    status = 410
    code = "erased"
    title = mark("The data of this registration were erased. Nothing is left to be shown.")


class JoinClosedProblem(Problem):
    """The join link does not lead to the session now."""

    status = 409
    code = "join-closed"
    title = mark("The session cannot be joined now.")
