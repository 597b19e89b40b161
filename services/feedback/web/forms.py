"""The survey's form as a page sends it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.feedback.domain.answers import clean_comment
from services.feedback.domain.problems import NoAnswerProblem
from services.feedback.domain.tallies import HIGHEST, LOWEST
from shared.problems import mark

FORM = "form"
"""The id of the page's heading, where errors of the whole form lead."""
COMMENT_FIELD = "comment"
_PREFIX = "q-"
NOT_A_SCORE = mark("Choose a number from 0 to 10.")


@dataclass(frozen=True, slots=True)
class SentForm:
    """What was sent, as it was sent, so that a form with errors shows it again."""

    values: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, int] = field(default_factory=dict)
    comment: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    """Message ids by the id of the field on the page."""


def field_id(key: str) -> str:
    return _PREFIX + key


def read_sent_form(values: Mapping[str, str], questions: Sequence[str]) -> SentForm:
    errors: dict[str, str] = {}
    answers = {}
    for key in questions:
        if text := values.get(field_id(key), ""):
            if text.isdecimal() and LOWEST <= int(text[:3]) <= HIGHEST:
                answers[key] = int(text[:3])
            else:
                errors[field_id(key)] = NOT_A_SCORE
    if not answers and not errors and questions:
        errors[field_id(questions[0])] = NoAnswerProblem.title
    comment = values.get(COMMENT_FIELD, "")
    try:
        comment = clean_comment(comment)
    except ValueError as error:
        errors[COMMENT_FIELD] = str(error)
    return SentForm(values, answers, comment, errors)
