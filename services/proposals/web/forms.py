"""What people may send to the API and by the pages' forms, and the messages beside a form's fields.

Texts are tidied and hold no unseen characters; unknown fields are refused.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from fastapi import Request
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError

from services.proposals.usecases.proposals import NewProposal
from services.proposals.usecases.steps import Steps
from services.proposals.web.wording import OfficeStep
from shared.events.vocabulary import Language, ProposalKind
from shared.problems import mark
from shared.staff import StaffMember
from shared.text.addresses import EmailAddress
from shared.text.fields import OneLine
from shared.text.unseen import holds_unseen, tidied
from shared.web.pages import Pages
from shared.web.problems import field_errors
from shared.web.schemas import RequestModel

MAX_TITLE = 200
MAX_TEXT = 4000
MAX_SCHEDULED_TOGETHER = 50

PLAIN_TEXT = mark("This must not hold control characters.")


def _plain_text(text: str) -> str:
    lines = text.replace("\r\n", "\n")
    if holds_unseen(lines, allowed="\n\t"):
        raise ValueError(PLAIN_TEXT)
    return lines


_Stripped = StringConstraints(strip_whitespace=True)
_Tidied = BeforeValidator(tidied)
Title = Annotated[OneLine, Field(min_length=1, max_length=MAX_TITLE)]
Text = Annotated[str, _Stripped, Field(max_length=MAX_TEXT), _Tidied, AfterValidator(_plain_text)]
Written = Annotated[str, _Stripped, Field(min_length=1, max_length=MAX_TEXT), _Tidied, AfterValidator(_plain_text)]
Identifier = Annotated[str, Field(pattern=r"^[a-z2-7]{1,64}$")]
EntityCode = Annotated[OneLine, Field(max_length=20)]
Factor = Annotated[int, Field(ge=0, le=100)]
Slug = Annotated[str, Field(min_length=1, max_length=100)]


class ProposalForm(RequestModel):
    """A topic or a recurrent doubt for the sessions of a programme."""

    programme: Slug
    title: Title
    body: Text = ""
    kind: ProposalKind = ProposalKind.TOPIC
    email: EmailAddress | None = None
    """For mails about the proposal; never shown."""
    language: Language = Language.CA
    entity: EntityCode = ""
    """For which local entity one proposes, by its code in the directory; never shown."""

    def new_proposal(self) -> NewProposal:
        return NewProposal(**dict(self))


class WrittenProposalForm(ProposalForm):
    """The page also requires a body."""

    body: Written


class SupportForm(RequestModel):
    """Where to send the link that confirms the support."""

    email: EmailAddress
    language: Language = Language.CA
    entity: EntityCode = ""
    """For which local entity one supports it, by its code in the directory; never shown."""


class EmptyForm(RequestModel):
    """An empty body: `{}`."""


class ScheduleForm(RequestModel):
    """The session that will treat the proposal."""

    session: Identifier


class ScheduleManyForm(ScheduleForm):
    """The session that will treat these proposals."""

    proposals: Annotated[list[Identifier], Field(min_length=1, max_length=MAX_SCHEDULED_TOGETHER)]


class AnswerForm(RequestModel):
    """The answer in words, if any."""

    reason: Text = ""


class DeclineForm(RequestModel):
    """Why it will not be treated: the author and the supporters read it."""

    reason: Written


class MergeForm(RequestModel):
    """The proposal in which this one goes on."""

    into: Identifier


class WeightsForm(RequestModel):
    """What each count is multiplied by."""

    supports: Factor
    councils: Factor
    small_councils: Factor
    months: Factor


class ProposalOrder(StrEnum):
    """How a list of proposals is ordered."""

    NEWEST = "newest"
    SUPPORTS = "supports"


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
"""Messages for fields left empty."""


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
"""Each step's fields: the page's name by the model's, since several forms share the page."""

_MODELS: Mapping[OfficeStep, type[RequestModel]] = {
    OfficeStep.REVIEW: EmptyForm,
    OfficeStep.SCHEDULE: ScheduleForm,
    OfficeStep.ANSWER: AnswerForm,
    OfficeStep.DECLINE: DeclineForm,
    OfficeStep.MERGE: MergeForm,
}


def read_step(step: OfficeStep, sent: Mapping[str, str]) -> RequestModel:
    """Raises:
    pydantic.ValidationError: a field is wrong.
    """
    return _MODELS[step].model_validate({name: sent.get(field, "").strip() for name, field in FIELDS[step].items()})


async def take_step(steps: Steps, by: StaffMember, proposal_id: str, form: RequestModel) -> None:
    """Take the step that belongs to a form's type."""
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
