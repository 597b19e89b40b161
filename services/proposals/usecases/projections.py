"""Sessions as registration's events described them, and the proposals that wait for a session."""

from dataclasses import dataclass
from functools import partial

from services.proposals.domain.known import KnownSession
from services.proposals.domain.proposals import session_over
from services.proposals.store import ProposalStore
from shared.clock import Clock
from shared.events.vocabulary import SessionStatus


@dataclass
class Projections:
    store: ProposalStore
    clock: Clock

    async def keep_session(self, session: KnownSession) -> None:
        """Keep a session. If it is over by now, in whatever order the events came, its proposals move on."""
        await self.store.sessions.apply(session)
        await self.close_if_over(session.id)

    async def close_if_over(self, session_id: str) -> None:
        """The proposals of an ended session are answered, those of a cancelled one are under review again."""
        session = await self.store.sessions.get(session_id)
        if session is None or session.status is SessionStatus.SCHEDULED:
            return
        took_place = session.status is SessionStatus.ENDED
        over = partial(session_over, session_id=session_id, took_place=took_place, now=self.clock())
        async for proposal in self.store.scheduled(session_id):
            await self.store.proposals.change(proposal.id, over)
