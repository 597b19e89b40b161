"""Reading what was published, and for the office the comments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.feedback.domain.known import KnownProgramme
from services.feedback.domain.problems import ResultsNotPublishedProblem
from services.feedback.domain.results import Results
from services.feedback.store import LATEST_SESSION_FIRST, FeedbackStore
from shared.storage.collection import Place, Slice

PAGE = 50
TREND = 12
"""Over how many sessions the means are compared: a year of monthly ones."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A page of published results, and the filters that there are."""

    results: Slice[Results]
    """The latest session first."""
    programmes: Mapping[str, KnownProgramme]
    """Those that have results, by slug."""
    years: Sequence[int]
    """From the latest to the earliest."""


@dataclass
class Publications:
    store: FeedbackStore

    async def read_results(self, session_id: str) -> Results:
        results = await self.store.results.get(session_id)
        if results is None:
            raise ResultsNotPublishedProblem
        return results

    async def read_public_results(self, session_id: str) -> Results:
        """Raises ResultsNotPublishedProblem: there are none that anybody may see."""
        results = await self.read_results(session_id)
        if results.hidden:
            raise ResultsNotPublishedProblem
        return results

    async def read_programme(self, slug: str) -> KnownProgramme:
        programme = await self.store.programmes.get(slug)
        assert programme is not None, "known before the survey opened"
        return programme

    async def read_archive(self, programme: str, year: int, after: Place | None) -> Archive:
        """A page of results of a programme and a year, «» and 0 for all of them."""
        results = await self.store.archive(programme, year, PAGE, after)
        programmes = {
            known.id: known
            async for known in self.store.programmes.each()
            if (await self.store.archive(known.id, 0, 1)).items
        }
        return Archive(results, programmes, await self.store.years())

    async def read_trend(self, programme: str) -> list[Results]:
        """The results of a programme's latest sessions, the earliest first."""
        return (await self.store.archive(programme, 0, TREND)).items[::-1]

    async def read_all(self) -> list[Results]:
        """Also those that only the office sees."""
        return [results async for results in self.store.results.each(order=LATEST_SESSION_FIRST)]

    async def read_comments(self, session_id: str) -> list[str]:
        """A session's comments, in an order that means nothing; none below five answers or after a year.

        Raises:
            ResultsNotPublishedProblem: there are no results yet.
        """
        await self.read_results(session_id)
        return await self.store.comments(session_id)
