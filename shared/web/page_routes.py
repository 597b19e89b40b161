"""Routes of pages: every expected error is answered as a page, never as problem details.

So is an error outside any route, if a page was asked for.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from shared.problems import mark
from shared.web.back_links import back_link
from shared.web.csrf import SEND_AGAIN, ForeignFormProblem
from shared.web.link_exchange import LinkNotOpenProblem
from shared.web.pages import CONFIRMED, Pages, see_other
from shared.web.problems import EXPECTED, answer_to
from shared.web.staff_cookie import SignInProblem

SIGN_IN = "/office/sign-in"
SIGNED_OUT = mark("You are signed out of the programme office, so nothing was saved.")
API = "/api/"
TICKED = "1"
_OUR_ID = re.compile(r"q_[a-z2-7]{12}|(?=[a-z]*[2-7])(?:[a-z2-7]{16}|[a-z2-7]{26})")
"""The key of a question or an id of ours: a person's word of that length has no digit."""


class PageRouter(APIRouter):
    def __init__(self, pages: Pages) -> None:
        super().__init__(route_class=_page_route(pages), include_in_schema=False)
        self.pages = pages


def page_router(pages: Pages) -> PageRouter:
    return PageRouter(pages)


def install_pages(app: FastAPI, pages: Pages) -> None:
    """Answer expected errors outside the page routes with a page too, if one is asked for."""
    for kind in EXPECTED:
        app.add_exception_handler(kind, _page_or(app.exception_handlers[kind], pages))


def sign_in_address(following: str) -> str:
    """Where one signs in to be led on to `following`, a path of ours."""
    return f"{SIGN_IN}?next={quote(following, safe='/')}"


def wants_page(request: Request) -> bool:
    """Whether an error is answered with a page: HTML is accepted, JSON is not asked for, and it is no API call.

    A client that accepts anything, or does not say, takes a page (RFC 9110 section 12.5.1).
    """
    accepted = request.headers.get("accept", "*/*").lower()
    takes_html = "text/html" in accepted or ("*/*" in accepted and "json" not in accepted)
    return takes_html and not request.url.path.startswith(API)


def error_page(pages: Pages, request: Request, status: int, message: str) -> Response:
    """A page that says what went wrong; `message` is an English message id."""
    return _page(pages, request, status, pages.text(request, message), {})


def own_path(address: str, *, otherwise: str = "/office") -> str:
    """The address, such as the `next` of a sign-in, if it is a path of ours."""
    is_ours = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if is_ours and address.isprintable() else otherwise


def _page_route(pages: Pages) -> type[APIRoute]:
    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                try:
                    return pages.links.open(request) or await handle(request)
                except EXPECTED as error:
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
    if isinstance(error, LinkNotOpenProblem):
        sent = await _sent_by_our_page(pages, request)
        if _may_be_given_back(request, sent):
            return _form_again(pages, request, sent, error.title)
    answer = answer_to(request, error)
    text = pages.text(request, answer.title, **answer.values)
    return _page(pages, request, answer.status, text, answer.headers)


def _page(pages: Pages, request: Request, status: int, text: str, headers: Mapping[str, str]) -> Response:
    page = pages.render(request, "problem.html", status=status, text=text, back=back_link(request, status))
    page.headers.update(headers)
    return page


async def _sign_in(pages: Pages, request: Request) -> Response:
    """Redirect to the sign-in and back; give a form back first, which would be lost that way."""
    address = sign_in_address(_asked_for(request))
    sent = await _sent_by_our_page(pages, request)
    if not _may_be_given_back(request, sent):
        return see_other(address)
    return _form_again(pages, request, sent, SIGNED_OUT, sign_in=address)


async def _sent_by_our_page(pages: Pages, request: Request) -> Mapping[str, str]:
    is_form = request.method not in ("GET", "HEAD")
    return await pages.refused_fields(request) if is_form and _is_from_our_page(request) else {}


def _may_be_given_back(request: Request, sent: Mapping[str, str]) -> bool:
    """Whether a page may give a refused form back: not what another site sent, no files, no passwords."""
    had_files = request.headers.get("content-type", "").startswith("multipart/")
    is_repeatable = bool(sent) and not had_files and not any("password" in name for name in sent)
    return _is_from_our_page(request) and is_repeatable


def _is_from_our_page(request: Request) -> bool:
    """Whether a page of ours sent the form, as only the browser can tell."""
    return request.headers.get("sec-fetch-site") == "same-origin"


def _form_again(
    pages: Pages,
    request: Request,
    sent: Mapping[str, str],
    message: str,
    *,
    status: int = ForeignFormProblem.status,
    sign_in: str = "",
) -> Response:
    """The form to look through and send again; a confirmation has to be given again."""
    sent = {name: value for name, value in sent.items() if name != CONFIRMED}
    return pages.render(
        request,
        "send_again.html",
        status=status,
        text=pages.text(request, message),
        sign_in=sign_in,
        sent=sent,
        written=_written(sent),
        back=back_link(request, status),
    )


def _written(sent: Mapping[str, str]) -> list[str]:
    """What a person typed or chose. The page has no field names: ticks and our ids would mean nothing there."""
    texts = [value.strip() for value in sent.values()]
    return [text for text in texts if text != TICKED and not all(_OUR_ID.fullmatch(word) for word in text.split())]


def _asked_for(request: Request) -> str:
    if request.method not in ("GET", "HEAD"):
        back = back_link(request, ForeignFormProblem.status)
        return back.path if back else "/office"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
