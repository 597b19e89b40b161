"""The people of the office; for administrators."""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from services.registration.accounts.domain import (
    PASSWORD_LINK_LASTS,
    ROLES,
    BodyAdministratorProblem,
    LastAdministratorProblem,
    PersonExistsProblem,
)
from services.registration.accounts.sign_in import password_address
from services.registration.accounts.sign_in_pages import AccountDesk, Newcomer
from shared.problems import mark
from shared.staff import Role, StaffMember
from shared.text.dates import OFFICE_ZONE, instant_in_words
from shared.text.fields import OneLine
from shared.web.desk import ROLE_NAMES
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, see_other

CHOOSE_ROLE = mark("Choose a role.")
CHOOSE_BODY = mark("Choose one of these.")
OF_THE_OFFICE = mark("the office itself")
REMOVE = mark("Remove {name} from the office?")
REMOVE_MEANS = mark("{name} will be signed out and cannot sign in any more. What they did stays in the record.")
REMOVE_BUTTON = mark("Remove this person")

REMOVE_PASSKEYS = mark("Remove the passkeys of {name}?")
REMOVE_PASSKEYS_MEANS = mark(
    "For somebody who has lost them: make sure that it is really this person who asks. They are signed out, and the "
    "password is enough again."
)
REMOVE_PASSKEYS_BUTTON = mark("Remove the passkeys")

ROLE_HINTS = {
    "viewer": mark("reads: sees everything, changes nothing"),
    "editor": mark("edits: sessions, registrations, proposals, results"),
    "admin": mark("administers: also people of the office, wording of mails, suppressed addresses"),
}


class Reason(BaseModel):
    reason: Annotated[OneLine, Field(min_length=1, max_length=200)]


def routes(desk: AccountDesk) -> PageRouter:
    """`/office/people`."""
    router = page_router(desk.pages)
    _add_people(router, desk)
    _add_person(router, desk)
    _add_removal(router, desk)
    _add_ending(router, desk)
    return router


def _roles(desk: AccountDesk, request: Request) -> list[tuple[str, str]]:
    return [(name, desk.pages.text(request, hint)) for name, hint in ROLE_HINTS.items()]


async def _bodies(desk: AccountDesk, request: Request, own: str = "") -> list[tuple[str, str]]:
    """The choice of a body; with somebody's own, also where no programme has it any more."""
    names = {own: own, **await desk.bodies(), "": desk.pages.text(request, OF_THE_OFFICE)}
    return sorted(names.items(), key=lambda each: each[0] != "")


async def _access(desk: AccountDesk, request: Request, form: Form, own: str = "") -> tuple[Role, str, dict[str, str]]:
    """Role and body as chosen, and what is wrong with them. Who has a body that is no more may keep it."""
    role, body, errors = ROLES.get(form.get("role")), form.get("body"), dict[str, str]()
    if role is None:
        errors["role"] = desk.pages.text(request, CHOOSE_ROLE)
    if body not in {"", own, *(await desk.bodies())}:
        errors["body"] = desk.pages.text(request, CHOOSE_BODY)
    return role or Role.VIEWER, body, errors


async def _list(desk: AccountDesk, request: Request, *, status: int = 200, **values: Any) -> HTMLResponse:
    return desk.pages.render(
        request,
        "office/people.html",
        status=status,
        people=await desk.accounts.everybody(),
        roles=_roles(desk, request),
        role_names=ROLE_NAMES,
        bodies=await _bodies(desk, request),
        **values,
    )


def _add_people(router: PageRouter, desk: AccountDesk) -> None:
    admin = Depends(desk.admin)

    @router.get("/office/people")
    async def people(request: Request, _: StaffMember = admin) -> HTMLResponse:
        return await _list(desk, request, values={"role": "editor"})

    @router.post("/office/people")
    async def add(request: Request, member: StaffMember = admin) -> Response:
        form = await desk.pages.form(request)
        values = {name: form.get(name) for name in ("name", "user_name", "role", "body")}
        newcomer, errors = desk.checked(request, Newcomer, values)
        role, body, wrong = await _access(desk, request, form)
        errors |= wrong
        if newcomer is None or errors:
            return await _list(desk, request, status=422, errors=errors, values=values)
        try:
            person = await desk.accounts.add(member, newcomer.name, newcomer.user_name, role, body)
        except (PersonExistsProblem, BodyAdministratorProblem) as problem:
            field = "user_name" if isinstance(problem, PersonExistsProblem) else "role"
            errors = {field: desk.pages.say(request, problem)}
            return await _list(desk, request, status=422, errors=errors, values=values)
        return see_other(f"/office/people/{person.id}")


def _add_person(router: PageRouter, desk: AccountDesk) -> None:
    admin = Depends(desk.admin)

    async def page(request: Request, person_id: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        someone = await desk.accounts.get(person_id)
        return desk.pages.render(
            request,
            "office/person.html",
            status=status,
            someone=someone,
            roles=_roles(desk, request),
            role_names=ROLE_NAMES,
            bodies=await _bodies(desk, request, someone.body),
            now=desk.clock(),
            failures=await desk.accounts.failures(person_id),
            **{"link": "", "until": "", **values},
        )

    @router.get("/office/people/{person_id}")
    async def person(request: Request, person_id: str, _: StaffMember = admin) -> HTMLResponse:
        return await page(request, person_id)

    @router.post("/office/people/{person_id}/link")
    async def link(request: Request, person_id: str, member: StaffMember = admin) -> HTMLResponse:
        """No redirect: the link is shown in this answer alone, and is kept nowhere."""
        await desk.pages.form(request)
        token = await desk.accounts.password_link(member, person_id)
        until = instant_in_words(desk.clock() + PASSWORD_LINK_LASTS, OFFICE_ZONE, desk.pages.language(request))
        return await page(request, person_id, link=password_address(desk.pages.public_url, token), until=until)

    @router.post("/office/people/{person_id}/role")
    async def change_role(request: Request, person_id: str, member: StaffMember = admin) -> Response:
        form = await desk.pages.form(request)
        own = (await desk.accounts.get(person_id)).body
        role, body, errors = await _access(desk, request, form, own)
        if errors:
            return await page(request, person_id, status=422, errors=errors)
        try:
            await desk.accounts.change_role(member, person_id, role, body)
        except (LastAdministratorProblem, BodyAdministratorProblem) as problem:
            return await page(request, person_id, status=422, errors={"role": desk.pages.say(request, problem)})
        return see_other("/office/people")


def _add_removal(router: PageRouter, desk: AccountDesk) -> None:
    admin = Depends(desk.admin)

    @router.get("/office/people/{person_id}/remove")
    async def ask(request: Request, person_id: str, _: StaffMember = admin) -> HTMLResponse:
        person = await desk.accounts.get(person_id)
        return desk.pages.render(
            request,
            "office/confirm.html",
            title=desk.pages.text(request, REMOVE, name=person.name),
            consequences=[desk.pages.text(request, REMOVE_MEANS, name=person.name)],
            action=f"/office/people/{person_id}/remove",
            hidden={},
            style="danger",
            button=desk.pages.text(request, REMOVE_BUTTON),
            back=f"/office/people/{person_id}",
        )

    @router.post("/office/people/{person_id}/remove")
    async def remove(request: Request, person_id: str, member: StaffMember = admin) -> Response:
        await desk.pages.form(request)
        await desk.accounts.remove(member, person_id)
        return see_other("/office/people")


def _add_ending(router: PageRouter, desk: AccountDesk) -> None:
    admin = Depends(desk.admin)

    async def ask(request: Request, person_id: str, errors: dict[str, str]) -> HTMLResponse:
        person = await desk.accounts.get(person_id)
        return desk.again(
            request,
            "office/passkey_removal.html",
            errors,
            heading=desk.pages.text(request, REMOVE_PASSKEYS, name=person.name),
            means=desk.pages.text(request, REMOVE_PASSKEYS_MEANS),
            asks_reason=True,
            button=desk.pages.text(request, REMOVE_PASSKEYS_BUTTON),
            back=f"/office/people/{person_id}",
        )

    @router.post("/office/people/{person_id}/sign-out")
    async def sign_out(request: Request, person_id: str, member: StaffMember = admin) -> Response:
        await desk.pages.form(request)
        await desk.accounts.sign_out(member, person_id)
        return see_other(f"/office/people/{person_id}")

    @router.post("/office/people/sign-out")
    async def sign_out_everybody(request: Request, member: StaffMember = admin) -> Response:
        await desk.pages.form(request)
        await desk.accounts.sign_out_everybody(member)
        answer = see_other("/office/sign-in")
        desk.pages.office.end(answer)
        return answer

    @router.get("/office/people/{person_id}/passkeys")
    async def ask_passkeys(request: Request, person_id: str, _: StaffMember = admin) -> HTMLResponse:
        return await ask(request, person_id, {})

    @router.post("/office/people/{person_id}/passkeys")
    async def remove_passkeys(request: Request, person_id: str, member: StaffMember = admin) -> Response:
        form = await desk.pages.form(request)
        given, errors = desk.checked(request, Reason, {"reason": form.get("reason")})
        if given is None:
            return await ask(request, person_id, errors)
        await desk.accounts.remove_passkeys(member, person_id, given.reason)
        return see_other(f"/office/people/{person_id}")
