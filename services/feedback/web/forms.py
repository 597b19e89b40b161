"""The survey's form as a page sends it (`application/x-www-form-urlencoded`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from services.feedback.domain.answers import clean_comment
from services.feedback.domain.problems import NoAnswerProblem
from services.feedback.domain.tallies import HIGHEST, LOWEST
from shared.problems import mark

_MAX_FIELDS = 100
_PREFIX = "q-"
COMMENT_FIELD = "comment"
NOT_A_SCORE = mark("This is not one of the accepted values.")


@dataclass(frozen=True, slots=True)
class SentForm:
    """What was sent, as it was sent, so that a form with errors shows it again."""

    answers: dict[str, int] = field(default_factory=dict)
    comment: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    """Message ids by the id of the field on the page."""


def field_id(key: str) -> str:
    """The id on the page of a question's group of scores."""
    return _PREFIX + key


def read_sent_form(body: bytes, questions: Sequence[str]) -> SentForm:
    """The form with what is wrong in it; a body that is no form counts as an empty one."""
    try:
        sent = dict(parse_qsl(body.decode(), max_num_fields=_MAX_FIELDS))
    except ValueError:
        sent = {}
    errors: dict[str, str] = {}
    answers = {}
    for key in questions:
        if text := sent.get(field_id(key), ""):
            if text.isdecimal() and LOWEST <= int(text[:3]) <= HIGHEST:
                answers[key] = int(text[:3])
            else:
                errors[field_id(key)] = NOT_A_SCORE
    if not answers and not errors and questions:
        errors[field_id(questions[0])] = NoAnswerProblem.title
    try:
        comment = clean_comment(sent.get(COMMENT_FIELD, ""))
    except ValueError as error:
        comment = sent[COMMENT_FIELD]
        errors[COMMENT_FIELD] = str(error)
    return SentForm(answers, comment, errors)
