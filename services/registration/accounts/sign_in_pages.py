"""Signing in and out, the first run, one-time links to set a password."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from services.registration.accounts.domain import (
    MAX_PASSWORD,
    MIN_PASSWORD,
    Account,
    How,
    TooManyAttemptsProblem,
    WrongCredentialsProblem,
)
from services.registration.accounts.office_sessions import OfficeSessions
from services.registration.accounts.pending import keep_pending
from services.registration.accounts.second_factor import SecondFactor, Step
from services.registration.accounts.sign_in import SigningIn
from services.registration.accounts.throttle import Caller
from services.registration.accounts.usecases import Accounts
from shared.problems import mark
from shared.text.addresses import EmailAddress
from shared.text.fields import OneLine
from shared.web.client_address import client_key
from shared.web.cookies import cookie_name, set_cookie
from shared.web.desk import Desk
from shared.web.page_routes import PageRouter, own_path, page_router
from shared.web.pages import Form, see_other
from shared.web.problems import problem_headers

TOO_SHORT = mark("The password needs at least {length} characters.")
TOO_WEAK = mark("This password is easy to guess. Choose several words that do not go together.")
KNOWN_BROWSER = "known-browser"
KNOWN_FOR = timedelta(days=365)
NOT_REPEATED = mark("The two passwords are not the same.")


class Newcomer(BaseModel):
    """The first administrator, or a person who is added."""

    name: Annotated[OneLine, Field(min_length=1, max_length=200)]
    user_name: EmailAddress


@dataclass(frozen=True)
class AccountDesk(Desk):
    accounts: Accounts
    sign_in: SigningIn
    sessions: OfficeSessions
    second_factor: SecondFactor
    bodies: Callable[[], Awaitable[Mapping[str, str]]]
    """Names of the bodies that accompany entities, by key."""

    def caller(self, request: Request) -> Caller:
        known = request.cookies.get(cookie_name(KNOWN_BROWSER, secure=self.pages.secure), "")
        return Caller(client_key(request), known)


def routes(desk: AccountDesk, *, has_oidc: bool) -> PageRouter:
    """`/office/sign-in`, `/office/sign-out`, `/office/first-run/{token}`, `/office/password/{token}`."""
    router = page_router(desk.pages)
    _add_sign_in(router, desk, has_oidc=has_oidc)
    _add_first_run(router, desk)
    _add_password(router, desk)
    return router


def _add_sign_in(router: PageRouter, desk: AccountDesk, *, has_oidc: bool) -> None:
    template = "office/sign_in.html"

    @router.get("/office/sign-in")
    async def sign_in_page(request: Request) -> Response:
        following = own_path(request.query_params.get("next", ""))
        if await desk.pages.office.present(request) is not None:
            return see_other(following)
        return desk.pages.render(request, template, following=following, has_oidc=has_oidc)

    @router.post("/office/sign-in")
    async def sign_in(request: Request) -> Response:
        form = await desk.pages.form(request)
        following = own_path(form.get("next"))
        password, caller = form.values.get("password", ""), desk.caller(request)
        try:
            person = await desk.sign_in.by_password(form.get("user_name"), password, caller)
        except (WrongCredentialsProblem, TooManyAttemptsProblem) as problem:
            page = desk.pages.render(
                request,
                template,
                status=problem.status,
                errors={"user_name": desk.pages.say(request, problem)},
                values={"user_name": form.get("user_name")},
                following=following,
                has_oidc=has_oidc,
            )
            page.headers.update(problem_headers(problem))
            return page
        return await after_password(desk, person, following)

    @router.post("/office/sign-out")
    async def sign_out(request: Request) -> Response:
        await desk.pages.form(request)
        if member := await desk.pages.office.present(request):
            await desk.sessions.end(member)
        answer = see_other("/office/sign-in")
        desk.pages.office.end(answer)
        return answer


def _add_first_run(router: PageRouter, desk: AccountDesk) -> None:
    template = "office/first_run.html"

    @router.get("/office/first-run/{token}")
    async def first_run_page(request: Request, token: str) -> HTMLResponse:
        await desk.sign_in.check_first_run(token)
        return desk.pages.render(request, template, least=MIN_PASSWORD)

    @router.post("/office/first-run/{token}")
    async def first_run(request: Request, token: str) -> Response:
        form = await desk.pages.form(request)
        await desk.sign_in.check_first_run(token)
        values = {"name": form.get("name"), "user_name": form.get("user_name")}
        newcomer, errors = desk.checked(request, Newcomer, values)
        errors |= password_errors(desk, request, form, *values.values())
        if newcomer is None or errors:
            return desk.again(request, template, errors, values=values, least=MIN_PASSWORD)
        person = await desk.sign_in.found_office(token, newcomer.name, newcomer.user_name, form.values["password"])
        return await after_password(desk, person, "/office")


def _add_password(router: PageRouter, desk: AccountDesk) -> None:
    template = "office/password.html"

    @router.get("/office/password/{token}")
    async def password_page(request: Request, token: str) -> HTMLResponse:
        person = await desk.sign_in.person_of_link(token)
        return desk.pages.render(request, template, newcomer=person, least=MIN_PASSWORD)

    @router.post("/office/password/{token}")
    async def set_password(request: Request, token: str) -> Response:
        form = await desk.pages.form(request)
        person = await desk.sign_in.person_of_link(token)
        if errors := password_errors(desk, request, form, person.name, person.user_name):
            return desk.again(request, template, errors, newcomer=person, least=MIN_PASSWORD)
        return await after_password(desk, await desk.sign_in.set_password(token, form.values["password"]), "/office")


async def after_password(desk: AccountDesk, person: Account, following: str) -> RedirectResponse:
    """Ask for the passkey, or for a new one where one is needed; else begin the session."""
    if step := desk.second_factor.step(person):
        return await ask_passkey(desk, person, step, following)
    return await signed_in(desk, person, How.PASSWORD, following)


async def ask_passkey(desk: AccountDesk, person: Account, step: Step, following: str) -> RedirectResponse:
    answer = see_other("/office/passkey")
    keep_pending(answer, await desk.second_factor.begin(person, step), following, secure=desk.pages.secure)
    return answer


async def signed_in(
    desk: AccountDesk, person: Account, how: How, following: str, *, instead_of: str = ""
) -> RedirectResponse:
    """Begin the session, make this a browser that the account knows, and lead on."""
    member, ends_at = await desk.sessions.begin(person, how, instead_of=instead_of)
    answer = see_other(following)
    desk.pages.office.begin(answer, member, ends_at)
    if known := desk.sign_in.browser_mark(person):
        set_cookie(answer, KNOWN_BROWSER, known, secure=desk.pages.secure, max_age=KNOWN_FOR, same_site="strict")
    return answer


def password_errors(desk: AccountDesk, request: Request, form: Form, *known: str) -> dict[str, str]:
    """NIST SP 800-63B: length and a list, no rules of composition. `known` are texts about the person."""
    password = form.values.get("password", "")
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        return {"password": desk.pages.text(request, TOO_SHORT, length=MIN_PASSWORD)}
    if desk.sign_in.is_weak(password, *known):
        return {"password": desk.pages.text(request, TOO_WEAK)}
    if password != form.values.get("password_again", ""):
        return {"password_again": desk.pages.text(request, NOT_REPEATED)}
    return {}
