"""One's own registration, behind the personal link: see, correct, cancel, take along, erase. A GET never acts."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from services.registration.registrations.domain import (
    Correction,
    NotCorrectableProblem,
    RegistrationState,
    SessionStartedProblem,
)
from services.registration.registrations.forms import LANGUAGES, CheckedForm, filled
from services.registration.registrations.icalendar import personal_calendar
from services.registration.registrations.join_pages import (
    NO_ADDRESS,
    SESSION_CANCELLED,
    SESSION_OVER,
)
from services.registration.registrations.pages import RegistrationSite
from services.registration.registrations.people_api import SubjectExport
from services.registration.registrations.schemas import PersonIn
from services.registration.registrations.usecases import RegistrationView
from services.registration.sessions.domain import JOIN_OPENS_BEFORE_START
from services.registration.sessions.problems import NotForEntityProblem
from shared.entities.picker import SCRIPT
from shared.events.vocabulary import SessionStatus
from shared.problems import LinkExpiredProblem, mark
from shared.security.links import LinkPurpose
from shared.web.link_exchange import link_path
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import see_other

DONE = ("corrected", "cancelled", "again")
"""What the page may say was done, as its address names it."""

STATES = {
    RegistrationState.REGISTERED: mark("You are registered."),
    RegistrationState.WAITING: mark("You are on the waiting list."),
    RegistrationState.CANCELLED: mark("Your registration is cancelled."),
}


def routes(site: RegistrationSite) -> PageRouter:
    """`/registration/{token}` and what is beneath."""
    router = page_router(site.pages)
    personal = PersonalPages(site)
    router.get("/registration/erased")(personal.erased)
    router.get("/registration/{token}")(personal.show)
    router.get("/registration/{token}/correct")(personal.correction)
    router.post("/registration/{token}/correct")(personal.correct)
    router.get("/registration/{token}/cancel")(personal.cancellation)
    router.post("/registration/{token}/cancel")(personal.cancel)
    router.get("/registration/{token}/again")(personal.back)
    router.post("/registration/{token}/again")(personal.ask_again)
    router.get("/registration/{token}/session.ics")(personal.calendar)
    router.get("/registration/{token}/data.json")(personal.export)
    router.get("/registration/{token}/erase")(personal.erasure)
    router.post("/registration/{token}/erase")(personal.erase)
    return router


class PersonalPages:
    """The pages of one's own registration, in its language unless another was chosen."""

    def __init__(self, site: RegistrationSite) -> None:
        self._site = site
        self._pages = site.pages
        self._own = site.own

    async def show(self, request: Request, token: str) -> HTMLResponse:
        try:
            view = await self._site.personal(request, token)
        except LinkExpiredProblem:
            return await self._site.expired(request, token, LinkPurpose.REGISTRATION)
        now = self._site.clock()
        done = request.query_params.get("done", "")
        join = self._site.links.token(*_join_link(view))
        page = await self._page(
            request,
            view,
            "public/mine.html",
            state=_state_of(view),
            done=done if done in DONE else "",
            may_correct=view.may_correct(now),
            may_cancel=view.may_cancel(now),
            turn=view.turn,
            join_path=f"/join/{self._pages.links.id_of(join)}" if view.join_url else "",
            **self._connecting(view, now),
        )
        if view.join_url:
            self._pages.links.remember(request, page, join)
        return page

    async def correction(self, request: Request, token: str) -> HTMLResponse:
        view = await self._site.personal(request, token)
        registration = view.registration
        if not view.may_correct(self._site.clock()):
            raise NotCorrectableProblem
        values = {
            "name": registration.name,
            "entity": registration.entity_name,
            "entity_code": registration.entity_code,
            "role": registration.role,
            "language": str(registration.language),
        }
        return await self._correction(request, view, CheckedForm(values, None, None))

    async def correct(self, request: Request, token: str) -> Response:
        view = await self._site.personal(request, token)
        form = await self._pages.form(request)
        sent = await filled(self._pages, request, self._site.entities, form, PersonIn)
        if sent.person is None or sent.entity is None:
            return await self._correction(request, view, sent, status=422)
        person, entity = sent.person, sent.entity
        correction = Correction(person.name, entity.code, entity.name, person.role, person.language)
        try:
            await self._own.correct(view.registration.id, correction)
        except NotForEntityProblem as problem:
            refused: CheckedForm[PersonIn] = CheckedForm(
                sent.values, None, None, {"entity": self._pages.say(request, problem)}
            )
            return await self._correction(request, view, refused, status=422)
        return see_other(f"{link_path(request)}?done=corrected")

    async def cancellation(self, request: Request, token: str) -> HTMLResponse:
        view = await self._site.personal(request, token)
        if view.registration.is_active and not view.session.lets_cancel(self._site.clock()):
            raise SessionStartedProblem
        return await self._page(request, view, "public/cancel.html")

    async def cancel(self, request: Request, token: str) -> Response:
        view = await self._site.personal(request, token)
        await self._pages.form(request)
        await self._site.registrations.cancel(view.registration.id)
        return see_other(f"{link_path(request)}?done=cancelled")

    async def back(self, request: Request, token: str) -> Response:
        """Where a language was chosen beside the answer to a form."""
        await self._site.personal(request, token)
        query = f"?{request.url.query}" if request.url.query else ""
        return see_other(f"{link_path(request)}{query}")

    async def ask_again(self, request: Request, token: str) -> Response:
        view = await self._site.personal(request, token)
        await self._pages.form(request)
        await self._own.ask_again(view.registration.id)
        return see_other(f"{link_path(request)}?done=again")

    async def calendar(self, request: Request, token: str) -> Response:
        view = await self._site.personal(request, token)
        shown = await self._site.session(view.session.id)
        join = self._site.links.url(*_join_link(view))
        language = self._pages.language(request)
        return Response(
            personal_calendar(view, shown, self._site.owner, join, language),
            media_type="text/calendar; charset=utf-8; method=PUBLISH",
            headers={"content-disposition": 'attachment; filename="session.ics"'},
        )

    async def export(self, request: Request, token: str) -> Response:
        view = await self._site.personal(request, token)
        everything = await self._own.everything(view.registration.id)
        kept = {
            "exported_at": self._site.clock().isoformat(),
            **SubjectExport.of(everything).model_dump(mode="json"),
        }
        return Response(
            orjson.dumps(kept, option=orjson.OPT_INDENT_2),
            media_type="application/json",
            headers={"content-disposition": 'attachment; filename="my-data.json"'},
        )

    async def erasure(self, request: Request, token: str) -> HTMLResponse:
        view = await self._site.personal(request, token)
        kept = await self._own.everything(view.registration.id)
        sessions = [await self._site.session(each.session.id) for each in kept.registrations]
        return await self._page(request, view, "public/erase.html", sessions=sessions, contacts=kept.contacts)

    async def erase(self, request: Request, token: str) -> Response:
        view = await self._site.personal(request, token)
        await self._pages.form(request)
        await self._own.erase(view.registration.id)
        return see_other("/registration/erased")

    async def erased(self, request: Request) -> HTMLResponse:
        return self._pages.render(request, "public/erased.html")

    def _connecting(self, view: RegistrationView, now: datetime) -> dict[str, Any]:
        """Whether there is a join button, or when there will be one."""
        session = view.session
        has_seat = session.is_scheduled and view.registration.state is RegistrationState.REGISTERED
        return {
            "will_connect": has_seat and now <= session.date.join_closes_at,
            "is_near": session.can_be_joined(now),
            "not_known_yet": NO_ADDRESS,
            "opens_at": session.date.join_opens_at,
            "minutes_before": JOIN_OPENS_BEFORE_START // timedelta(minutes=1),
        }

    async def _correction(
        self, request: Request, view: RegistrationView, form: CheckedForm[PersonIn], *, status: int = 200
    ) -> HTMLResponse:
        return await self._page(
            request,
            view,
            "public/correct.html",
            status=status,
            scripts=(SCRIPT,),
            values=form.values,
            errors=form.errors,
            matches=[(entity.code, entity.name) for entity in form.matches],
            has_more=form.has_more,
            languages_of_mails=LANGUAGES,
        )

    async def _page(self, request: Request, view: RegistrationView, template: str, **values: Any) -> HTMLResponse:
        shown = await self._site.session(view.session.id)
        return self._pages.render(
            request, template, path=link_path(request), registration=view.registration, shown=shown, **values
        )


def _state_of(view: RegistrationView) -> str:
    """An English message id."""
    state, session = view.registration.state, view.session
    if state is not RegistrationState.CANCELLED and session.status is SessionStatus.CANCELLED:
        return SESSION_CANCELLED
    if state is not RegistrationState.CANCELLED and session.status is SessionStatus.ENDED:
        return SESSION_OVER
    return STATES[state]


def _join_link(view: RegistrationView) -> tuple[LinkPurpose, str, datetime]:
    """The same as in the mails."""
    return LinkPurpose.JOIN, view.registration.id, view.session.date.links_expire_at
