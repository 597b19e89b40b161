"""Programmes and sessions as registration's events told, and the proposals that wait for a session."""

from functools import partial

from services.proposals.domain.known import KnownProgramme, KnownSession
from services.proposals.domain.proposals import session_over
from services.proposals.store import ProposalStore
from shared.clock import Clock
from shared.events.vocabulary import SessionStatus


class Projections:
    """The programmes and sessions that proposals knows."""

    def __init__(self, store: ProposalStore, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def apply_programme(self, programme: KnownProgramme) -> None:
        """Keep a programme."""
        await self._store.programmes.apply(programme)

    async def apply_session(self, session: KnownSession) -> None:
        """Keep a session. If it is over by now, in whatever order the events came, its proposals move on."""
        await self._store.sessions.apply(session)
        await self.close_if_over(session.id)

    async def close_if_over(self, session_id: str) -> None:
        """The proposals of an ended session are answered, those of a cancelled one are under review again."""
        session = await self._store.sessions.get(session_id)
        if session is None or session.status is SessionStatus.SCHEDULED:
            return
        took_place = session.status is SessionStatus.ENDED
        over = partial(session_over, session_id=session_id, took_place=took_place, now=self._clock())
        async for proposal in self._store.scheduled(session_id):
            await self._store.proposals.change(proposal.id, over)
