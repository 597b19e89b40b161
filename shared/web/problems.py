"""Errors as RFC 9457 problem details, in the caller's language."""

import http
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from shared.events.vocabulary import Language
from shared.problems import FieldProblem, Problem, is_marked, mark
from shared.staff import StaffMember
from shared.storage.contract import StoreError
from shared.text.catalogues import Translations, preferred_language

PROBLEM_TYPE = "application/problem+json"
log = structlog.get_logger()

_MOST_ERRORS = 100
"""The most wrong fields listed: a body of a megabyte may hold a hundred thousand."""

WRONG_FORM = mark("This does not have the right form.")
TOO_SHORT = mark("This is too short.")
TOO_LONG = mark("This is too long: at most {max_length} characters.")
TOO_MANY = mark("These are too many: at most {max_length}.")
VALIDATION_MESSAGES = {
    "missing": mark("This field is required."),
    "extra_forbidden": mark("There is no such field."),
    "json_invalid": mark("This is not valid JSON."),
    "string_type": mark("This must be text."),
    "string_too_short": TOO_SHORT,
    "string_too_long": TOO_LONG,
    "too_short": TOO_SHORT,
    "too_long": TOO_LONG,
    "string_pattern_mismatch": WRONG_FORM,
    "int_type": mark("This must be a whole number."),
    "int_parsing": mark("This must be a whole number."),
    "greater_than_equal": mark("This number is too low."),
    "greater_than": mark("This number is too low."),
    "less_than_equal": mark("This number is too high."),
    "less_than": mark("This number is too high."),
    "datetime_from_date_parsing": mark("This is not a date and time."),
    "datetime_type": mark("This is not a date and time."),
    "datetime_parsing": mark("This is not a date and time."),
    "timezone_aware": mark("The time needs its offset, such as +01:00."),
    "enum": mark("This is not one of the accepted values."),
    "literal_error": mark("This is not one of the accepted values."),
    "bool_type": mark("This must be true or false."),
}
"""Words for pydantic's error types; our own validators bring their message."""


class FieldError(BaseModel):
    """One wrong field of a request."""

    pointer: str
    """JSON Pointer (RFC 6901) into the body, or the parameter's name."""
    detail: str


class ProblemDetails(BaseModel):
    """The body of an error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[FieldError] | None = None


def problem_response(
    status: int, code: str, title: str, *, headers: Mapping[str, str] | None = None, **members: Any
) -> JSONResponse:
    """A problem details answer. `type` is a URN: it names the problem and is no address."""
    body = {"type": f"urn:dijous:problem:{code}", "title": title, "status": status, **members}
    return JSONResponse(body, status_code=status, media_type=PROBLEM_TYPE, headers=dict(headers or {}))


def request_language(request: Request) -> Language:
    return preferred_language(request.headers.get("accept-language", ""))


@dataclass(frozen=True, slots=True)
class Answer:
    """What an expected error says; `title` is an English message id, whose placeholders `values` fill."""

    status: int
    code: str
    title: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


_REFUSALS = (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN)
EXPECTED = (Problem, RequestValidationError, HTTPException, StoreError)


def answer_to(request: Request, error: Exception) -> Answer:
    """The answer to one of the `EXPECTED` errors."""
    if isinstance(error, Problem):
        if error.status in _REFUSALS:
            _log_refusal(request, error)
        return Answer(error.status, error.code, error.title, error.values, problem_headers(error))
    if isinstance(error, RequestValidationError):
        return Answer(FieldProblem.status, FieldProblem.code, FieldProblem.title)
    if isinstance(error, HTTPException):
        code, title = HTTP_PROBLEMS.get(error.status_code, HTTP_PROBLEMS[400])
        return Answer(error.status_code, code, title, headers=_http_headers(request, error))
    log.error(
        "store failed", action="store_failed", error=type(error).__name__, cause=str(error), route=route_path(request)
    )
    return Answer(503, "store-unavailable", NOT_STORED, headers={"Retry-After": "5"})


def _log_refusal(request: Request, problem: Problem) -> None:
    member: StaffMember | None = getattr(request.state, "member", None)
    log.warning(
        "access refused",
        action="access_refused",
        reason=problem.code,
        route=route_path(request),
        method=request.method,
        person=member.id if member else "",
    )


def install_problem_handlers(app: FastAPI, words: Translations) -> None:
    """Answer the application's expected errors as problem details."""

    async def respond(request: Request, error: Exception) -> JSONResponse:
        language = request_language(request)
        if isinstance(error, RequestValidationError) and isinstance(error.body, bytes):
            # Not read: its media type is another one, such as that of `curl -d`.
            return problem_response(415, "not-json", words.text(language, NOT_JSON))
        answer = answer_to(request, error)
        title = words.text(language, answer.title, **answer.values)
        members: dict[str, Any] = dict(answer.values)
        if isinstance(error, FieldProblem):
            members["errors"] = [{"pointer": error.pointer, "detail": title}]
        elif isinstance(error, RequestValidationError):
            found = field_errors(error.errors()[:_MOST_ERRORS], words, language)
            members["errors"] = [item.model_dump() for item in found]
        return problem_response(answer.status, answer.code, title, headers=answer.headers, **members)

    for kind in EXPECTED:
        app.add_exception_handler(kind, respond)


def problem_headers(problem: Problem) -> dict[str, str]:
    asks_token = {"WWW-Authenticate": "Bearer"} if problem.status == http.HTTPStatus.UNAUTHORIZED else {}
    return asks_token | ({"Retry-After": str(problem.retry_after)} if problem.retry_after else {})


def _http_headers(request: Request, error: HTTPException) -> Mapping[str, str]:
    if error.status_code != http.HTTPStatus.METHOD_NOT_ALLOWED:
        return error.headers or {}
    # The methods of every route on this path; Starlette reports only the first route's.
    routes = [route for route in request.app.routes if route.path_regex.match(request.url.path)]
    allowed = {method for route in routes for method in route.methods or ()}
    return {"Allow": ", ".join(sorted(allowed | ({"HEAD"} if "GET" in allowed else set())))}


NOT_JSON = mark("The body is to be JSON, with the header “Content-Type: application/json”.")
NOT_STORED = mark("Nothing was stored. Try again in a moment.")

COMPRESSED = ("compressed", mark("This is compressed: send it as it is."))
FAILED = mark("Something went wrong here. It was noted; try again later.")

HTTP_PROBLEMS = {
    400: (Problem.code, Problem.title),
    404: ("not-found", mark("There is nothing here.")),
    405: ("method-not-allowed", mark("This address does not take that method.")),
    408: ("too-slow", mark("The request took too long to arrive. Try again.")),
    413: ("too-large", mark("This is too large: at most one megabyte is taken, of JSON 200 kilobytes.")),
    414: ("address-too-long", mark("This address is too long.")),
    415: ("charset", mark("This is in a charset that is not taken: send it as UTF-8.")),
    421: ("wrong-host", mark("This site does not answer under that name.")),
    431: ("headers-too-large", mark("The headers are too large. In a browser, delete the cookies of this site.")),
}
"""Code and words by status for errors that the framework raises."""


def field_errors(errors: Iterable[Mapping[str, Any]], words: Translations, language: Language) -> list[FieldError]:
    """Pydantic's errors as pointers and words, without the values, which may be personal."""
    return [
        FieldError(
            pointer=_pointer(error),
            detail=words.text(language, message_of(error), **{"max_length": None, **error.get("ctx", {})}),
        )
        for error in errors
    ]


def route_path(request: Request) -> str:
    """The route's template (`/registrations/{token}`), for logs: an address may hold a personal token."""
    return getattr(request.scope.get("route"), "path", "unknown")


def _pointer(error: Mapping[str, Any]) -> str:
    """The place of an error; empty for the whole body."""
    source, *path = error["loc"]
    if source != "body":
        return str(path[-1] if path else source)
    if error["type"] == "json_invalid":
        return ""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path if part != "[key]")
    return "".join(f"/{part}" for part in parts)


def message_of(error: Mapping[str, Any]) -> str:
    """The English message id of one of pydantic's errors; its `ctx` fills the placeholders."""
    if error["type"] == "too_long" and error["ctx"]["field_type"] != "Value":
        return TOO_MANY
    if error["type"] in ("too_short", "string_too_short") and error["ctx"]["min_length"] == 1:
        return VALIDATION_MESSAGES["missing"]
    if error["type"] in VALIDATION_MESSAGES:
        return VALIDATION_MESSAGES[error["type"]]
    own = str(error.get("ctx", {}).get("error", ""))
    return own if is_marked(own) else WRONG_FORM  # other libraries' words may repeat the value


def field_error(field: str, message: str) -> RequestValidationError:
    """A field that is well formed and still wrong; `message` is an English message id."""
    return RequestValidationError([located_error(("body", field), message)])


def located_error(location: tuple[str | int, ...], message: str, **values: object) -> dict[str, object]:
    return {"loc": location, "type": "value_error", "msg": message, "ctx": {"error": message, **values}}
