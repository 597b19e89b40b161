"""The recording of a session, told to the followers of what it answered: once each, also where it is replaced."""

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.deliveries.usecases import DeliveryQueue
from services.notifications.projections.store import Projections
from shared.events.vocabulary import ProposalState
from shared.storage.contract import Where


async def tell_recording(known: Projections, queue: DeliveryQueue, session_id: str) -> None:
    """Whichever comes last, the end of the session or its recording, brings the mail."""
    session = await known.sessions.get(session_id) if session_id else None
    if session is None or not session.recording_url or not session.is_public:
        return
    answered: Where = {"session_id": session_id, "state": ProposalState.ANSWERED_IN_SESSION.value}
    async for proposal in known.proposals.each(answered):
        await queue.enqueue_fanout(DeliveryKind.PROPOSAL_RECORDING, proposal.id, round_=proposal.step_round)
