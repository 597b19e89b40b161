"""What each programme gives to what counts in the weight of a proposal."""

from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic import ValidationError

from services.proposals.domain.problems import ProgrammeUnknownProblem
from services.proposals.usecases import UseCases
from services.proposals.web import wording
from services.proposals.web.forms import WeightsForm, form_errors
from shared.staff import Role, StaffMember
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Pages, see_other
from shared.web.staff_cookie import require_role

PATH = "/office/proposals/weights"


def weights_routes(use_cases: UseCases, pages: Pages) -> PageRouter:
    """A viewer reads, an administrator sets."""
    router = page_router(pages)
    viewer = Annotated[StaffMember, Depends(require_role(pages.office, Role.VIEWER))]
    admin = Annotated[StaffMember, Depends(require_role(pages.office, Role.ADMIN))]

    async def page(request: Request, slug: str, member: StaffMember, **more: Any) -> Response:
        programmes = await use_cases.proposals.programmes()
        chosen = next(iter(programmes), "") if len(programmes) == 1 else slug
        weights = await use_cases.weighing.of(chosen)
        values = {name: str(getattr(weights, name)) for name in WeightsForm.model_fields}
        shown = {
            "programme": programmes.get(chosen),
            "values": values,
            "programme_choices": wording.programme_choices(pages, request, programmes),
            "may_act": member.role >= Role.ADMIN,
            "was_saved": "saved" in request.query_params,
        }
        return pages.render(request, "office_weights.html", **(shown | more))

    @router.get(PATH)
    async def show(request: Request, member: viewer, programme: str = "") -> Response:
        return await page(request, programme, member)

    @router.post(PATH)
    async def set_weights(request: Request, member: admin, programme: str = "") -> Response:
        form = await pages.form(request)
        if programme not in await use_cases.proposals.programmes():
            raise ProgrammeUnknownProblem("/programme")
        try:
            sent = WeightsForm.model_validate({name: form.get(name) for name in WeightsForm.model_fields}, strict=False)
        except ValidationError as error:
            errors = form_errors(pages, request, error)
            return await page(request, programme, member, status=422, values=form.values, errors=errors)
        await use_cases.weighing.set(member, programme, dict(sent))
        return see_other(f"{PATH}?programme={programme}&saved=1")

    return router
