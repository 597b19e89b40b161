"""Keeping what the others' events tell of programmes and sessions."""

from services.feedback.domain.known import KnownProgramme, KnownSession
from services.feedback.store import FeedbackStore
from services.feedback.usecases.surveys import Surveys


class Projections:
    """Programmes and sessions as far as a survey needs them."""

    def __init__(self, store: FeedbackStore, surveys: Surveys) -> None:
        self._store = store
        self._surveys = surveys

    async def learn_programme(self, programme: KnownProgramme) -> None:
        """Keep a programme. Surveys that waited for it open with the next look at what is due."""
        await self._store.remember_programme(programme)

    async def learn_session(self, session: KnownSession) -> None:
        """Keep a session; when it has ended its survey may open."""
        await self._store.remember_session(session)
        await self._surveys.open_if_complete(session.id)
