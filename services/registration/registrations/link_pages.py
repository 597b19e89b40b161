"""Who has lost the personal link, or finds it expired, gets a new one by mail; the page says the same to everybody."""

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from starlette.background import BackgroundTask

from services.registration.registrations.pages import RegistrationSite
from shared.security.rate_limits import TooOftenProblem
from shared.text.addresses import normalised_address
from shared.web.client_address import client_key
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, see_other


def routes(site: RegistrationSite) -> PageRouter:
    """`/sessions/{id}/link`."""
    router = page_router(site.pages)

    @router.get("/sessions/{session_id}/link")
    async def ask(request: Request, session_id: str, done: str = "") -> HTMLResponse:
        return await _page(site, request, session_id, is_done=bool(done))

    @router.post("/sessions/{session_id}/link")
    async def send(request: Request, session_id: str) -> Response:
        form = await site.pages.form(request)
        session = (await site.public_session(session_id)).session
        try:
            email = normalised_address(form.get("email"))
            await site.rate_limit.hit(session.id, email, client_key(request))
        except ValueError as wrong:
            error = site.pages.text(request, str(wrong))
            return await _page(site, request, session_id, form=form, error=error, status=422)
        except TooOftenProblem as problem:
            error = site.pages.say(request, problem)
            return await _page(site, request, session_id, form=form, error=error, status=problem.status)
        answer = see_other(f"/sessions/{session.id}/link?done=1")
        # After the answer, so that the time it takes is the same whether somebody is registered or not.
        answer.background = BackgroundTask(site.registrations.send_link, session.id, email)
        return answer

    return router


async def _page(
    site: RegistrationSite,
    request: Request,
    session_id: str,
    *,
    is_done: bool = False,
    form: Form | None = None,
    error: str = "",
    status: int = 200,
) -> HTMLResponse:
    return site.pages.render(
        request,
        "public/link.html",
        status=status,
        shown=await site.public_session(session_id),
        is_done=is_done,
        values=form.values if form else {},
        errors={"email": error} if error else {},
    )
