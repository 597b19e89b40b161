"""What the office has to do today."""

from dataclasses import dataclass
from datetime import timedelta

from services.registration.projections import KnownBounces, KnownProposal, KnownProposals
from services.registration.registrations.store import RegistrationStore
from services.registration.sessions.domain import SeatCounts, Session
from services.registration.sessions.store import SessionStore
from shared.clock import Clock
from shared.events.vocabulary import SessionStatus

LINK_NEEDED_WITHIN = timedelta(days=14)
RECORDING_MISSED_FOR = timedelta(days=60)
"""A session that ended longer ago will have none any more."""

LOOKING_AHEAD = timedelta(days=370)
MOST_PROPOSALS = 10


@dataclass(frozen=True, slots=True)
class Agenda:
    """The list of things to do."""

    following: Session | None
    """The next session."""
    numbers: SeatCounts | None
    """Its registrations."""
    without_link: list[Session]
    without_recording: list[Session]
    proposals: list[KnownProposal]
    """The most supported of those that wait for an answer."""
    proposals_waiting: int
    bounces: int
    """How many addresses refused a mail and get none now."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing needs doing."""
        return not (self.without_link or self.without_recording or self.proposals_waiting or self.bounces)


class Today:
    """Looks for what needs doing."""

    def __init__(
        self,
        sessions: SessionStore,
        registrations: RegistrationStore,
        proposals: KnownProposals,
        bounces: KnownBounces,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._registrations = registrations
        self._proposals = proposals
        self._bounces = bounces
        self._clock = clock

    async def agenda(self) -> Agenda:
        """What needs doing now."""
        now = self._clock()
        coming = await self._sessions.between(now - timedelta(days=1), now + LOOKING_AHEAD)
        ahead = [session for session in coming if session.is_scheduled and session.over_at > now]
        past = await self._sessions.between(now - RECORDING_MISSED_FOR, now)
        following = ahead[0] if ahead else None
        return Agenda(
            following=following,
            numbers=await self._registrations.counts(following.id) if following else None,
            without_link=[
                session for session in ahead if not session.join_url and session.starts_at <= now + LINK_NEEDED_WITHIN
            ],
            without_recording=[
                session for session in past if session.status is SessionStatus.ENDED and not session.recording_url
            ],
            proposals=await self._proposals.unanswered(limit=MOST_PROPOSALS),
            proposals_waiting=await self._proposals.count_unanswered(),
            bounces=await self._bounces.count_standing(),
        )
