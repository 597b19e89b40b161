"""Reading what was published, and for the office the comments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.feedback.domain.known import KnownProgramme
from services.feedback.domain.problems import ResultsNotPublishedProblem
from services.feedback.domain.results import Results
from services.feedback.store import FeedbackStore
from shared.storage.contract import Scalar

PAGE = 50
TREND = 12
"""Over how many sessions the means are compared: a year of monthly ones."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A page of the published results, and what they can be narrowed to."""

    results: Sequence[Results]
    """The latest session first."""
    place: list[Scalar] | None
    """Of the last one, where there are more."""
    programmes: Mapping[str, KnownProgramme]
    """Those that have results, by slug."""
    years: Sequence[int]
    """From the latest to the earliest."""


class Publications:
    """The verbs of readers."""

    def __init__(self, store: FeedbackStore) -> None:
        self._store = store

    async def read_results(self, session_id: str) -> Results:
        """A session's results.

        Raises:
            ResultsNotPublishedProblem: there are none, or not yet.
        """
        results = await self._store.results(session_id)
        if results is None:
            raise ResultsNotPublishedProblem
        return results

    async def read_programme(self, slug: str) -> KnownProgramme:
        """The programme of results that are published."""
        programme = await self._store.programme(slug)
        assert programme is not None, "known before the survey opened"
        return programme

    async def list_results(
        self, programme: str | None, limit: int, after: Sequence[Scalar] | None
    ) -> tuple[list[Results], list[Scalar] | None]:
        """Results, newest first, and the place of the last one where there are more."""
        return await self._store.list_results(programme, limit, after)

    async def read_archive(self, programme: str, year: int, after: Sequence[Scalar] | None) -> Archive:
        """A page of results of a programme and a year, «» and 0 for all of them."""
        results, place = await self._store.archive(programme, year, PAGE, after)
        known = [known for known in await self._store.programmes() if (await self._store.archive(known.id, 0, 1))[0]]
        first_and_last = await self._store.years()
        years = range(first_and_last[1], first_and_last[0] - 1, -1) if first_and_last else ()
        return Archive(results, place, {programme.id: programme for programme in known}, years)

    async def read_trend(self, programme: str) -> list[Results]:
        """The results of a programme's latest sessions, the earliest first."""
        results, _ = await self._store.archive(programme, 0, TREND)
        return results[::-1]

    async def read_all(self) -> list[Results]:
        """Every published result, the latest session first."""
        results: list[Results] = []
        place: list[Scalar] | None = None
        while True:
            page, place = await self._store.archive("", 0, PAGE, place)
            results += page
            if place is None:
                return results

    async def read_comments(self, session_id: str) -> list[str]:
        """A session's comments, in an order that means nothing; none below five answers or after a year.

        Raises:
            ResultsNotPublishedProblem: there are no results yet.
        """
        await self.read_results(session_id)
        return await self._store.comments(session_id)
