"""Mails about sessions.

A session's events come by several consumers, in any order. The latest version holds its state; an older event is still
mailed, unless a later one changed the same thing.
"""

from dataclasses import dataclass

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.deliveries.usecases import DeliveryQueue
from services.notifications.projections.domain import KnownProgramme, KnownProposal, KnownSession
from services.notifications.projections.store import Projections
from services.notifications.surveys.usecases import Surveys
from services.notifications.triggers.recordings import tell_recording
from shared.clock import Clock, from_millis, to_millis
from shared.events import registration as events
from shared.events.vocabulary import ProposalState, SessionStatus
from shared.storage.contract import Where

_OF_ONE_EVENT = {
    "previous_starts_at",
    "moved_sequence",
    "previous_title",
    "previous_duration_minutes",
    "cancel_reason",
}


@dataclass(frozen=True, slots=True)
class Sessions:
    _known: Projections
    _queue: DeliveryQueue
    _surveys: Surveys
    _clock: Clock

    async def learn_programme(self, event: events.ProgrammeDefined) -> None:
        """Keep a programme; its sessions' reminders follow it."""
        reported, known = KnownProgramme.from_event(event), self._known
        if await known.programmes.apply(reported):
            sessions = [session.id async for session in known.sessions.each({"programme": reported.id})]
            proposals = [proposal.id async for proposal in known.proposals.each({"programme": reported.id})]
            memberships = [membership.id async for membership in known.memberships.each({"programme": reported.id})]
            petitions = [petition.id async for petition in known.petitions.each({"programme": reported.id})]
            await self._queue.resume(*sessions, *proposals, *memberships, *petitions)
        programme = await known.programmes.get(reported.id)
        scheduled: Where = {"programme": reported.id, "status": SessionStatus.SCHEDULED.value}
        async for session in known.sessions.each(scheduled):
            await self._remind(session, programme)

    async def learn(self, event: events.SessionEvent) -> KnownSession:
        """Keep a session and store its reminders. Returns its present state."""
        reported = KnownSession.from_event(event)
        if await self._known.sessions.apply(reported, leave=_OF_ONE_EVENT):
            proposals = [proposal.id for proposal in await self._known.proposals_of(reported.id)]
            await self._queue.resume(reported.id, *proposals)
        session = await self._known.sessions.get(reported.id)
        assert session is not None, "sessions are never deleted"
        await self._remind(session, await self._known.programmes.get(session.programme))
        return session

    async def reschedule(self, event: events.SessionRescheduled) -> None:
        """Mail that the session moved, unless it has moved again or was cancelled, or its date was provisional."""
        session = await self.learn(event)
        if event.tentative:
            return
        detail = {"previous_starts_at": to_millis(event.previous_starts_at), "moved_sequence": event.sequence}
        await self._known.sessions.apply_part(session.id, "moved", event.version, detail)
        starts_at = from_millis(to_millis(event.starts_at))  # as stored
        if session.status is SessionStatus.SCHEDULED and session.starts_at == starts_at:
            await self._enqueue(DeliveryKind.RESCHEDULED, event)
            for proposal in await self._treated(session.id):
                await self._tell_new_date(proposal, event)

    async def change(self, event: events.SessionChanged) -> None:
        """Mail a new title or duration with the calendar entry, unless a later change does. No other change is
        mailed."""
        session = await self.learn(event)
        if event.previous_title is None and event.previous_duration_minutes is None:
            return
        before = event.model_dump(mode="json", include={"previous_title", "previous_duration_minutes"})
        await self._known.sessions.apply_part(session.id, "changed", event.version, before)
        if session.status is SessionStatus.SCHEDULED and session.sequence == event.sequence:
            await self._enqueue(DeliveryKind.CHANGED, event)

    async def cancel(self, event: events.SessionCancelled) -> None:
        """Mail that the session will not be held, unless its date was never confirmed."""
        session = await self.learn(event)
        if event.tentative:
            return
        detail = {"cancel_reason": event.model_dump(mode="json")["reason"]}
        await self._known.sessions.apply_part(session.id, "cancelled", event.version, detail)
        await self._queue.enqueue_fanout(DeliveryKind.SESSION_CANCELLED, session.id, sequence=event.sequence)
        for proposal in await self._treated(session.id):
            kind = DeliveryKind.PROPOSAL_SESSION_CANCELLED
            await self._queue.enqueue_fanout(kind, proposal.id, round_=proposal.cancellation_round)

    async def _tell_new_date(self, proposal: KnownProposal, event: events.SessionRescheduled) -> None:
        """Mail the followers of a proposal if they know an earlier date."""
        scheduled, moved = DeliveryKind.PROPOSAL_SCHEDULED, DeliveryKind.PROPOSAL_RESCHEDULED
        announced = await self._queue.sequence_of(scheduled, proposal.id, proposal.step_round)
        if announced is not None and announced < event.sequence:
            round_ = f"{event.session_id}-{event.sequence}"
            await self._queue.enqueue_fanout(moved, proposal.id, round_=round_, sequence=event.sequence)

    async def _treated(self, session_id: str) -> list[KnownProposal]:
        scheduled: Where = {"session_id": session_id, "state": ProposalState.SCHEDULED.value}
        return [proposal async for proposal in self._known.proposals.each(scheduled)]

    async def end(self, event: events.SessionEnded) -> None:
        await self.learn(event)
        if event.survey:
            await self._surveys.begin(event.session_id, event.ended_at, event.registrations)

    async def publish_materials(self, event: events.MaterialsPublished) -> None:
        """Mail the recording and the materials to everybody with a seat, once each; not for a corrected title. Those
        who follow what the session answered get the recording."""
        await self.learn(event)
        await tell_recording(self._known, self._queue, event.session_id)
        contents = {"recording": event.recording_url, "materials": event.materials}
        if there := [name for name, content in contents.items() if content]:
            await self._queue.enqueue_fanout(DeliveryKind.MATERIALS, event.session_id, round_="+".join(there))

    async def _enqueue(self, kind: DeliveryKind, event: events.SessionEvent) -> None:
        await self._queue.enqueue_fanout(kind, event.session_id, round_=str(event.sequence), sequence=event.sequence)

    async def _remind(self, session: KnownSession, programme: KnownProgramme | None) -> None:
        """Store the programme's reminders for every registration. Withdraw those it no longer defines. Runs once per
        session start and programme version."""
        is_coming = session.status is SessionStatus.SCHEDULED and session.starts_at > self._clock()
        if programme is None or not is_coming or session.tentative:
            return
        await self._queue.enqueue_fanout(
            DeliveryKind.REMINDER,
            session.id,
            round_=f"{session.sequence}-{to_millis(session.starts_at)}-{programme.seen}",
            sequence=session.sequence,
        )
