"""Learning which results are there to be seen."""

from services.registration.public_store import KnownResults
from shared.events.feedback import ResultsPublished


class Results:
    """What the pages of past sessions lead to."""

    def __init__(self, known: KnownResults) -> None:
        self._known = known

    async def learn(self, event: ResultsPublished) -> None:
        """Keep that a session has results, whether or not the session is known; an older event changes nothing."""
        await self._known.learn(event.session_id, event.version, event.answers)
