"""Results of the past as a file brings them: read line by line, and kept under the rule that holds for all."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.feedback.domain.known import KnownProgramme
from services.feedback.domain.results import (
    FEWEST_FOR_DISTRIBUTION,
    PublishedQuestion,
    publishable_number,
    publishable_question,
)
from services.feedback.domain.tallies import HIGHEST, LOWEST
from shared.events.registration import SurveyQuestion
from shared.events.vocabulary import Language, in_language
from shared.imports.cells import number_of, whole_of
from shared.imports.columns import Column
from shared.imports.plans import Fault
from shared.problems import mark
from shared.text.numbers import half_up
from shared.text.search_words import words_of

NO_NUMBER = mark("Without the number of answers the rule of small groups cannot be applied: fill it in.")
NOT_A_WHOLE_NUMBER = mark("Write a whole number.")
NOT_A_NUMBER = mark("This is no number. Words are not converted: write the mean as a number.")
BEYOND_THE_SCALE = mark("This is beyond the scale from {lowest} to {highest}. Of another scale give both ends.")
NO_SCALE = mark("Give both ends of the scale as numbers, the lowest and the highest.")
SCORES_OF_ANOTHER_SCALE = mark("How many gave each score is taken only on the scale from 0 to 10: leave this empty.")
OTHER_MEAN = mark("The mean of these scores is {mean}.")
TOO_MANY_SCORES = mark("These are more scores than there were answers.")
NO_QUESTION = mark("The programme asks no such question. Give its key, or a key of your own with its text.")

_SCORES = range(LOWEST, HIGHEST + 1)
_TOLERANCE = Fraction(1, 100)
_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")
Cells = Mapping[str, str]
Scale = tuple[Fraction, Fraction]
OURS: Scale = (Fraction(LOWEST), Fraction(HIGHEST))

RESULT_COLUMNS = (
    Column("programme", mark("Programme"), "programa|cicle|ciclo"),
    Column("session", mark("Session"), "sessio|sesion|data|fecha|date|data de la sessio|codi", is_required=True),
    Column(
        "answers",
        mark("Number of answers"),
        "respostes|respuestas|n|nombre de respostes|numero de respuestas|num respostes",
        is_required=True,
    ),
    Column("question", mark("Question"), "pregunta|clau|clave", is_required=True),
    Column("text", mark("Text of the question"), "text de la pregunta|texto|texto de la pregunta|enunciat"),
    Column("mean", mark("Mean"), "mitjana|media|valoracio|valoracion|nota|nota mitjana|puntuacio", is_required=True),
    *(Column(f"score_{score}", mark("How many gave the score"), number=score) for score in _SCORES),
    Column("scale_min", mark("Lowest of the scale"), "minim|minimo|escala minim|puntuacio minima"),
    Column("scale_max", mark("Highest of the scale"), "maxim|maximo|escala maxim|puntuacio maxima"),
    Column("converted_from", mark("Converted from the scale")),
)


@dataclass(frozen=True, slots=True)
class Read:
    """What a line says, under the rule."""

    n: int
    question: PublishedQuestion | None
    """None where the line speaks of the session alone, as where too few answered."""


def read_line(cells: Cells, programme: KnownProgramme) -> Read | list[Fault]:
    if "answers" not in cells:
        says_nothing = not any(name in cells for name in ("mean", "question", *(f"score_{n}" for n in _SCORES)))
        return Read(0, None) if says_nothing else [Fault("answers", NO_NUMBER)]
    n, question = whole_of(cells["answers"]), _question(cells, programme)
    if n is None:
        return [Fault("answers", NOT_A_WHOLE_NUMBER)]
    if question is None:
        return Read(n, None)
    if isinstance(question, Fault):
        return [question]
    figures = _figures(cells, question, n)
    return [figures] if isinstance(figures, Fault) else Read(n, figures)


def _question(cells: Cells, programme: KnownProgramme) -> SurveyQuestion | Fault | None:
    """By the key or the words of a question of the programme; else one that the file names itself."""
    written, text = cells.get("question", ""), cells.get("text", "")
    if not written and not text:
        return Fault("question", NO_QUESTION) if "mean" in cells else None
    for known in programme.questions:
        texts = [words_of(each) for each in known.text.values()]
        if (
            known.key == written
            or (written and words_of(written) in texts)
            or (not written and words_of(text) in texts)
        ):
            return known
    if _KEY.fullmatch(written) and text:
        return SurveyQuestion(key=written, text={Language.CA: text[:300]})
    return Fault("question", NO_QUESTION)


def _figures(cells: Cells, question: SurveyQuestion, n: int) -> PublishedQuestion | Fault:
    scale, counts = _scale(cells), _counts(cells)
    if isinstance(scale, Fault):
        return scale
    if isinstance(counts, Fault):
        return counts
    mean = _mean(cells, scale)
    if isinstance(mean, Fault):
        return mean
    if counts:
        return _from_scores(cells, question, n, counts, mean, scale)
    hidden = mean is None or publishable_number(n) is None
    converted = cells.get("converted_from", "") if scale == OURS else f"{_plain(scale[0])}–{_plain(scale[1])}"
    return PublishedQuestion(
        key=question.key,
        text=question.text,
        mean=None if hidden or mean is None else float(half_up(mean, 2)),
        converted_from="" if hidden else converted[:20],
    )


def _from_scores(
    cells: Cells, question: SurveyQuestion, n: int, counts: Sequence[int], mean: Fraction | None, scale: Scale
) -> PublishedQuestion | Fault:
    column = next(f"score_{score}" for score in _SCORES if f"score_{score}" in cells)
    if scale != OURS:
        return Fault(column, SCORES_OF_ANOTHER_SCALE)
    if sum(counts) > n:
        return Fault(column, TOO_MANY_SCORES)
    exact = Fraction(sum(score * times for score, times in enumerate(counts)), sum(counts))
    if mean is not None and abs(mean - exact) > _TOLERANCE:
        return Fault("mean", OTHER_MEAN, {"mean": str(half_up(exact, 2))})
    figures = publishable_question(question, counts)
    if n < FEWEST_FOR_DISTRIBUTION:
        return figures.model_copy(update={"distribution": None})
    return figures


def _scale(cells: Cells) -> Scale | Fault:
    ends = [cells.get("scale_min", ""), cells.get("scale_max", "")]
    if not any(ends):
        return OURS
    numbers = [number_of(end) for end in ends]
    lowest, highest = numbers
    if lowest is None or highest is None or lowest >= highest:
        return Fault("scale_min", NO_SCALE)
    return Fraction(lowest), Fraction(highest)


def _counts(cells: Cells) -> list[int] | Fault:
    """How many gave each score; empty where the file does not say."""
    given = {score: whole_of(text) for score in _SCORES if (text := cells.get(f"score_{score}"))}
    for score, times in given.items():
        if times is None:
            return Fault(f"score_{score}", NOT_A_WHOLE_NUMBER)
    return [given.get(score) or 0 for score in _SCORES] if any(given.values()) else []


def _mean(cells: Cells, scale: Scale) -> Fraction | Fault | None:
    """On our scale: another is stretched to it, its ends to ours."""
    if "mean" not in cells:
        return None
    number = number_of(cells["mean"])
    if number is None:
        return Fault("mean", NOT_A_NUMBER)
    lowest, highest = scale
    if not lowest <= Fraction(number) <= highest:
        return Fault("mean", BEYOND_THE_SCALE, {"lowest": _plain(lowest), "highest": _plain(highest)})
    return (Fraction(number) - lowest) / (highest - lowest) * (HIGHEST - LOWEST) + LOWEST


def _plain(number: Fraction) -> str:
    return str(number.numerator) if number.denominator == 1 else str(float(number))


def title_of(titles: Mapping[Language, str]) -> str:
    return in_language(titles, Language.CA)
