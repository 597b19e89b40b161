"""The steps of the office as its pages send them."""

from collections.abc import Mapping

from services.proposals.usecases.steps import Steps
from services.proposals.web.forms import AnswerForm, DeclineForm, EmptyForm, Form, MergeForm, ScheduleForm
from services.proposals.web.wording import OfficeStep
from shared.staff import StaffMember

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

PICK = "pick-"
"""Begins the names of the checkboxes; a proposal's id follows."""


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


def picked(sent: Mapping[str, str]) -> list[str]:
    """The proposals whose checkboxes were ticked."""
    return [name.removeprefix(PICK) for name in sent if name.startswith(PICK)]
