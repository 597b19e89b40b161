"""The forms of the pages as models, and what is wrong with them in words beside their fields."""

from collections.abc import Mapping

from fastapi import Request
from pydantic import ValidationError

from services.proposals.usecases.steps import Steps
from services.proposals.web.forms import AnswerForm, DeclineForm, EmptyForm, Form, MergeForm, ScheduleForm
from services.proposals.web.wording import OfficeStep
from shared.problems import mark
from shared.staff import StaffMember
from shared.web.pages import Pages
from shared.web.problems import field_errors

EMPTY = {
    "programme": mark("Choose the programme."),
    "title": mark("Write your proposal in one line."),
    "body": mark("Write what you would like to know."),
    "reason": mark("Write the reason: author and supporters will read it."),
    "email": mark("Write your email address."),
    "session": mark("Choose the session."),
    "into": mark("Choose the proposal in which this one will go on."),
    "proposals": mark("Choose the proposals."),
}
"""What to say of a field that was left empty."""


def form_errors(
    pages: Pages, request: Request, error: ValidationError, names: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Messages in the reader's language by field; `names` are fields that a page names differently from its model."""
    found: dict[str, str] = {}
    for fault in error.errors():
        field = str(fault["loc"][0])
        [said] = field_errors([{**fault, "loc": ("body", field)}], pages.words, pages.language(request))
        is_empty = not fault["input"]
        message = pages.text(request, EMPTY[field]) if is_empty and field in EMPTY else said.detail
        found.setdefault((names or {}).get(field, field), message)
    return found


FIELDS: Mapping[OfficeStep, Mapping[str, str]] = {
    OfficeStep.REVIEW: {},
    OfficeStep.SCHEDULE: {"session": "session"},
    OfficeStep.ANSWER: {"reason": "answer"},
    OfficeStep.DECLINE: {"reason": "reason"},
    OfficeStep.MERGE: {"into": "into"},
}
"""Each step's fields: the model's name, then the page's, where several forms stand together."""

_MODELS: Mapping[OfficeStep, type[Form]] = {
    OfficeStep.REVIEW: EmptyForm,
    OfficeStep.SCHEDULE: ScheduleForm,
    OfficeStep.ANSWER: AnswerForm,
    OfficeStep.DECLINE: DeclineForm,
    OfficeStep.MERGE: MergeForm,
}


def read_step(step: OfficeStep, sent: Mapping[str, str]) -> Form:
    """What was sent for a step.

    Raises:
        pydantic.ValidationError: a field is wrong.
    """
    return _MODELS[step].model_validate({name: sent.get(field, "").strip() for name, field in FIELDS[step].items()})


async def take_step(steps: Steps, by: StaffMember, proposal_id: str, form: Form) -> None:
    """Take the step that a form stands for.

    Raises:
        Problem: the step is not possible.
    """
    match form:
        case ScheduleForm():
            await steps.schedule(by, proposal_id, form.session)
        case AnswerForm():
            await steps.answer(by, proposal_id, form.reason)
        case DeclineForm():
            await steps.decline(by, proposal_id, form.reason)
        case MergeForm():
            await steps.merge(by, proposal_id, form.into)
        case _:
            await steps.review(by, proposal_id)
