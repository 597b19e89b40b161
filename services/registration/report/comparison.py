"""Two years beside each other, as the page shows them and as rows of a table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.registration.coverage.domain import Area
from services.registration.report.commitments import question_text
from services.registration.report.domain import Facts, HeldSession, Question, Report
from services.registration.report.figures import Figure, Shape, figures
from shared.events.vocabulary import Language
from shared.problems import mark
from shared.storage.contract import Scalar
from shared.text.dates import date_in_figures
from shared.text.numbers import half_up

Years = tuple[Report, Report]
"""The year of the report and the one before."""
Texts = Mapping[Language, str]
Words = str | Texts
"""Marked words, or a text in several languages."""

MEANS = mark("Means of the surveys")
EACH_SESSION = mark("Each session")
PROVINCES, COMARQUES = mark("By province"), mark("By comarca")
REGISTERED, CAME, ENTITIES = mark("Registered"), mark("Attended"), mark("Local entities that came")
ANSWERS, MEAN = mark("Answers"), mark("Mean")
COUNCILS, COUNCILS_CAME = mark("Councils"), mark("Came at least once")
_DIGITS = {Shape.WHOLE: 0, Shape.SHARE: 2, Shape.DAYS: 1}


@dataclass(frozen=True, slots=True)
class Row:
    part: str
    what: Words
    name: Words
    values: tuple[Scalar, Scalar]


def figures_by_part(years: Years) -> dict[str, list[tuple[Figure, Figure]]]:
    parts: dict[str, list[tuple[Figure, Figure]]] = {}
    for now, before in zip(*map(figures, years), strict=True):
        parts.setdefault(now.part, []).append((now, before))
    return parts


def questions_of(years: Years) -> list[tuple[Question | None, Question | None]]:
    """Each question that was asked in either year, with its figures in both."""
    now, before = ({each.key: each for each in year.questions} for year in years)
    return [(now.get(key), before.get(key)) for key in {**now, **before}]


def areas_of(years: Years) -> dict[str, list[tuple[Area, Area]]]:
    """The same areas in both years: those of the directory."""
    now, before = (year.coverage for year in years)
    return {
        PROVINCES: list(zip(now.provinces, before.provinces, strict=True)),
        COMARQUES: list(zip(now.comarques, before.comarques, strict=True)),
    }


def rows(facts: Facts, years: Years) -> Iterator[Row]:
    """Everything that the report says, one figure a row."""
    for now, before in zip(*map(figures, years), strict=True):
        yield Row(now.part, {}, now.name, (_written(now), _written(before)))
    for questions in questions_of(years):
        yield from _rows_of_question(questions)
    for place, year in enumerate(years):
        for held in year.held:
            for what, name, value in _figures_of_session(facts, held):
                yield Row(EACH_SESSION, what, name, (None, value) if place else (value, None))
    for title, areas in areas_of(years).items():
        yield from _rows_of_areas(title, areas)


def _rows_of_areas(title: str, areas: Sequence[tuple[Area, Area]]) -> Iterator[Row]:
    for now, before in areas:
        yield Row(title, {Language.CA: now.name}, COUNCILS, (now.councils, before.councils))
        yield Row(title, {Language.CA: now.name}, COUNCILS_CAME, (now.came, before.came))


def _written(figure: Figure) -> Scalar:
    return None if figure.value is None else _rounded(figure.value, _DIGITS[figure.shape])


def _rounded(value: float, digits: int) -> Scalar:
    return float(half_up(value, digits)) if digits else int(value)


def _rows_of_question(years: Sequence[Question | None]) -> Iterator[Row]:
    text = next(each.text for each in years if each)
    now, before = (_rounded(each.mean, 2) if each else None for each in years)
    yield Row(MEANS, text, MEAN, (now, before))
    now, before = (each.answers if each else None for each in years)
    yield Row(MEANS, text, ANSWERS, (now, before))


def _figures_of_session(facts: Facts, held: HeldSession) -> Iterator[tuple[Words, Words, Scalar]]:
    day = date_in_figures(held.session.starts_at, facts.programme.time_zone)
    what = {language: f"{day} {title}" for language, title in held.session.title.items()}
    yield what, REGISTERED, held.registered
    yield what, CAME, held.attended
    yield what, ENTITIES, held.entities
    yield what, ANSWERS, held.result.answers if held.result else None
    for key, asked in held.questions.items():
        yield what, question_text(key, asked, facts.programme), asked.mean
