"""Petitions at the office: the lists, and one petition with its steps. A body's staff find their own."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from services.registration.offers.domain import Offer
from services.registration.offers.questions import QuestionKind
from services.registration.offers.usecases import Offers
from services.registration.petitions.domain import OPEN, Petition
from services.registration.petitions.explained import explained
from services.registration.petitions.pages import YES_NO, options_of
from services.registration.petitions.schemas import AnswerIn, AssignmentIn, DecisionIn, PointsIn, ReviewIn
from services.registration.petitions.selecting import Selecting
from services.registration.petitions.store import PetitionStore
from services.registration.petitions.usecases import DECIDED, Petitions
from services.registration.programmes.domain import DEFAULT_TIME_ZONE, Programme
from services.registration.programmes.usecases import Programmes
from services.registration.projections import KnownBounces
from shared.events.vocabulary import PetitionState, in_language
from shared.problems import mark
from shared.staff import StaffMember
from shared.storage.contract import Scalar, Where, one_of
from shared.text.dates import wall_clock
from shared.text.spreadsheets import csv_table
from shared.web.desk import Desk
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, see_other
from shared.web.paging import decode_cursor, encode_cursor

PAGE = 50
PATH = "/office/petitions"
OFFICE = mark("programme office")
STATE_NAMES = {
    PetitionState.RECEIVED: mark("received"),
    PetitionState.UNDER_REVIEW: mark("under study"),
    PetitionState.RESERVE: mark("in the reserve"),
    PetitionState.OFFERED: mark("place offered"),
    PetitionState.ACCEPTED: mark("accepted"),
    PetitionState.DECLINED: mark("declined"),
    PetitionState.ANSWERED: mark("answered"),
    PetitionState.WITHDRAWN: mark("withdrawn"),
}
DECISION_NAMES = {
    PetitionState.OFFERED: mark("offer a place"),
    PetitionState.RESERVE: mark("put it in the reserve"),
    PetitionState.ACCEPTED: mark("accept it"),
    PetitionState.DECLINED: mark("decline it"),
    PetitionState.WITHDRAWN: mark("withdraw it, as the council says"),
}
COLUMNS = (
    mark("Local entity"),
    mark("Code of the entity"),
    mark("Offer"),
    mark("State"),
    mark("Who answers it"),
    mark("Received"),
    mark("Answer until"),
    mark("The official data speak against it"),
)


class View(StrEnum):
    OPEN = "open"
    MINE = "mine"
    LATE = "late"
    ALL = "all"


VIEW_NAMES = {
    View.OPEN: mark("To answer"),
    View.MINE: mark("Ours"),
    View.LATE: mark("Late"),
    View.ALL: mark("All"),
}


@dataclass(frozen=True)
class PetitionDesk(Desk):
    petitions: Petitions
    offers: Offers
    selecting: Selecting
    programmes: Programmes
    stored: PetitionStore
    bounces: KnownBounces

    def owners(self, request: Request, programme: Programme | None) -> dict[str, str]:
        """The names of those who may answer, by key."""
        bodies = programme.bodies if programme else []
        return {"": self.pages.text(request, OFFICE), **{body.key: body.name for body in bodies}}

    async def late(self, member: StaffMember) -> list[Petition]:
        """Those whose answer is overdue, the oldest first."""
        now = self.clock()
        found = [petition async for petition in self.stored.waiting() if petition.is_late(now)]
        return [petition for petition in found if not member.body or petition.owner == member.body]

    async def unreached(self) -> list[Petition]:
        """Those that go on and whose contact's address refuses our mails."""
        found = await self.stored.with_contacts(await self.bounces.recipients())
        return [petition for petition in found if petition.goes_on and petition.contact.is_somebody]


def routes(desk: PetitionDesk) -> PageRouter:
    """`/office/petitions…`."""
    router = page_router(desk.pages)
    _add_lists(router, desk)
    _add_petition(router, desk)
    _add_steps(router, desk)
    return router


@dataclass(frozen=True, slots=True)
class _Row:
    petition: Petition
    offer: Offer | None
    owner: str
    zone: str
    is_late: bool
    is_unreached: bool


async def _rows(desk: PetitionDesk, request: Request, found: list[Petition]) -> list[_Row]:
    programmes, offers, now = await desk.programmes.by_slug(), await desk.offers.by_id(), desk.clock()
    unreached = set(await desk.bounces.recipients())
    return [
        _Row(
            petition,
            offers.get(petition.offer_id),
            desk.owners(request, programmes.get(petition.programme)).get(petition.owner, petition.owner),
            programmes[petition.programme].time_zone if petition.programme in programmes else DEFAULT_TIME_ZONE,
            petition.is_late(now),
            petition.contact.id in unreached,
        )
        for petition in found
    ]


def _where(view: View, offer: str, member: StaffMember) -> Where:
    where: dict[str, Any] = {"offer_id": offer} if offer else {}
    if view is View.OPEN:
        where["state"] = one_of(OPEN)
    if view is View.MINE or member.body:
        where["owner"] = member.body
    return where


def _add_lists(router: PageRouter, desk: PetitionDesk) -> None:
    viewer = Depends(desk.accompanying_viewer)

    @router.get(PATH)
    async def petitions(
        request: Request,
        view: View = View.OPEN,
        offer: Annotated[str, Query(max_length=130)] = "",
        after: str | None = None,
        member: StaffMember = viewer,
    ) -> HTMLResponse:
        if view is View.LATE:
            found, following = [each for each in await desk.late(member) if offer in ("", each.offer_id)], None
        else:
            page = await desk.stored.listed(_where(view, offer, member), limit=PAGE, after=decode_cursor(after, 2))
            found, following = page.items, encode_cursor(page.next)
        return desk.pages.render(
            request,
            "office/petitions.html",
            rows=await _rows(desk, request, found),
            states=STATE_NAMES,
            view=view,
            views=VIEW_NAMES,
            offer=offer,
            offers=await desk.offers.by_id(),
            following=following,
        )

    @router.get(f"{PATH}.csv")
    async def csv(request: Request, member: StaffMember = viewer) -> Response:
        """All, without any person."""
        where: Where = {"owner": member.body} if member.body else {}
        found = [each async for each in desk.stored.each(where, order=(("received_at", 1),))]
        rows = [_cells(desk, request, row) for row in await _rows(desk, request, found)]
        header = [desk.pages.text(request, title) for title in COLUMNS]
        return Response(
            csv_table(header, rows),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": 'attachment; filename="petitions.csv"'},
        )


def _cells(desk: PetitionDesk, request: Request, row: _Row) -> list[Scalar]:
    petition, language = row.petition, desk.pages.language(request)
    against = not petition.is_eligible

    def when(instant: Any) -> str:
        return wall_clock(instant, row.zone).replace("T", " ") if instant else ""

    return [
        petition.entity_name,
        petition.entity,
        in_language(row.offer.title, language) if row.offer else petition.offer_id,
        desk.pages.text(request, STATE_NAMES[petition.state]),
        row.owner,
        when(petition.received_at),
        when(petition.answer_by),
        desk.pages.text(request, YES_NO["yes" if against else "no"]),
    ]


def _add_petition(router: PageRouter, desk: PetitionDesk) -> None:
    viewer = Depends(desk.accompanying_viewer)

    @router.get(PATH + "/{petition_id}")
    async def petition(request: Request, petition_id: str, member: StaffMember = viewer) -> HTMLResponse:
        return await _page(desk, request, await desk.petitions.get(petition_id, member))


async def _page(
    desk: PetitionDesk,
    request: Request,
    petition: Petition,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> HTMLResponse:
    offer, programme = await desk.petitions.offer_of(petition), await desk.programmes.get(petition.programme)
    [row] = await _rows(desk, request, [petition])
    member = desk.pages.member(request)
    others = [each for each in await desk.stored.of_entity(petition.entity) if each.id != petition.id]
    return desk.again(
        request,
        "office/petition.html",
        errors or {},
        row=row,
        petition=petition,
        offer=offer,
        programme=programme,
        others=[each for each in others if member and member.body in ("", each.owner)],
        options=options_of(desk.pages, request, offer),
        scored=[each for each in offer.questions if each.kind is QuestionKind.TEXT and each.weight],
        selected=explained(await desk.offers.selection(offer), petition.id),
        place=offer.place_in_reserve(petition.id),
        states=STATE_NAMES,
        decisions=[(state.value, desk.pages.text(request, DECISION_NAMES[state])) for state in _possible(petition)],
        owners=[*desk.owners(request, programme).items()],
        values={"assign_owner": petition.owner, **(values or {})},
    )


def _possible(petition: Petition) -> list[PetitionState]:
    """What may be decided from where it stands."""
    return [state for state in DECIDED if petition.may_become(state)]


Step = Callable[[StaffMember, str, Any], Awaitable[Petition]]


def _add_steps(router: PageRouter, desk: PetitionDesk) -> None:
    """Each step is a form on the petition's page; its fields begin with the step's name."""
    act, editor = desk.petitions, Depends(desk.accompanying_editor)

    def add(name: str, model: type[BaseModel], fields: tuple[str, ...], step: Step) -> None:
        @router.post(f"{PATH}/{{petition_id}}/{name}", name=name)
        async def take(request: Request, petition_id: str, member: StaffMember = editor) -> Response:
            form = await desk.pages.form(request)
            sent = {field: form.get(f"{name}_{field}") for field in fields}
            asked, errors = desk.checked(request, model, sent)
            if asked is None:
                petition = await desk.petitions.get(petition_id, member)
                named = {f"{name}_{field or 'state'}": text for field, text in errors.items()}
                return await _page(desk, request, petition, form.values, named)
            await step(member, petition_id, asked)
            return see_other(f"{PATH}/{petition_id}")

    add("review", ReviewIn, ("reason",), lambda by, key, sent: act.review(by, key, sent.reason))
    add("decide", DecisionIn, ("state", "reason"), lambda by, key, sent: act.decide(by, key, sent.state, sent.reason))
    add("answer", AnswerIn, ("text",), lambda by, key, sent: act.answer(by, key, sent.text))
    add("assign", AssignmentIn, ("owner", "reason"), lambda by, key, sent: act.assign(by, key, sent.owner, sent.reason))
    _add_points(router, desk)
    _add_treated(router, desk)


def _add_treated(router: PageRouter, desk: PetitionDesk) -> None:
    editor = Depends(desk.editor)

    @router.post(PATH + "/{petition_id}/treat")
    async def treat(request: Request, petition_id: str, member: StaffMember = editor) -> Response:
        """Tick its doubts as treated in a session; without one, take that back."""
        session = (await desk.pages.form(request)).get("session")[:64]
        await desk.petitions.treat(member, petition_id, session)
        return see_other(f"/office/sessions/{session}/prepare" if session else f"{PATH}/{petition_id}")


def _add_points(router: PageRouter, desk: PetitionDesk) -> None:
    editor = Depends(desk.accompanying_editor)

    @router.post(PATH + "/{petition_id}/points")
    async def give(request: Request, petition_id: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        asked, errors = desk.checked(request, PointsIn, _points(form))
        if asked is None:
            petition = await desk.petitions.get(petition_id, member)
            named = {f"{name}_{form.get('question')}": text for name, text in errors.items()}
            return await _page(desk, request, petition, form.values, named)
        await desk.petitions.score(member, petition_id, asked.question, asked.points, asked.reason)
        return see_other(f"{PATH}/{petition_id}")


def _points(form: Form) -> dict[str, str]:
    key = form.get("question")
    return {"question": key, "points": form.get(f"points_{key}"), "reason": form.get(f"reason_{key}")}
