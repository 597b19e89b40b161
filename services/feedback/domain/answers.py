"""What one person sends: scores and a comment, checked before anything is stored."""

from collections.abc import Mapping, Sequence

from services.feedback.domain.problems import NoAnswerProblem, UnknownQuestionProblem
from shared.problems import mark
from shared.text.unseen import holds_unseen, tidy_line

COMMENT_LENGTH = 300
"""As browsers count: an emoji is two."""
CONTROL_CHARACTERS = mark("This holds characters that cannot be shown.")
COMMENT_TOO_LONG = mark("The comment has more than 300 characters.")


def clean_comment(text: str) -> str:
    """The comment tidied and stripped, its line ends alike.

    Raises:
        ValueError: it holds unseen characters or is longer than 300 characters; the words are a message id.
    """
    cleaned = tidy_line(text).replace("\r\n", "\n").replace("\r", "\n").strip()
    if holds_unseen(cleaned, allowed="\n"):
        raise ValueError(CONTROL_CHARACTERS)
    if len(cleaned.encode("utf-16-le")) > 2 * COMMENT_LENGTH:
        raise ValueError(COMMENT_TOO_LONG)
    return cleaned


def check_answers(answers: Mapping[str, int], questions: Sequence[str]) -> None:
    """Refuse what the survey does not ask.

    Raises:
        NoAnswerProblem: not one question has a score.
        UnknownQuestionProblem: a score for something else.
    """
    if not answers:
        raise NoAnswerProblem
    for key in answers:
        if key not in questions:
            raise UnknownQuestionProblem(question=key)
