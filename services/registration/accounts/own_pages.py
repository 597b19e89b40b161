"""One's own account: sessions, password, passkeys."""

from collections.abc import Mapping

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response

from services.registration.accounts.domain import (
    MIN_PASSWORD,
    MOST_PASSKEYS,
    Account,
    How,
    TooManyAttemptsProblem,
    WrongCredentialsProblem,
)
from services.registration.accounts.second_factor import Step
from services.registration.accounts.sign_in_pages import AccountDesk, ask_passkey, password_errors, signed_in
from shared.problems import mark
from shared.staff import StaffMember
from shared.text.dates import OFFICE_ZONE
from shared.web.desk import ROLE_NAMES
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, see_other

PATH = "/office/account"
REMOVE_PASSKEY = mark("Remove the passkey “{name}”?")
REMOVE_MEANS = mark("It will not let you in any more. Delete it on your device too.")
REMOVE_BUTTON = mark("Remove the passkey")
WRONG_PASSWORD = mark("This is not your password.")
HOW_NAMES = {
    How.PASSWORD: mark("password"),
    How.PASSKEY: mark("password and passkey"),
    How.PROVIDER: mark("account of the organisation"),
}


def routes(desk: AccountDesk) -> PageRouter:
    """`/office/account`."""
    router = page_router(desk.pages)
    _add_account(router, desk)
    _add_password(router, desk)
    _add_passkeys(router, desk)
    return router


def _page(
    desk: AccountDesk, request: Request, member: StaffMember, person: Account, errors: Mapping[str, str] | None = None
) -> HTMLResponse:
    return desk.again(
        request,
        "office/account.html",
        errors or {},
        someone=person,
        now=desk.clock(),
        here_session=member.session,
        how_names=HOW_NAMES,
        role_names=ROLE_NAMES,
        zone=OFFICE_ZONE,
        least=MIN_PASSWORD,
        offers_passkeys=desk.second_factor.is_offered,
        may_add=len(person.passkeys) < MOST_PASSKEYS,
    )


async def _confirmed(
    desk: AccountDesk, request: Request, member: StaffMember, form: Form, field: str
) -> tuple[Account, dict[str, str]]:
    """The person, and what is wrong with the password that was given again."""
    person = await desk.accounts.get(member.id)
    try:
        return await desk.sign_in.confirm(member, form.values.get(field, ""), desk.caller(request)), {}
    except WrongCredentialsProblem:
        errors = {field: desk.pages.text(request, WRONG_PASSWORD)}
    except TooManyAttemptsProblem as problem:
        errors = {field: desk.pages.say(request, problem)}
    return person, errors


def _add_account(router: PageRouter, desk: AccountDesk) -> None:
    viewer = Depends(desk.accompanying_viewer)

    @router.get(PATH)
    async def account(request: Request, member: StaffMember = viewer) -> HTMLResponse:
        return _page(desk, request, member, await desk.accounts.get(member.id))

    @router.post(f"{PATH}/sign-out")
    async def sign_out(request: Request, member: StaffMember = viewer) -> Response:
        await desk.pages.form(request)
        await desk.accounts.sign_out_myself(member)
        answer = see_other("/office/sign-in")
        desk.pages.office.end(answer)
        return answer


def _add_password(router: PageRouter, desk: AccountDesk) -> None:
    viewer = Depends(desk.accompanying_viewer)

    @router.post(f"{PATH}/password")
    async def change(request: Request, member: StaffMember = viewer) -> Response:
        form = await desk.pages.form(request)
        person = await desk.accounts.get(member.id)
        if errors := password_errors(desk, request, form, person.name, person.user_name):
            return _page(desk, request, member, person, errors)
        person, errors = await _confirmed(desk, request, member, form, "current")
        if errors:
            return _page(desk, request, member, person, errors)
        person = await desk.sign_in.change_password(person, form.values["password"])
        how = next((session.how for session in person.sessions if session.id == member.session), How.PASSWORD)
        return await signed_in(desk, person, how, PATH)


def _add_passkeys(router: PageRouter, desk: AccountDesk) -> None:
    viewer = Depends(desk.accompanying_viewer)

    @router.post(f"{PATH}/passkeys")
    async def add(request: Request, member: StaffMember = viewer) -> Response:
        form = await desk.pages.form(request)
        person, errors = await _confirmed(desk, request, member, form, "confirmation_password")
        if errors or not desk.second_factor.is_offered:
            return _page(desk, request, member, person, errors)
        return await ask_passkey(desk, person, Step.ADD, PATH)

    @router.get(PATH + "/passkeys/{passkey_id}")
    async def ask(request: Request, passkey_id: str, member: StaffMember = viewer) -> HTMLResponse:
        return _removal(desk, request, await desk.accounts.get(member.id), passkey_id)

    @router.post(PATH + "/passkeys/{passkey_id}")
    async def remove(request: Request, passkey_id: str, member: StaffMember = viewer) -> Response:
        form = await desk.pages.form(request)
        person, errors = await _confirmed(desk, request, member, form, "current")
        if errors:
            return _removal(desk, request, person, passkey_id, errors)
        await desk.accounts.remove_my_passkey(member, passkey_id)
        return see_other(PATH)


def _removal(
    desk: AccountDesk, request: Request, person: Account, passkey_id: str, errors: Mapping[str, str] | None = None
) -> HTMLResponse:
    return desk.again(
        request,
        "office/passkey_removal.html",
        errors or {},
        heading=desk.pages.text(request, REMOVE_PASSKEY, name=person.passkey(passkey_id).name),
        means=desk.pages.text(request, REMOVE_MEANS),
        asks_reason=False,
        button=desk.pages.text(request, REMOVE_BUTTON),
        back=PATH,
    )
