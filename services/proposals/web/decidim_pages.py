"""The file of proposals for Decidim. Its page warns of what an import does there, and remembers what was exported."""

from typing import Annotated

import orjson
from fastapi import Depends, Request, Response

from services.proposals.domain import decidim as rules
from services.proposals.usecases import UseCases
from services.proposals.web import wording
from shared.staff import Role, StaffMember
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Pages, see_other
from shared.web.staff_cookie import require_role

PATH = "/office/proposals/decidim"
FILE = f"{PATH}.json"


def decidim_routes(use_cases: UseCases, pages: Pages) -> PageRouter:
    router = page_router(pages)
    editor = Annotated[StaffMember, Depends(require_role(pages.office, Role.EDITOR))]

    @router.get(PATH)
    async def show(request: Request, _: editor, programme: str = "") -> Response:
        programmes = await use_cases.proposals.programmes()
        chosen = next(iter(programmes), "") if len(programmes) == 1 else programme
        found, exports = await use_cases.decidim.exportable(chosen), await use_cases.decidim.of(chosen)
        return pages.render(
            request,
            "office_decidim.html",
            programme=programmes.get(chosen),
            programme_choices=wording.programme_choices(pages, request, programmes),
            every=len(found),
            left=len(rules.left(found, exports)),
            exported_at=exports.at,
            calendar=f"{pages.public_url.rstrip('/')}/programmes/{chosen}/calendar.ics",
        )

    @router.post(FILE)
    async def export(request: Request, member: editor, programme: str = "") -> Response:
        form = await pages.form(request)
        given = await use_cases.decidim.export(member, programme, again=bool(form.get("again")))
        if not given:
            return see_other(f"{PATH}?programme={programme}")
        headers = {"content-disposition": 'attachment; filename="decidim.json"'}
        content = orjson.dumps(rules.rows(given), option=orjson.OPT_INDENT_2)
        return Response(content, media_type="application/json", headers=headers)

    return router
