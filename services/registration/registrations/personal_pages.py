"""One's own registration, behind the personal link: see, correct, cancel, take along, erase. A GET never acts."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from services.registration.entities.picker import SCRIPT
from services.registration.registrations.domain import (
    Correction,
    NotCorrectableProblem,
    RegistrationState,
    SessionStartedProblem,
)
from services.registration.registrations.forms import LANGUAGES, CheckedForm, filled
from services.registration.registrations.icalendar import personal_calendar
from services.registration.registrations.join_pages import NO_ADDRESS, meeting_origin
from services.registration.registrations.people_api import SubjectExport
from services.registration.registrations.personal_link import RegistrationSite
from services.registration.registrations.schemas import PersonIn
from services.registration.registrations.usecases import RegistrationView
from services.registration.registrations.words import state_of
from services.registration.sessions.domain import JOIN_OPENS_BEFORE_START
from services.registration.sessions.presented import PresentedSession
from shared.security.links import SESSION_LINKS_LIFE, LinkPurpose
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import see_other

DONE = ("corrected", "cancelled", "again")
"""What the page may say was done, as its address names it."""


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
        self._registrations = site.registrations
        self._own = site.own

    async def show(self, request: Request, token: str) -> HTMLResponse:
        """What one is registered for, and what one may do about it."""
        view = await self._site.personal(request, token)
        now = self._site.clock()
        done = request.query_params.get("done", "")
        return await self._page(
            request,
            token,
            view,
            "public/mine.html",
            state=state_of(view),
            done=done if done in DONE else "",
            may_correct=view.registration.is_active and view.session.takes_registrations(now),
            may_cancel=view.registration.is_active and view.session.lets_cancel(now),
            turn=view.turn,
            **self._connecting(view, now),
        )

    async def correction(self, request: Request, token: str) -> HTMLResponse:
        """The form to correct, filled with what is stored."""
        view = await self._site.personal(request, token)
        registration = view.registration
        if not registration.is_active or not view.session.takes_registrations(self._site.clock()):
            raise NotCorrectableProblem
        values = {
            "name": registration.name,
            "entity": registration.entity_name,
            "entity_code": registration.entity_code,
            "role": registration.role,
            "language": str(registration.language),
        }
        return await self._correction(request, token, view, CheckedForm(values, None, None))

    async def correct(self, request: Request, token: str) -> Response:
        """Take the correction."""
        view = await self._site.personal(request, token)
        form = await self._pages.form(request)
        sent = await filled(self._pages, request, self._site.entities, form, PersonIn)
        if sent.person is None or sent.entity is None:
            return await self._correction(request, token, view, sent, status=422)
        person, entity = sent.person, sent.entity
        correction = Correction(person.name, entity.code, entity.name, person.role, person.language)
        await self._own.correct(view.registration.id, correction)
        return see_other(f"/registration/{token}?done=corrected")

    async def cancellation(self, request: Request, token: str) -> HTMLResponse:
        """Ask whether to cancel."""
        view = await self._site.personal(request, token)
        if view.registration.is_active and not view.session.lets_cancel(self._site.clock()):
            raise SessionStartedProblem
        return await self._page(request, token, view, "public/cancel.html")

    async def cancel(self, request: Request, token: str) -> Response:
        """Cancel; again, or by two clicks, is the same."""
        view = await self._site.personal(request, token)
        await self._pages.form(request)
        await self._registrations.cancel(view.registration.id)
        return see_other(f"/registration/{token}?done=cancelled")

    async def back(self, request: Request, token: str) -> Response:
        """Where a language was chosen beside the answer to a form."""
        await self._site.personal(request, token)
        query = f"?{request.url.query}" if request.url.query else ""
        return see_other(f"/registration/{token}{query}")

    async def ask_again(self, request: Request, token: str) -> Response:
        """Send the confirmation once more."""
        view = await self._site.personal(request, token)
        await self._pages.form(request)
        await self._own.ask_again(view.registration.id)
        return see_other(f"/registration/{token}?done=again")

    async def calendar(self, request: Request, token: str) -> Response:
        """The session as a calendar entry, with the personal link to join for who has a seat."""
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
        """All that is kept with the address, in JSON."""
        view = await self._site.personal(request, token)
        views = await self._own.everything(view.registration.id)
        return Response(
            _exported(views, self._site.clock()),
            media_type="application/json",
            headers={"content-disposition": 'attachment; filename="my-data.json"'},
        )

    async def erasure(self, request: Request, token: str) -> HTMLResponse:
        """Say what will be erased, and ask."""
        view = await self._site.personal(request, token)
        views = await self._own.everything(view.registration.id)
        sessions = [await self._site.session(each.session.id) for each in views]
        return await self._page(request, token, view, "public/erase.html", sessions=sessions)

    async def erase(self, request: Request, token: str) -> Response:
        """Erase the person."""
        view = await self._site.personal(request, token)
        await self._pages.form(request)
        await self._own.erase(view.registration.id)
        return see_other("/registration/erased")

    async def erased(self, request: Request) -> HTMLResponse:
        """Say that it is done, to whoever comes here."""
        return self._pages.render(request, "public/erased.html")

    def _connecting(self, view: RegistrationView, now: datetime) -> dict[str, Any]:
        """The way into the session for who has a seat, or when there will be one."""
        session = view.session
        has_seat = session.is_scheduled and view.registration.state is RegistrationState.REGISTERED
        return {
            "join_path": f"/join/{self._site.links.token(*_join_link(view))}" if view.join_url else "",
            "form_target": meeting_origin(view),
            "will_connect": has_seat and now <= session.join_closes_at(),
            "is_near": session.can_be_joined(now),
            "not_known_yet": NO_ADDRESS,
            "opens_at": session.join_opens_at(),
            "minutes_before": JOIN_OPENS_BEFORE_START // timedelta(minutes=1),
        }

    async def _correction(
        self, request: Request, token: str, view: RegistrationView, form: CheckedForm[PersonIn], *, status: int = 200
    ) -> HTMLResponse:
        return await self._page(
            request,
            token,
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

    async def _page(
        self, request: Request, token: str, view: RegistrationView, template: str, **values: Any
    ) -> HTMLResponse:
        shown: PresentedSession = await self._site.session(view.session.id)
        return self._pages.render(
            request,
            template,
            path=f"/registration/{token}",
            registration=view.registration,
            shown=shown,
            **values,
        )


def _join_link(view: RegistrationView) -> tuple[LinkPurpose, str, datetime]:
    """What the personal way in is made of; the same as in the mails."""
    return LinkPurpose.JOIN, view.registration.id, view.session.ends_at + SESSION_LINKS_LIFE


def _exported(views: list[RegistrationView], now: datetime) -> bytes:
    kept = {"exported_at": now.isoformat(), **SubjectExport.of(views).model_dump(mode="json")}
    return orjson.dumps(kept, option=orjson.OPT_INDENT_2)
