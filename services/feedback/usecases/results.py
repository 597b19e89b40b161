"""Reading what was published, and for the office the comments."""

from collections.abc import Sequence

from services.feedback.domain.problems import ResultsNotPublishedProblem
from services.feedback.domain.results import Results
from services.feedback.store import FeedbackStore
from shared.storage.contract import Scalar


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

    async def list_results(
        self, programme: str | None, limit: int, after: Sequence[Scalar] | None
    ) -> tuple[list[Results], list[Scalar] | None]:
        """Results, newest first, and the place of the last one where there are more."""
        return await self._store.list_results(programme, limit, after)

    async def read_comments(self, session_id: str) -> list[str]:
        """A session's comments, in an order that means nothing; none below five answers or after a year.

        Raises:
            ResultsNotPublishedProblem: there are no results yet.
        """
        await self.read_results(session_id)
        return await self._store.comments(session_id)
