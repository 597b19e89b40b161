"""What people may send: texts tidied and free of unseen characters, unknown fields refused."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from services.proposals.usecases.proposals import NewProposal
from shared.events.vocabulary import Language, ProposalKind
from shared.problems import mark
from shared.text.addresses import EmailAddress
from shared.text.unseen import holds_unseen, tidied, tidied_line

MAX_TITLE = 200
MAX_TEXT = 4000
MAX_SCHEDULED_TOGETHER = 50

ONE_LINE = mark("This must be one line without control characters.")
PLAIN_TEXT = mark("This must not hold control characters.")


def _one_line(text: str) -> str:
    if holds_unseen(text):
        raise ValueError(ONE_LINE)
    return text


def _plain_text(text: str) -> str:
    lines = text.replace("\r\n", "\n")
    if holds_unseen(lines, allowed="\n\t"):
        raise ValueError(PLAIN_TEXT)
    return lines


_Stripped = StringConstraints(strip_whitespace=True)
_Tidied = BeforeValidator(tidied)
Title = Annotated[
    str,
    _Stripped,
    Field(min_length=1, max_length=MAX_TITLE),
    BeforeValidator(tidied_line),
    AfterValidator(_one_line),
]
Text = Annotated[str, _Stripped, Field(max_length=MAX_TEXT), _Tidied, AfterValidator(_plain_text)]
Written = Annotated[str, _Stripped, Field(min_length=1, max_length=MAX_TEXT), _Tidied, AfterValidator(_plain_text)]
Identifier = Annotated[str, Field(pattern=r"^[a-z2-7]{1,64}$")]
Slug = Annotated[str, Field(min_length=1, max_length=100)]


class Form(BaseModel):
    """Base of all requests."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProposalForm(Form):
    """A topic or a recurrent doubt for the sessions of a programme."""

    programme: Slug
    title: Title
    body: Text = ""
    kind: ProposalKind = ProposalKind.TOPIC
    email: EmailAddress | None = None
    """Where to tell what becomes of it; never shown."""
    language: Language = Language.CA

    def new_proposal(self) -> NewProposal:
        return NewProposal(
            programme=self.programme,
            kind=self.kind,
            title=self.title,
            body=self.body,
            email=self.email or "",
            language=self.language,
        )


class WrittenProposalForm(ProposalForm):
    """As the page asks for it: a title and what is behind it."""

    body: Written


class SupportForm(Form):
    """Where to send the link that confirms the support."""

    email: EmailAddress
    language: Language = Language.CA


class EmptyForm(Form):
    """Nothing to say: `{}`."""


class ScheduleForm(Form):
    """The session that will treat the proposal."""

    session: Identifier


class ScheduleManyForm(ScheduleForm):
    """The session that will treat these proposals."""

    proposals: Annotated[list[Identifier], Field(min_length=1, max_length=MAX_SCHEDULED_TOGETHER)]


class AnswerForm(Form):
    """The answer in words, if there is one to be read."""

    reason: Text = ""


class DeclineForm(Form):
    """Why it will not be treated: the author and the supporters read it."""

    reason: Written


class MergeForm(Form):
    """The proposal in which this one goes on."""

    into: Identifier


class ProposalOrder(StrEnum):
    """How a list of proposals is ordered."""

    NEWEST = "newest"
    SUPPORTS = "supports"
