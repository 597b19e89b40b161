"""The office's pages of the mails' texts: how each reads, and what a programme adds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import ValidationError

from services.notifications.deliveries.domain import KIND_NAMES, DeliveryKind
from services.notifications.rendering.mail_texts import STYLE
from services.notifications.rendering.wording import MAX_LETTERS, NOTHING, Addition
from services.notifications.wording.usecases import Wordings
from shared.events.vocabulary import Language
from shared.staff import Role, StaffMember
from shared.web.pages import LANGUAGE_NAMES, Pages, see_other
from shared.web.staff_cookie import require_role

CHOOSE = "/office/mails/wording"
PROGRAMME = CHOOSE + "/{programme}"
MAIL = PROGRAMME + "/{kind}/{language}"


@dataclass(frozen=True, slots=True)
class WordingPages:
    _wordings: Wordings
    _pages: Pages

    def add_to(self, router: APIRouter) -> None:
        reads = [Depends(require_role(self._pages.office, Role.VIEWER))]
        manages = require_role(self._pages.office, Role.ADMIN)

        async def adjust(
            request: Request,
            programme: str,
            kind: DeliveryKind,
            language: Language,
            member: Annotated[StaffMember, Depends(manages)],
        ) -> Response:
            """Preview, save or restore the default, by the button that was pressed."""
            form = await self._pages.form(request)
            try:
                addition = Addition(introduction=form.get("introduction"), closing=form.get("closing"))
            except ValidationError as error:
                faults = error.errors()
                errors = {str(each["loc"][0]): self._pages.text(request, str(each["ctx"]["error"])) for each in faults}
                return await self._present(
                    request, programme, kind, language, NOTHING, form.values, status=422, errors=errors
                )
            if form.get("act") not in ("save", "reset"):
                return await self._present(request, programme, kind, language, addition, form.values)
            chosen = NOTHING if form.get("act") == "reset" else addition
            await self._wordings.adjust(member, programme, kind, language, chosen)
            return see_other(f"{CHOOSE}/{programme}/{kind}/{language}?done=1")

        router.add_api_route(CHOOSE, self.choose, methods=["GET"], dependencies=reads)
        router.add_api_route(PROGRAMME, self.list_kinds, methods=["GET"], dependencies=reads)
        router.add_api_route(MAIL, self.show, methods=["GET"], dependencies=reads)
        router.add_api_route(MAIL, adjust, methods=["POST"])

    async def choose(self, request: Request) -> Response:
        return self._pages.render(request, "wording_programmes.html", programmes=await self._wordings.programmes())

    async def list_kinds(self, request: Request, programme: str) -> Response:
        known, wording = await self._wordings.read(programme)
        return self._pages.render(
            request,
            "wording_kinds.html",
            programme=known,
            wording=wording,
            nothing=NOTHING,
            kind_names=KIND_NAMES,
            language_names=LANGUAGE_NAMES,
        )

    async def show(
        self, request: Request, programme: str, kind: DeliveryKind, language: Language, done: str = ""
    ) -> Response:
        _, wording = await self._wordings.read(programme)
        addition = wording.of(kind, language)
        values = addition.model_dump()
        return await self._present(request, programme, kind, language, addition, values, is_done=bool(done))

    async def _present(
        self,
        request: Request,
        programme: str,
        kind: DeliveryKind,
        language: Language,
        addition: Addition,
        values: Mapping[str, str],
        *,
        is_done: bool = False,
        **more: Any,
    ) -> Response:
        known, wording = await self._wordings.read(programme)
        member = self._pages.member(request)
        return self._pages.render(
            request,
            "wording.html",
            styles=(STYLE,),
            programme=known,
            kind=kind,
            kind_name=KIND_NAMES[kind],
            mail_language=language,
            language_names=LANGUAGE_NAMES,
            preview=await self._wordings.preview(programme, kind, language, addition),
            is_unsaved=addition != wording.of(kind, language),
            is_adjusted=wording.of(kind, language) != NOTHING,
            may_adjust=member is not None and member.role >= Role.ADMIN,
            max_letters=MAX_LETTERS,
            values=values,
            is_done=is_done,
            **more,
        )
