"""Errors as RFC 9457 problem details, in the caller's language."""

import http
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from shared.events.vocabulary import Language
from shared.problems import FieldProblem, Problem, is_marked, mark
from shared.storage.contract import StoreError
from shared.text.catalogues import Words, preferred_language

PROBLEM_TYPE = "application/problem+json"
log = structlog.get_logger()

_MOST_ERRORS = 100
"""So many wrong fields are told of: a body of a megabyte may hold a hundred thousand."""

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
"""Words for pydantic's error types; the rest, and errors of our own validators, go by their own message."""


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
    """A problem details answer; `type` is a URN since it names the problem, it is not an address."""
    body = {"type": f"urn:dijous:problem:{code}", "title": title, "status": status, **members}
    return JSONResponse(body, status_code=status, media_type=PROBLEM_TYPE, headers=dict(headers or {}))


def request_language(request: Request) -> Language:
    """The caller's language: the Accept-Language header's, else Catalan."""
    return preferred_language(request.headers.get("accept-language", ""))


def install_problem_handlers(app: FastAPI, words: Words) -> None:
    """Answer every error of the application as problem details."""

    async def on_problem(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        title = words.text(request_language(request), error.title, **error.values)
        headers = problem_headers(error)
        errors = {"errors": [{"pointer": error.pointer, "detail": title}]} if isinstance(error, FieldProblem) else {}
        return problem_response(error.status, error.code, title, headers=headers, **error.values, **errors)

    async def on_validation(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        language = request_language(request)
        if isinstance(error.body, bytes):  # not read: its media type is another, such as the one that `curl -d` says
            return problem_response(415, "not-json", words.text(language, NOT_JSON))
        title = words.text(language, FieldProblem.title)
        errors = field_errors(error.errors()[:_MOST_ERRORS], words, language)
        return problem_response(422, "validation", title, errors=[item.model_dump() for item in errors])

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        code, message = HTTP_PROBLEMS.get(error.status_code, (Problem.code, Problem.title))
        title = words.text(request_language(request), message)
        return problem_response(error.status_code, code, title, headers=http_headers(request, error))

    async def on_store(request: Request, error: Exception) -> JSONResponse:
        log.error("store failed", action="store_failed", error=type(error).__name__, route=route_path(request))
        title = words.text(request_language(request), NOT_STORED)
        return problem_response(503, "store-unavailable", title, headers={"Retry-After": "5"})

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(StoreError, on_store)


def problem_headers(problem: Problem) -> dict[str, str]:
    """The headers that belong to an expected error."""
    asks_token = {"WWW-Authenticate": "Bearer"} if problem.status == http.HTTPStatus.UNAUTHORIZED else {}
    return asks_token | ({"Retry-After": str(problem.retry_after)} if problem.retry_after else {})


def http_headers(request: Request, error: HTTPException) -> Mapping[str, str]:
    """The headers of an error that the framework raised. What an address takes is told of all its routes: of a path
    with several, one for each method, the framework names the first one's alone."""
    if error.status_code != http.HTTPStatus.METHOD_NOT_ALLOWED:
        return error.headers or {}
    there = [route for route in request.app.routes if route.path_regex.match(request.url.path)]
    taken = {method for route in there for method in route.methods or ()}
    return {"Allow": ", ".join(sorted(taken | ({"HEAD"} if "GET" in taken else set())))}


NOT_JSON = mark("The body is to be JSON, with the header “Content-Type: application/json”.")
NOT_STORED = mark("Nothing was stored. Try again in a moment.")

FAILED = mark("Something went wrong here. It was noted; try again later.")

HTTP_PROBLEMS = {
    404: ("not-found", mark("There is nothing here.")),
    405: ("method-not-allowed", mark("This address does not take that method.")),
    413: ("too-large", mark("This is too large: at most one megabyte is taken, of JSON 200 kilobytes.")),
    415: ("charset", mark("This is in a charset that is not taken: send it as UTF-8.")),
    431: ("headers-too-large", mark("The headers are too large. In a browser, delete the cookies of this site.")),
}
"""Code and words for errors that the framework raises by their status; any other is a request like no other."""


def field_errors(errors: Iterable[Mapping[str, Any]], words: Words, language: Language) -> list[FieldError]:
    """Pydantic's errors as pointers and words; values are never repeated, since they may be personal."""
    return [
        FieldError(pointer=_pointer(error), detail=words.text(language, _message(error), **_limit(error)))
        for error in errors
    ]


def route_path(request: Request) -> str:
    """The route's template (`/registrations/{token}`): a log never names the personal part of an address."""
    return getattr(request.scope.get("route"), "path", "unknown")


def _pointer(error: Mapping[str, Any]) -> str:
    """The place of an error; empty for the whole body, as where it is not JSON."""
    source, *path = error["loc"]
    if source != "body":
        return str(path[-1] if path else source)
    if error["type"] == "json_invalid":
        return ""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path if part != "[key]")
    return "".join(f"/{part}" for part in parts)


def _message(error: Mapping[str, Any]) -> str:
    if error["type"] == "too_long" and error["ctx"]["field_type"] != "Value":
        return TOO_MANY
    if error["type"] in ("too_short", "string_too_short") and error["ctx"]["min_length"] == 1:
        return VALIDATION_MESSAGES["missing"]
    return VALIDATION_MESSAGES.get(error["type"]) or _own_message(error)


def _limit(error: Mapping[str, Any]) -> dict[str, int]:
    """How long it may be, which the words name."""
    return {name: value for name, value in error.get("ctx", {}).items() if name == "max_length"}


def _own_message(error: Mapping[str, Any]) -> str:
    """The words of a validator of ours, which are marked; others may repeat the value and become one sentence."""
    message = str(error.get("ctx", {}).get("error", ""))
    return message if is_marked(message) else WRONG_FORM


def field_error(field: str, message: str) -> RequestValidationError:
    """A field that is well formed and still wrong; `message` is an English message id."""
    return RequestValidationError([located_error(("body", field), message)])


def located_error(location: tuple[str | int, ...], message: str) -> dict[str, object]:
    """An error as pydantic lists it; `message` is an English message id."""
    return {"loc": location, "type": "value_error", "msg": message, "ctx": {"error": message}}
