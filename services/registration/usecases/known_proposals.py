"""Learning what becomes of proposals."""

from services.registration.domain.known_proposals import KnownProposal
from services.registration.office_store import KnownProposals
from shared.events.proposals import ProposalEvent


class Proposals:
    """What the office is reminded of."""

    def __init__(self, known: KnownProposals) -> None:
        self._known = known

    async def learn(self, event: ProposalEvent) -> None:
        """Keep what an event tells; an older one than those before changes nothing."""
        await self._known.learn(KnownProposal.told_by(event))
