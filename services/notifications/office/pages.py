"""The office's pages of deliveries and suppressed addresses."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from services.notifications.deliveries.domain import KIND_NAMES, STATE_NAMES, DeliveryKind, DeliveryState
from services.notifications.office.reasons import REASONS
from services.notifications.office.usecases import Addressed, DeliveryAdmin
from services.notifications.preferences.domain import (
    GROUP_NAMES,
    SUPPRESSION_NAMES,
    SuppressionChoice,
    SuppressionReason,
)
from shared.problems import mark
from shared.staff import Role, StaffMember
from shared.storage.collection import Slice
from shared.text.addresses import normalised_address
from shared.text.dates import OFFICE_ZONE, local_instant
from shared.web.audit_pages import who_acted
from shared.web.pages import CONFIRMED, Form, Pages, see_other
from shared.web.paging import CursorParameter, decode_cursor, encode_cursor
from shared.web.staff_cookie import require_role

LIST = "/office/mails"
DELIVERY = LIST + "/deliveries/{id}"
SUPPRESSIONS = LIST + "/suppressions"

NOT_A_DATE = mark("Write the dates as day, month and year.")
NOT_AN_ADDRESS = mark("Write one email address, such as name@council.cat.")

_PAGE = 50
_PLACE = 2
_MOST_SESSIONS = 50


@dataclass(frozen=True, slots=True)
class MailPages:
    _admin: DeliveryAdmin
    _pages: Pages
    trouble: Callable[[], Awaitable[str]]
    """Why no mail goes out just now; empty if they do."""

    def add_to(self, router: APIRouter) -> None:
        reads = [Depends(require_role(self._pages.office, Role.VIEWER))]
        changes = require_role(self._pages.office, Role.EDITOR)
        manages = require_role(self._pages.office, Role.ADMIN)

        async def resend(request: Request, id: str, member: Annotated[StaffMember, Depends(changes)]) -> Response:  # noqa: A002  the name in the path
            await self._pages.form(request)
            await self._admin.resend(member, id)
            return see_other(f"{LIST}/deliveries/{id}?done=1")

        async def lift(request: Request, id: str, member: Annotated[StaffMember, Depends(manages)]) -> Response:  # noqa: A002  the same
            form = await self._pages.form(request)
            if not form.get(CONFIRMED):
                suppression = await self._admin.suppression(id)
                return self._pages.render(request, "suppression_lift.html", suppression=suppression)
            await self._admin.lift(member, id)
            return see_other(f"{SUPPRESSIONS}?done=1")

        async def lift_many(request: Request, member: Annotated[StaffMember, Depends(manages)]) -> Response:
            form = await self._pages.form(request)
            try:
                choice = _choice(form)
            except ValueError:
                errors = {"since": self._pages.text(request, NOT_A_DATE)}
                return await self._list_suppressions(request, None, values=form.values, errors=errors)
            if not form.get(CONFIRMED):
                number = len(await self._admin.chosen(choice))
                return self._pages.render(
                    request, "suppressions_lift.html", values=form.values, number=number, **_WORDS
                )
            return see_other(f"{SUPPRESSIONS}?freed={await self._admin.lift_many(member, choice)}")

        router.add_api_route(LIST, self.list_all, methods=["GET"], dependencies=reads)
        router.add_api_route(LIST, self.find, methods=["POST"], dependencies=reads)
        router.add_api_route(SUPPRESSIONS, self.list_suppressions, methods=["GET"], dependencies=reads)
        router.add_api_route(f"{SUPPRESSIONS}/lift", lift_many, methods=["POST"])
        router.add_api_route(f"{SUPPRESSIONS}/{{id}}/lift", lift, methods=["POST"])
        router.add_api_route(DELIVERY, self.show, methods=["GET"], dependencies=reads)
        router.add_api_route(f"{DELIVERY}/resend", resend, methods=["POST"])

    async def list_all(
        self,
        request: Request,
        session: str = "",
        kind: str = "",
        state: str = "",
        cursor: CursorParameter = None,
    ) -> Response:
        chosen = {"session": session, "kind": kind, "state": state}
        where = {"subject_id": session, "kind": kind, "state": state}
        found = await self._admin.list_deliveries(
            {name: value for name, value in where.items() if value}, limit=_PAGE, after=decode_cursor(cursor, _PLACE)
        )
        return await self._present(request, found, chosen=chosen)

    async def find(self, request: Request) -> Response:
        """Deliveries to one address. It comes in a form, so that no address is in a URL; nothing is changed."""
        form = await self._pages.form(request)
        try:
            address = normalised_address(form.get("address"))
        except ValueError:
            errors = {"address": self._pages.text(request, NOT_AN_ADDRESS)}
            return await self._present(request, Slice([], None), values=form.values, errors=errors)
        return await self._present(request, Slice(await self._admin.find(address), None), values=form.values)

    async def show(self, request: Request, id: str, done: str = "") -> Response:  # noqa: A002  the name in the path
        found = await self._admin.delivery(id)
        return self._pages.render(
            request,
            "mail.html",
            item=found,
            titles=await self._admin.titles([found.delivery]),
            history=[
                (who_acted(self._pages, request, act.member_id, act.member_name), act.at)
                for act in await self._admin.history(id)
            ],
            may_resend=self._may(request, Role.EDITOR) and not found.delivery.open,
            is_done=bool(done),
            **_WORDS,
        )

    async def list_suppressions(
        self,
        request: Request,
        cursor: CursorParameter = None,
        done: str = "",
        freed: Annotated[int | None, Query(ge=0)] = None,
    ) -> Response:
        return await self._list_suppressions(request, cursor, is_done=bool(done), freed=freed)

    async def _list_suppressions(
        self,
        request: Request,
        cursor: str | None,
        *,
        is_done: bool = False,
        freed: int | None = None,
        values: Mapping[str, str] | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        found = await self._admin.suppressions.page(limit=_PAGE, after=decode_cursor(cursor, _PLACE))
        return self._pages.render(
            request,
            "suppressions.html",
            status=422 if errors else 200,
            suppressions=found.items,
            next=encode_cursor(found.next),
            may_lift=self._may(request, Role.ADMIN),
            is_done=is_done,
            freed=freed,
            values=values or {},
            errors=errors or {},
            group_names=GROUP_NAMES,
            **_WORDS,
        )

    async def _present(
        self,
        request: Request,
        found: Slice[Addressed],
        *,
        chosen: Mapping[str, str] | None = None,
        values: Mapping[str, str] | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        return self._pages.render(
            request,
            "mails.html",
            status=422 if errors else 200,
            items=found.items,
            titles=await self._admin.titles([item.delivery for item in found.items]),
            sessions=await self._admin.nearest_sessions(_MOST_SESSIONS),
            today=await self._admin.today(),
            trouble=await self.trouble(),
            chosen=chosen or {},
            next=encode_cursor(found.next),
            values=values or {},
            errors=errors or {},
            **_WORDS,
        )

    def _may(self, request: Request, role: Role) -> bool:
        member = self._pages.member(request)
        return member is not None and member.role >= role


def _choice(form: Form) -> SuppressionChoice:
    """What is to be freed; days are the office's.

    Raises:
        ValueError: a day or the reason is none.
    """
    since, until = (_midnight(form.get(name)) for name in ("since", "until"))
    return SuppressionChoice(
        reason=SuppressionReason(form.get("reason")),
        domain=form.get("domain").strip().removeprefix("@").lower(),
        since=since,
        until=until + timedelta(days=1) if until else None,
    )


def _midnight(day: str) -> datetime | None:
    """Raises ValueError if it is no day of our time."""
    if not day:
        return None
    if instant := local_instant(day, OFFICE_ZONE):
        return instant
    raise ValueError(day)


_WORDS: Mapping[str, Any] = {
    "reason_names": SUPPRESSION_NAMES,
    "kind_names": KIND_NAMES,
    "state_names": STATE_NAMES,
    "reasons": REASONS,
    "zone": OFFICE_ZONE,
    "good": (DeliveryState.SENT,),
    "bad": (DeliveryState.BOUNCED, DeliveryState.FAILED),
    "kinds": tuple(DeliveryKind),
    "states": tuple(DeliveryState),
}
"""What the templates of mails share."""
