"""One's own registration, behind the personal link: see, correct, cancel, take along, erase. A GET never acts."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from services.registration.domain.problems import NotCorrectableProblem, SessionStartedProblem
from services.registration.domain.registrations import Correction, RegistrationState
from services.registration.domain.sessions import JOIN_OPENS_BEFORE_START
from services.registration.usecases.registrations import RegistrationView
from services.registration.web.models.registrations import PersonIn
from services.registration.web.person import PersonKept
from services.registration.web.public.calendars import personal_calendar
from services.registration.web.public.entity_fields import SCRIPT
from services.registration.web.public.front import Front, Shown
from services.registration.web.public.joining import NO_ADDRESS, meeting_origin
from services.registration.web.public.person_forms import LANGUAGES, Filled, filled
from services.registration.web.public.states import state_of
from shared.links import SESSION_LINKS_LIFE, LinkPurpose
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import see_other

DONE = ("corrected", "cancelled", "again")
"""What the page may say was done, as its address names it."""


def routes(front: Front) -> PageRouter:
    """`/registration/{token}` and what is beneath."""
    router = page_router(front.pages)
    mine = Mine(front)
    router.get("/registration/erased")(mine.erased)
    router.get("/registration/{token}")(mine.show)
    router.get("/registration/{token}/correct")(mine.correction)
    router.post("/registration/{token}/correct")(mine.correct)
    router.get("/registration/{token}/cancel")(mine.cancellation)
    router.post("/registration/{token}/cancel")(mine.cancel)
    router.get("/registration/{token}/again")(mine.back)
    router.post("/registration/{token}/again")(mine.ask_again)
    router.get("/registration/{token}/session.ics")(mine.calendar)
    router.get("/registration/{token}/data.json")(mine.export)
    router.get("/registration/{token}/erase")(mine.erasure)
    router.post("/registration/{token}/erase")(mine.erase)
    return router


class Mine:
    """The pages of one's own registration, in its language unless another was chosen."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._pages = front.pages
        self._registrations = front.use_cases.registrations
        self._mine = front.use_cases.mine

    async def show(self, request: Request, token: str) -> HTMLResponse:
        """What one is registered for, and what one may do about it."""
        view = await self._front.personal(request, token)
        now = self._front.clock()
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
        view = await self._front.personal(request, token)
        registration = view.registration
        if not registration.is_active or not view.session.takes_registrations(self._front.clock()):
            raise NotCorrectableProblem
        values = {
            "name": registration.name,
            "entity": registration.entity_name,
            "entity_code": registration.entity_code,
            "role": registration.role,
            "language": str(registration.language),
        }
        return await self._correction(request, token, view, Filled(values, None, None))

    async def correct(self, request: Request, token: str) -> Response:
        """Take the correction."""
        view = await self._front.personal(request, token)
        form = await self._pages.form(request, heeds_language=True)
        sent = await filled(self._pages, request, self._front.use_cases.entities, form, PersonIn)
        if sent.person is None or sent.entity is None:
            return await self._correction(request, token, view, sent, status=422)
        if form.only_language:
            return await self._correction(request, token, view, sent)
        person, entity = sent.person, sent.entity
        correction = Correction(person.name, entity.code, entity.name, person.role, person.language)
        await self._mine.correct(view.registration.id, correction)
        return see_other(f"/registration/{token}?done=corrected")

    async def cancellation(self, request: Request, token: str) -> HTMLResponse:
        """Ask whether to cancel."""
        view = await self._front.personal(request, token)
        if view.registration.is_active and not view.session.lets_cancel(self._front.clock()):
            raise SessionStartedProblem
        return await self._page(request, token, view, "public/cancel.html")

    async def cancel(self, request: Request, token: str) -> Response:
        """Cancel; again, or by two clicks, is the same."""
        view = await self._front.personal(request, token)
        await self._pages.form(request)
        await self._registrations.cancel(view.registration.id)
        return see_other(f"/registration/{token}?done=cancelled")

    async def back(self, request: Request, token: str) -> Response:
        """Where a language was chosen beside the answer to a form."""
        await self._front.personal(request, token)
        query = f"?{request.url.query}" if request.url.query else ""
        return see_other(f"/registration/{token}{query}")

    async def ask_again(self, request: Request, token: str) -> Response:
        """Send the confirmation once more."""
        view = await self._front.personal(request, token)
        await self._pages.form(request)
        await self._mine.ask_again(view.registration.id)
        return see_other(f"/registration/{token}?done=again")

    async def calendar(self, request: Request, token: str) -> Response:
        """The session as a calendar entry, with the personal link to join for who has a seat."""
        view = await self._front.personal(request, token)
        shown = await self._front.session(view.session.id)
        join = self._front.links.url(*_join_link(view))
        language = self._pages.language(request)
        return Response(
            personal_calendar(view, shown, self._front.publisher, join, language),
            media_type="text/calendar; charset=utf-8; method=PUBLISH",
            headers={"content-disposition": 'attachment; filename="session.ics"'},
        )

    async def export(self, request: Request, token: str) -> Response:
        """All that is kept with the address, in JSON."""
        view = await self._front.personal(request, token)
        views = await self._mine.everything(view.registration.id)
        return Response(
            _exported(views, self._front.clock()),
            media_type="application/json",
            headers={"content-disposition": 'attachment; filename="my-data.json"'},
        )

    async def erasure(self, request: Request, token: str) -> HTMLResponse:
        """Say what will be erased, and ask."""
        view = await self._front.personal(request, token)
        views = await self._mine.everything(view.registration.id)
        sessions = [await self._front.session(each.session.id) for each in views]
        return await self._page(request, token, view, "public/erase.html", sessions=sessions)

    async def erase(self, request: Request, token: str) -> Response:
        """Erase the person."""
        view = await self._front.personal(request, token)
        await self._pages.form(request)
        await self._mine.erase(view.registration.id)
        return see_other("/registration/erased")

    async def erased(self, request: Request) -> HTMLResponse:
        """Say that it is done, to whoever comes here."""
        return self._pages.render(request, "public/erased.html")

    def _connecting(self, view: RegistrationView, now: datetime) -> dict[str, Any]:
        """The way into the session for who has a seat, or when there will be one."""
        session = view.session
        has_seat = session.is_scheduled and view.registration.state is RegistrationState.REGISTERED
        return {
            "join_path": f"/join/{self._front.links.token(*_join_link(view))}" if view.join_url else "",
            "form_target": meeting_origin(view),
            "will_connect": has_seat and now <= session.join_closes_at(),
            "is_near": session.can_be_joined(now),
            "not_known_yet": NO_ADDRESS,
            "opens_at": session.join_opens_at(),
            "minutes_before": JOIN_OPENS_BEFORE_START // timedelta(minutes=1),
        }

    async def _correction(
        self, request: Request, token: str, view: RegistrationView, form: Filled[PersonIn], *, status: int = 200
    ) -> HTMLResponse:
        return await self._page(
            request,
            token,
            view,
            "public/correct.html",
            status=status,
            scripts=(SCRIPT,),
            kept_form="correcting",
            values=form.values,
            errors=form.errors,
            matches=[(entity.code, entity.name) for entity in form.matches],
            has_more=form.has_more,
            languages_of_mails=LANGUAGES,
        )

    async def _page(
        self, request: Request, token: str, view: RegistrationView, template: str, **values: Any
    ) -> HTMLResponse:
        shown: Shown = await self._front.session(view.session.id)
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
    kept = {"exported_at": now.isoformat(), **PersonKept.of(views).model_dump(mode="json")}
    return orjson.dumps(kept, option=orjson.OPT_INDENT_2)
