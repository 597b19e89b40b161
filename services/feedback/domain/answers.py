"""What one person sends: scores and a comment, checked before anything is stored."""

import unicodedata
from collections.abc import Mapping, Sequence

from services.feedback.domain.problems import NoAnswerProblem, UnknownQuestionProblem
from shared.problems import mark

COMMENT_LENGTH = 300
_BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
CONTROL_CHARACTERS = mark("This holds characters that cannot be shown.")
COMMENT_TOO_LONG = mark("The comment has more than 300 characters.")


def clean_comment(text: str) -> str:
    """The comment stripped, its line ends alike.

    Raises:
        ValueError: it holds control characters or is longer than 300 characters; the words are a message id.
    """
    cleaned = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(_is_unseen(character) for character in cleaned):
        raise ValueError(CONTROL_CHARACTERS)
    if len(cleaned) > COMMENT_LENGTH:
        raise ValueError(COMMENT_TOO_LONG)
    return cleaned


def _is_unseen(character: str) -> bool:
    if character == "\n":
        return False
    return unicodedata.category(character) in ("Cc", "Cs", "Cn", "Co") or character in _BIDI_OVERRIDES


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
