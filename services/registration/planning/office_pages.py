"""Planning a series: a rule suggests dates, each may be moved or left out, and one step schedules them all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ValidationError

from services.registration.planning.domain import MOST_MONTHS, UNTITLED, Rule, Suggestion
from services.registration.planning.usecases import Planning, planned_id
from services.registration.programmes.domain import Programme
from services.registration.programmes.usecases import Programmes
from services.registration.sessions.schemas import Capacity, Duration, SessionIn
from shared import ids
from shared.problems import mark
from shared.staff import StaffMember
from shared.text.dates import LOCALES, local_instant
from shared.web.desk import NO_SUCH_TIME, Desk, sent_id
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Form, see_other

PLACES = {"1": mark("first"), "2": mark("second"), "3": mark("third"), "4": mark("fourth"), "-1": mark("last")}
NO_MONTH = mark("Write year and month, such as 2026-09, the last one not before the first.")
NO_TIME = mark("Write hour and minutes, such as 10:00.")
NOTHING_KEPT = mark("Choose at least one of the dates.")
WRONG_TITLE = mark("This title is too long, or holds signs that cannot be shown.")
LATEST_YEAR = 2199
NO_DAY = datetime(9999, 6, 1)
"""Of a row whose day cannot be read: nothing is flagged."""
LAST_MONTH = 6


class SeriesDefaults(BaseModel):
    duration_minutes: Duration
    capacity: Capacity | None


@dataclass(frozen=True)
class PlanningDesk(Desk):
    planning: Planning
    programmes: Programmes


def routes(desk: PlanningDesk) -> PageRouter:
    router = page_router(desk.pages)
    path = "/office/programmes/{slug}/plan"
    editor = Depends(desk.editor)

    @router.get(path)
    async def plan(request: Request, slug: str, _: StaffMember = editor) -> HTMLResponse:
        """Sent by GET, since suggestions change nothing."""
        programme = await desk.programmes.get(slug)
        asked = Form(dict(request.query_params))
        values = {**_defaults(desk, programme), **asked.values}
        if not asked.get("nth"):
            return _rule_page(desk, request, programme, values, {})
        rule, errors = _rule(desk, request, Form(values))
        if rule is None:
            return _rule_page(desk, request, programme, values, errors)
        found = await desk.planning.suggest(programme, rule, desk.pages.language(request))
        rows = [_row(place, item, kept=item.is_advisable) for place, item in enumerate(found)]
        values["plan"] = ids.new_id()
        return _plan_page(
            desk, request, {}, programme=programme, rows=rows, values=values, exceeds_plan=rule.exceeds_plan
        )

    @router.post(path)
    async def schedule(request: Request, slug: str, member: StaffMember = editor) -> Response:
        form = await desk.pages.form(request)
        programme = await desk.programmes.get(slug)
        values = {**_defaults(desk, programme), **form.values}
        if errors := _errors_of_each(desk, request, form):
            return _rule_page(desk, request, programme, values, errors)
        plan_id = sent_id(form, "plan")
        kept, errors = _sessions(desk, request, form, programme)
        if errors:
            rows, values = await _rows_again(desk, request, form, programme), {**values, "plan": plan_id}
            return _plan_page(desk, request, errors, programme=programme, rows=rows, values=values, exceeds_plan=False)
        planned = [session.session(planned_id(plan_id, place)) for place, session in kept]
        await desk.planning.schedule(member, slug, planned)
        return see_other(f"/office/sessions?programme={slug}")

    return router


def _defaults(desk: PlanningDesk, programme: Programme) -> dict[str, str]:
    """The last Thursday of each month until June."""
    today = desk.clock().astimezone(ZoneInfo(programme.time_zone)).date()
    last_june = today.year if today.month <= LAST_MONTH else today.year + 1
    return {
        "nth": "-1",
        "weekday": "3",
        "first": f"{today:%Y-%m}",
        "last": f"{last_june}-{LAST_MONTH:02}",
        "at": "10:00",
        "duration_minutes": "60",
        "title_ca": "",
        "capacity": "",
    }


def _rule(desk: PlanningDesk, request: Request, asked: Form) -> tuple[Rule | None, dict[str, str]]:
    errors: dict[str, str] = {}
    first, last, at = _month(asked.get("first")), _month(asked.get("last")), _time(asked.get("at"))
    if first is None or last is None or last < first:
        errors["last" if first else "first"] = desk.pages.text(request, NO_MONTH)
    if at is None:
        errors["at"] = desk.pages.text(request, NO_TIME)
    errors |= _errors_of_each(desk, request, asked)
    if errors or at is None or first is None or last is None:
        return None, errors
    nth = int(asked.get("nth")) if asked.get("nth") in PLACES else -1
    weekday = int(asked.get("weekday")) if asked.get("weekday") in [*"0123456"] else 3
    return Rule(nth, weekday, first, last, at), {}


def _errors_of_each(desk: PlanningDesk, request: Request, asked: Form) -> dict[str, str]:
    fields = {"duration_minutes": asked.get("duration_minutes"), "capacity": asked.get("capacity") or None}
    return desk.checked(request, SeriesDefaults, fields)[1]


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        return None


def _month(text: str) -> date | None:
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return month if 2000 <= month.year <= LATEST_YEAR else None


def _row(place: int, item: Suggestion, *, kept: bool) -> dict[str, Any]:
    return {"place": place, "item": item, "kept": kept, "at": item.at.strftime("%Y-%m-%dT%H:%M"), "title": None}


async def _rows_again(desk: PlanningDesk, request: Request, form: Form, programme: Programme) -> list[dict[str, Any]]:
    """The rows as sent, with the present flags of their days."""
    language = desk.pages.language(request)
    rows = []
    for place in range(MOST_MONTHS):
        if not (typed := form.get(f"starts_at_{place}")):
            continue
        item = Suggestion(NO_DAY, holiday="", is_taken=False)
        if instant := local_instant(typed, programme.time_zone):
            local = instant.astimezone(ZoneInfo(programme.time_zone)).replace(tzinfo=None)
            [item] = await desk.planning.weigh(programme, [local], language)
        row = _row(place, item, kept=bool(form.get(f"keep_{place}")))
        rows.append({**row, "title": form.get(f"title_{place}"), "at": typed})
    return rows


def _sessions(
    desk: PlanningDesk, request: Request, form: Form, programme: Programme
) -> tuple[list[tuple[int, SessionIn]], dict[str, str]]:
    """The kept sessions with their places, or the errors by field."""
    places = [place for place in range(MOST_MONTHS) if form.get(f"keep_{place}")]
    kept: list[tuple[int, SessionIn]] = []
    errors = {} if places else {"keep_0": desk.pages.text(request, NOTHING_KEPT)}
    for place in places:
        instant = local_instant(form.get(f"starts_at_{place}"), programme.time_zone)
        if instant is None or instant < desk.clock():
            errors[f"starts_at_{place}"] = desk.pages.text(request, NO_SUCH_TIME)
            continue
        fields = {
            "programme": programme.id,
            "title": {"ca": title} if (title := form.get(f"title_{place}")) else UNTITLED,
            "starts_at": instant,
            "duration_minutes": form.get("duration_minutes"),
            "capacity": form.get("capacity") or None,
            "tentative": bool(form.get("tentative")),
        }
        try:
            kept.append((place, SessionIn.model_validate(fields, strict=False)))
        except ValidationError:
            errors[f"title_{place}"] = desk.pages.text(request, WRONG_TITLE)
    return kept, errors


def _rule_page(
    desk: PlanningDesk, request: Request, programme: Programme, values: Mapping[str, str], errors: Mapping[str, str]
) -> HTMLResponse:
    names = get_day_names("wide", locale=LOCALES[desk.pages.language(request)])
    return desk.again(
        request,
        "office/plan_rule.html",
        errors,
        programme=programme,
        places=[(value, desk.pages.text(request, name)) for value, name in PLACES.items()],
        weekdays=[(str(number), names[number]) for number in range(7)],
        values=values,
    )


def _plan_page(desk: PlanningDesk, request: Request, errors: Mapping[str, str], **shown: Any) -> HTMLResponse:
    return desk.again(request, "office/plan.html", errors, most_months=MOST_MONTHS, untitled=UNTITLED, **shown)
