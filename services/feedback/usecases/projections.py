"""Keeping what registration's events tell of programmes and sessions."""

from services.feedback.domain.known import KnownProgramme, KnownSession
from services.feedback.store import FeedbackStore
from services.feedback.usecases.surveys import Surveys


class Projections:
    """Programmes and sessions as far as a survey needs them."""

    def __init__(self, store: FeedbackStore, surveys: Surveys) -> None:
        self._store = store
        self._surveys = surveys

    async def apply_programme(self, programme: KnownProgramme) -> None:
        """Keep a programme. The next `open_due` opens surveys that waited for it."""
        await self._store.programmes.apply(programme)

    async def apply_session(self, session: KnownSession) -> None:
        """Keep a session and open its survey if that is complete. Only SessionEnded says when the session ended."""
        await self._store.sessions.apply(session, leave=set() if session.told_end else {"told_end"})
        await self._surveys.open_if_complete(session.id)
