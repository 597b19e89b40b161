"""Expected errors: each class has its HTTP status and says in plain words what happened.

Use cases raise them; the web returns them as RFC 9457 problem details in the caller's language. Titles are the English
message ids of the gettext catalogues.
"""

from typing import ClassVar

_marked: set[str] = set()


def mark(message: str) -> str:
    """Mark a message for translation, which happens when it is shown."""
    _marked.add(message)
    return message


def is_marked(message: str) -> bool:
    """Whether the message is ours, and so holds no value from a request."""
    return message in _marked


class Problem(Exception):
    """Base of the expected errors. `values` fill the `{placeholders}` of the title and go into the answer."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad-request"
    title: str = mark("The request cannot be understood.")
    retry_after: int = 0
    """Seconds for the header of that name; 0 for none."""

    def __init__(self, **values: str | int) -> None:
        super().__init__(self.title.format_map(values))
        self.values = values


class FieldProblem(Problem):
    """A well-formed field that is wrong, such as the id of a thing that does not exist.

    `pointer` is its JSON Pointer (RFC 6901) in the body; the title is the field's detail too.
    """

    status = 422
    code = "validation"
    title = mark("Some fields are not right.")

    def __init__(self, pointer: str, **values: str | int) -> None:
        super().__init__(**values)
        self.pointer = pointer


class UnauthorizedProblem(Problem):
    status = 401
    code = "staff-only"
    title = mark("This is for the programme office: send its token as «Authorization: Bearer …».")


class ForbiddenProblem(Problem):
    status = 403
    code = "role-too-low"
    title = mark("Your role in the programme office does not allow this.")


class LinkInvalidProblem(Problem):
    status = 404
    code = "link-invalid"
    title = mark("This link is not valid. Copy it whole from the message in which you received it.")


class LinkExpiredProblem(Problem):
    status = 410
    code = "link-expired"
    title = mark("This link has expired.")


class ConflictProblem(Problem):
    """Too many changes of the same thing at once; nothing was stored."""

    status = 409
    code = "busy"
    title = mark("Somebody else is changing this right now. Try again in a moment.")
