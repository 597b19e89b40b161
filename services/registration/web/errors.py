"""Errors of a body's fields that only the service itself can tell."""

from collections.abc import Iterable

from fastapi.exceptions import RequestValidationError

from services.registration.domain.entity_files import EntityFileError


def field_error(field: str, message: str) -> RequestValidationError:
    """A field that is well formed and still wrong; `message` is an English message id."""
    return RequestValidationError([_error(("body", field), message)])


def row_errors(error: EntityFileError, *, limit: int = 100) -> RequestValidationError:
    """The wrong lines of a file, as pointers `/<line>/<column>`."""
    listed: Iterable[dict[str, object]] = (
        {**_error(("body", item.line, item.field), item.message), "type": item.kind} for item in error.errors[:limit]
    )
    return RequestValidationError(list(listed))


def _error(location: tuple[str | int, ...], message: str) -> dict[str, object]:
    return {"loc": location, "type": "value_error", "msg": message, "ctx": {"error": message}}
