"""The way back from an error, found in the routes; our pages send no Referer."""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

from fastapi import Request
from starlette.routing import Match

from shared.problems import mark
from shared.web.navigation import NAVIGATION, OFFICE_NAVIGATION

_NAMES = {path: label for path, label, *_ in (*NAVIGATION, *OFFICE_NAVIGATION)}
_BEFORE = mark("Go back to the previous page")
_NOT_THERE = (404, 410)


class BackLink(NamedTuple):
    """A page of ours; the label is an English message id."""

    path: str
    label: str


def back_link(request: Request, status: int) -> BackLink | None:
    """The page of the form that was sent, else the nearest page above; None if only the start page is left.

    A thing that does not exist has no page above it either: then the next list is meant.
    """
    for path in _candidates(request):
        parameters = _page_at(request, path)
        if parameters is not None and not (parameters and status in _NOT_THERE):
            return BackLink(quote(path), _NAMES.get(path, _BEFORE))
    return None


def _candidates(request: Request) -> Iterator[str]:
    """The request's path and those above it, none deeper than our pages."""
    deepest = max((route.path.count("/") for route in request.app.state.page_routes), default=0)
    path = "/".join(request.scope["path"].rstrip("/").split("/")[: deepest + 2])
    if request.method not in ("GET", "HEAD"):
        yield path
    while path := path.rpartition("/")[0]:
        yield path


def _page_at(request: Request, path: str) -> dict[str, str] | None:
    scope = {**request.scope, "method": "GET", "path": path, "path_params": {}}
    matches = (route.matches(scope) for route in request.app.state.page_routes)
    return next((found["path_params"] for match, found in matches if match is Match.FULL), None)
