"""Results as open data for spreadsheets: one row for each question, nothing that the pages hide."""

from collections.abc import Iterable, Iterator, Sequence

from fastapi.responses import Response

from services.feedback.domain.results import Results
from services.feedback.domain.tallies import HIGHEST, LOWEST
from shared.events.vocabulary import Language, in_language
from shared.storage.contract import Scalar
from shared.text.spreadsheets import csv_table

_SCORES = range(LOWEST, HIGHEST + 1)
_HEADER = (
    *("session", "programme", "title", "ended_at", "published_at", "answers", "question", "text", "mean"),
    *(f"score_{score}" for score in _SCORES),
    "converted_from",
)
"""Names for programs, the same in every language; the texts are the Catalan ones."""


def results_csv(published: Iterable[Results]) -> str:
    """The table; what is hidden is an empty cell. A session whose answers are too few has a row without question."""
    return csv_table(_HEADER, (row for results in published for row in _rows(results)))


def csv_answer(filename: str, text: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return Response(text, media_type="text/csv", headers=headers)


def _rows(results: Results) -> Iterator[list[Scalar]]:
    session: list[Scalar] = [
        results.id,
        results.programme,
        in_language(results.title, Language.CA),
        results.ended_at.isoformat(),
        results.published_at.isoformat(),
        results.n,
    ]
    if not results.questions:
        yield [*session, *[None] * (len(_HEADER) - len(session))]
    for question in results.questions:
        counts: Sequence[Scalar] = question.distribution or [None] * len(_SCORES)
        yield [
            *session,
            question.key,
            in_language(question.text, Language.CA),
            question.mean,
            *counts,
            question.converted_from,
        ]
