"""What registration tells of programmes and sessions, and what it means for the proposals that wait for a session."""

from collections.abc import Sequence
from functools import partial

from services.proposals.domain.known import KnownProgramme, KnownSession
from services.proposals.domain.proposals import session_over
from services.proposals.store import ProposalStore
from shared.clock import Clock
from shared.events.registration import ProgrammeDefined, SessionEvent
from shared.events.vocabulary import SessionStatus


class Calendar:
    """The programmes and sessions that proposals knows."""

    def __init__(self, store: ProposalStore, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def learn_programme(self, event: ProgrammeDefined) -> None:
        """Keep what is new of a programme."""
        await self._store.learn(self._store.programmes, KnownProgramme.told_by(event))

    async def learn_session(self, event: SessionEvent) -> None:
        """Keep what is new of a session; if it is over, its proposals move on, whatever order the events came in."""
        session = await self._store.learn(self._store.sessions, KnownSession.told_by(event))
        await self.close_if_over(session)

    async def close_if_over(self, session: KnownSession) -> None:
        """The proposals of an ended session are answered, those of a cancelled one are under review again."""
        if session.status is SessionStatus.SCHEDULED:
            return
        took_place = session.status is SessionStatus.ENDED
        for proposal in await self._store.scheduled(session.id):
            now = self._clock()
            await self._store.proposals.change(
                proposal.id, partial(session_over, session_id=session.id, took_place=took_place, now=now)
            )

    async def programmes_lacking(self, entries: Sequence[tuple[str, int]]) -> Sequence[str]:
        """Of announced programmes, those to be told again."""
        return await self._store.lacking(self._store.programmes, entries)

    async def sessions_lacking(self, entries: Sequence[tuple[str, int]]) -> Sequence[str]:
        """Of announced sessions, those to be told again."""
        return await self._store.lacking(self._store.sessions, entries)
