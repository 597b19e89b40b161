"""Routes of pages: whatever goes wrong in one is answered as a page of the frame, never as problem details.

So is what goes wrong where no route is, for whoever asks for a page there.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from shared.problems import FieldProblem, Problem, mark
from shared.storage.contract import StoreError
from shared.web.back_links import way_back
from shared.web.csrf import SEND_AGAIN, ForeignFormProblem
from shared.web.pages import CONFIRMED, Pages, see_other
from shared.web.problems import HTTP_PROBLEMS, NOT_STORED, http_headers, problem_headers, route_path
from shared.web.staff_cookie import SignInProblem

SIGN_IN = "/office/sign-in"
SIGNED_OUT = mark("You are signed out of the programme office, so nothing was saved.")
API = "/api/"
TICKED = "1"
_OUR_ID = re.compile(r"q_[a-z2-7]{12}|(?=[a-z]*[2-7])(?:[a-z2-7]{16}|[a-z2-7]{26})")
"""The key of a question, or the id of a thing: a person's word of as many letters has no digit."""
_EXPECTED = (Problem, HTTPException, RequestValidationError, StoreError)
log = structlog.get_logger()


class PageRouter(APIRouter):
    """A router whose routes answer every expected error as a page; make it with `page_router`."""

    def __init__(self, pages: Pages) -> None:
        super().__init__(route_class=_page_route(pages), include_in_schema=False)
        self.pages = pages


def page_router(pages: Pages) -> PageRouter:
    """A router for a service's pages.

    Problems, wrong paths and methods, wrong parameters and a store that does not answer become pages; who is not
    signed in is led to the sign-in and back.
    """
    return PageRouter(pages)


def install_pages(app: FastAPI, pages: Pages) -> None:
    """Answer expected errors outside the routes of pages with a page too, where one is asked for."""
    for kind in _EXPECTED:
        app.add_exception_handler(kind, _page_or(app.exception_handlers[kind], pages))


def wants_page(request: Request) -> bool:
    """Whether a page is the answer to an error: HTML is accepted, JSON is not asked for, and it is no call of the API.

    Who says nothing of what it accepts, or takes anything, takes a page (RFC 9110 section 12.5.1).
    """
    accepted = request.headers.get("accept", "*/*").lower()
    takes_html = "text/html" in accepted or ("*/*" in accepted and "json" not in accepted)
    return takes_html and not request.url.path.startswith(API)


def error_page(
    pages: Pages, request: Request, status: int, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A page that says what went wrong; `message` is an English message id."""
    return _page(pages, request, status, pages.text(request, message), headers)


def own_path(address: str, *, otherwise: str = "/office") -> str:
    """The address if it is a path of ours, such as the `next` of a sign-in; anything that leads elsewhere is not."""
    is_ours = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if is_ours and address.isprintable() else otherwise


def _page_route(pages: Pages) -> type[APIRoute]:
    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                try:
                    return await handle(request)
                except _EXPECTED as error:
                    return await _answer(pages, request, error)

            return guarded

        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await super().handle(scope, receive, send)
            except HTTPException as error:  # the method is not one of the route's
                answer = await _answer(pages, Request(scope, receive), error)
                await answer(scope, receive, send)

    return PageRoute


def _page_or(otherwise: Callable[..., Any], pages: Pages) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        if wants_page(request):
            return await _answer(pages, request, error)
        response: Response = await otherwise(request, error)
        return response

    return answer


async def _answer(pages: Pages, request: Request, error: Exception) -> Response:
    if isinstance(error, SignInProblem):
        return await _sign_in(pages, request)
    if isinstance(error, ForeignFormProblem) and _may_be_given_back(request, error.sent):
        return _form_again(pages, request, error.sent, SEND_AGAIN)
    if isinstance(error, Problem):
        return _page(pages, request, error.status, pages.say(request, error), problem_headers(error))
    if isinstance(error, HTTPException):
        _, message = HTTP_PROBLEMS.get(error.status_code, (Problem.code, Problem.title))
        return error_page(pages, request, error.status_code, message, http_headers(request, error))
    if isinstance(error, RequestValidationError):
        return error_page(pages, request, 422, FieldProblem.title)
    log.error("store failed", action="store_failed", error=type(error).__name__, route=route_path(request))
    return error_page(pages, request, 503, NOT_STORED, {"Retry-After": "5"})


def _page(pages: Pages, request: Request, status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    answer = pages.render(request, "problem.html", status=status, text=text, back=way_back(request, status))
    answer.headers.update(headers or {})
    return answer


async def _sign_in(pages: Pages, request: Request) -> Response:
    """Lead to the sign-in and back, unless something was sent that would be lost on that way."""
    is_form = request.method not in ("GET", "HEAD")
    address = f"{SIGN_IN}?next={quote(_asked_for(request), safe='/')}"
    sent = await pages.refused_fields(request) if is_form and _is_from_our_page(request) else {}
    if not _may_be_given_back(request, sent):
        return see_other(address)
    return _form_again(pages, request, sent, SIGNED_OUT, sign_in=address)


def _may_be_given_back(request: Request, sent: Mapping[str, str]) -> bool:
    """Whether a refused form can be sent again as it is: what another site sent would become ours by that."""
    return _is_from_our_page(request) and _is_repeatable(request, sent)


def _is_from_our_page(request: Request) -> bool:
    """Whether a page of ours sent the form, as only the browser can tell."""
    return request.headers.get("sec-fetch-site") == "same-origin"


def _is_repeatable(request: Request, sent: Mapping[str, str]) -> bool:
    """Whether a page can hold what was sent: files it cannot, passwords it must not."""
    had_files = request.headers.get("content-type", "").startswith("multipart/")
    return bool(sent) and not had_files and not any("password" in name for name in sent)


def _form_again(
    pages: Pages,
    request: Request,
    sent: Mapping[str, str],
    message: str,
    *,
    status: int = ForeignFormProblem.status,
    sign_in: str = "",
) -> Response:
    """What was sent, to be looked through and sent once more: what was confirmed is to be confirmed anew."""
    sent = {name: value for name, value in sent.items() if name != CONFIRMED}
    return pages.render(
        request,
        "send_again.html",
        status=status,
        text=pages.text(request, message),
        sign_in=sign_in,
        sent=sent,
        written=_written(sent),
        back=way_back(request, status),
    )


def _written(sent: Mapping[str, str]) -> list[str]:
    """What a person typed or chose, to be looked through.

    Fields have no names for people on this page: a mere tick, or ids that a page of ours put there, would be a riddle.
    """
    texts = [value.strip() for value in sent.values()]
    return [text for text in texts if text != TICKED and not all(_OUR_ID.fullmatch(word) for word in text.split())]


def _asked_for(request: Request) -> str:
    """The page to come back to; that of a form which was sent."""
    if request.method not in ("GET", "HEAD"):
        back = way_back(request, ForeignFormProblem.status)
        return back.path if back else "/office"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
