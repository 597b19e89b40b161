"""Seats: what a registration or a session decided is carried out on the roster, step by step, each safe to repeat.

A place is found in three writes: the registration as requested, the roster, the registration with its event. A crash
between them leaves an `unsettled` document, which the sweep takes up where it was left.
"""

from datetime import timedelta

from services.registration.domain import registrations, sessions
from services.registration.domain.registrations import Place, Registration, RegistrationState
from services.registration.domain.sessions import Session
from services.registration.store import RegistrationStore
from shared.clock import Clock
from shared.faults import failpoint


class Seats:
    """Gives, frees and passes on the seats of sessions that have a limit."""

    def __init__(self, store: RegistrationStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def place(self, requested: Registration) -> Place:
        """Find a place for a registration that is requested, and tell of it; what the roster answered."""
        failpoint("registration-requested")
        found = await self._store.rosters.take(requested)
        failpoint("registration-seated")
        now = self._clock()
        await self._store.registrations.change(
            requested.id,
            lambda current: registrations.place(current, requested.generation, found, now),
            known=requested,
        )
        return found

    async def release(self, cancelled: Registration) -> None:
        """Free the place of a registration that was cancelled, and pass it on."""
        failpoint("registration-cancelled")
        await self._store.rosters.release(cancelled)
        failpoint("registration-released")
        await self.promote(cancelled.session_id)
        await self._store.mark_settled(cancelled)

    async def promote(self, session_id: str) -> None:
        """Give every free seat to whoever has waited longest."""
        while roster := await self._store.rosters.get(session_id):
            promoting = roster.promoting
            if not promoting:
                first = roster.first_waiting()
                if first is None:
                    return
                if not await self._store.rosters.begin_promotion(roster, first):
                    continue
                promoting = f"{first}:{roster.place_of(first)[1]}"
            await self._tell_promoted(session_id, promoting)

    async def _tell_promoted(self, session_id: str, promoting: str) -> None:
        failpoint("promotion-begun")
        registration_id, _, generation = promoting.partition(":")
        now = self._clock()
        await self._store.registrations.change(
            registration_id, lambda current: registrations.promote(current, int(generation), now)
        )
        failpoint("promotion-told")
        await self._store.rosters.end_promotion(session_id, promoting)

    async def settle(self, session_id: str) -> Session | None:
        """Carry out what a session decided: its limit, its end, its cancellation; then tell of it."""
        session = await self._store.sessions.get(session_id)
        if session is None or not session.unsettled:
            return session
        failpoint("session-decided")
        await self._store.rosters.align(session)
        if session.is_scheduled:
            await self.promote(session_id)
        else:
            await self._finish_registrations(session_id)
        failpoint("roster-aligned")
        count = await self._store.count_registered(session_id)
        return await self._store.sessions.change(session_id, lambda now: sessions.settle(now, session, count))

    async def resume(self, registration: Registration) -> None:
        """Take up a registration where a crash left it."""
        if registration.state is RegistrationState.REQUESTED:
            await self.place(registration)
        elif registration.unsettled:
            await self.release(registration)

    async def _finish_registrations(self, session_id: str) -> None:
        """Those under way when the roster closed end as it says; a begun promotion is told."""
        while unsettled := await self._store.unsettled_registrations_of(session_id):
            for registration in unsettled:
                await self.resume(registration)
        await self.promote(session_id)

    async def sweep(self, older_than: timedelta) -> None:
        """Finish everything that was left half done, and untouched for that long where requests may be at work.

        A promotion needs no mark of its own: whoever frees or adds a seat stays unsettled until it is passed on.
        """
        changed_before = self._clock() - older_than
        for registration in await self._store.unsettled_registrations(changed_before=changed_before):
            await self.resume(registration)
        for session_id in await self._store.unsettled_sessions():
            await self.settle(session_id)
