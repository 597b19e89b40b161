"""The second step of signing in: a passkey."""

from pathlib import Path
from typing import Annotated

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from services.registration.accounts.domain import Account, How
from services.registration.accounts.pending import drop_pending, pending
from services.registration.accounts.second_factor import Step
from services.registration.accounts.sign_in_pages import AccountDesk, signed_in
from shared.text.fields import OneLine
from shared.web.page_routes import PageRouter, page_router

_SCRIPT = (Path(__file__).parent / "passkey.js").read_text(encoding="utf-8")


class PasskeyName(BaseModel):
    name: Annotated[OneLine, Field(min_length=1, max_length=60)]


def routes(desk: AccountDesk) -> PageRouter:
    """`/office/passkey`."""
    router = page_router(desk.pages)
    secure = desk.pages.secure

    @router.get("/office/passkey")
    async def passkey_page(request: Request) -> HTMLResponse:
        challenge, _ = pending(request, secure=secure)
        return _page(desk, request, challenge, *await desk.second_factor.asked(challenge))

    @router.post("/office/passkey")
    async def passkey(request: Request) -> Response:
        form = await desk.pages.form(request)
        challenge, following = pending(request, secure=secure)
        person, step = await desk.second_factor.asked(challenge)
        name, errors = desk.checked(request, PasskeyName, {"name": form.get("name")})
        if step is Step.ADD and errors:
            return _page(desk, request, challenge, person, step, status=422, errors=errors)
        person = await desk.second_factor.answer(challenge, form.get("answer"), name.name if name else "")
        member = await desk.pages.office.present(request)
        answer = await signed_in(desk, person, How.PASSKEY, following, instead_of=member.session if member else "")
        drop_pending(answer, secure=secure)
        return answer

    return router


def _page(
    desk: AccountDesk, request: Request, challenge: str, person: Account, step: Step, **values: object
) -> HTMLResponse:
    return desk.pages.render(
        request,
        "office/passkey.html",
        scripts=[_SCRIPT],
        adds=step is Step.ADD,
        options=desk.second_factor.options(person, step, challenge),
        **values,  # type: ignore[arg-type]  # status and errors
    )
