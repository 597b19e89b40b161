"""The personal way into a session: a button near its time, else when that will be. A GET never acts.

The button notes the attendance and leads back here, to a plain link: browsers hold a form to the policy of its page at
every redirect, and nobody knows where the meeting's address redirects to.
"""

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from services.registration.registrations.domain import JoinClosedProblem, RegistrationState
from services.registration.registrations.pages import RegistrationSite
from services.registration.registrations.usecases import RegistrationView
from shared.events.vocabulary import SessionStatus
from shared.problems import LinkExpiredProblem, mark
from shared.security.links import LinkPurpose
from shared.text.dates import instant_in_words
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import see_other

SESSION_CANCELLED = mark("The session has been cancelled.")
SESSION_OVER = mark("The session is over.")
TOO_EARLY = mark("It is too early. You will be able to join from {time} on.")
NO_SEAT = mark("You have no seat in this session.")
NO_ADDRESS = mark("The link to the session is not known yet. Come back in a few minutes.")


def routes(site: RegistrationSite) -> PageRouter:
    """`/join/{token}`."""
    router = page_router(site.pages)
    registrations = site.registrations

    @router.get("/join/{token}")
    async def join(request: Request, token: str) -> HTMLResponse:
        try:
            view = await site.personal(request, token, LinkPurpose.JOIN)
        except LinkExpiredProblem:
            return await site.expired(request, token, LinkPurpose.JOIN)
        return await _page(site, request, view)

    @router.post("/join/{token}")
    async def attend(request: Request, token: str) -> Response:
        view = await site.personal(request, token, LinkPurpose.JOIN)
        await site.pages.form(request)
        try:
            await registrations.attend(view.registration.id)
        except JoinClosedProblem as problem:
            return await _page(site, request, view, status=problem.status)
        return see_other(request.url.path)

    return router


async def _page(site: RegistrationSite, request: Request, view: RegistrationView, *, status: int = 200) -> HTMLResponse:
    shown = await site.session(view.session.id)
    return site.pages.render(
        request,
        "public/join.html",
        status=status,
        shown=shown,
        may_join=bool(view.join_url),
        meeting=view.join_url if view.registration.attended_at else "",
        message="" if view.join_url else _reason_closed(site, request, view, shown.zone),
    )


def _reason_closed(site: RegistrationSite, request: Request, view: RegistrationView, zone: str) -> str:
    """In the language of the page."""
    session, now = view.session, site.clock()
    language = site.pages.language(request)
    values = {}
    if session.status is SessionStatus.CANCELLED:
        message = SESSION_CANCELLED
    elif view.registration.state is not RegistrationState.REGISTERED:
        message = NO_SEAT
    elif not session.is_scheduled or now > session.date.join_closes_at:
        message = SESSION_OVER
    elif now < session.date.join_opens_at:
        message, values = TOO_EARLY, {"time": instant_in_words(session.date.join_opens_at, zone, language)}
    else:
        message = NO_ADDRESS
    return site.pages.words.text(language, message, **values)
