"""Seats: what a registration or a session decided is carried out on the roster, step by step, each safe to repeat.

Where there is a limit, whoever comes for the first time gets a place in two writes: the roster, which keeps the request
with the place, then the registration as it was placed, with its event. Who had cancelled, and whoever comes where there
is no limit, is first written as requested, then on the roster, if there is one, then as placed. A crash in between
leaves an `unsettled` document, which the sweep takes up where it was left.

A limit may be set while people register. The session first says that it has a roster, which gives no seat yet. Then
whoever has registered is entered. A request that was written before that is touched, so that its own last write fails
and it looks at the session again; one written later finds the roster when it looks. So nobody sits unknown to the
roster when it begins to give seats.
"""

import asyncio
from datetime import timedelta
from weakref import WeakValueDictionary

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
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def place(self, requested: Registration, session: Session | None = None) -> Place:
        """Find a place for a registration that is requested, and tell of it; what came of it.

        `session` may be as it was before the request was written: once it has a roster, it has one for ever.
        """
        failpoint("registration-requested")
        if session is None or not session.rostered:
            session = await self._store.sessions.get(requested.session_id)
        if session is None:
            return await self._tell_placed(requested, Place.CLOSED)
        if not session.rostered:
            return await self._place_freely(requested, session)
        return await self._tell_placed(requested, await self._admit(requested, session))

    async def enter(self, newcomer: Registration, session: Session) -> Place:
        """Find a place on the roster for somebody who is written nowhere yet, and tell of it; what came of it."""
        found = await self._admit(newcomer, session)
        if found is not Place.CLOSED:
            await self._create(newcomer, found)
            self._store.rosters.note_entered(newcomer)
        return found

    async def place_in_vain(self, placed: Registration, session: Session) -> None:
        """The steps of `enter` or `place` for who has a place already: the same reads and writes of the same documents,
        which leave them as they were. So the time that an answer takes tells nobody who is registered."""
        if session.rostered:
            await self._store.rosters.touch(session.id)
        else:
            await self._store.touch(placed)
            await self._store.sessions.get(session.id)
        await self._store.touch(placed)

    async def _admit(self, request: Registration, session: Session) -> Place:
        if session.unsettled and session.is_scheduled:
            await self.settle(session.id)  # its limit is being set
        found = await self._store.rosters.admit(request)
        failpoint("registration-seated")
        return found

    async def _create(self, newcomer: Registration, found: Place) -> None:
        """Write a newcomer's registration with its event, unless somebody did."""
        placed, events = registrations.place(newcomer, newcomer.generation, found, self._clock())
        await self._store.registrations.create(placed, *events)

    async def _finish_entering(self, session_id: str) -> None:
        """Write the registrations of all who have a place on the roster."""
        roster = await self._store.rosters.get(session_id)
        if roster is None or not roster.entering:
            return
        for newcomer in map(Registration.model_validate, roster.entering.values()):
            await self._create(newcomer, roster.answer_to(newcomer))
        await self._store.rosters.entered(session_id, roster.entering.keys())

    async def _tell_placed(self, requested: Registration, found: Place) -> Place:
        now = self._clock()
        await self._store.registrations.change(
            requested.id,
            lambda current: registrations.place(current, requested.generation, found, now),
            known=requested,
        )
        return found

    async def _place_freely(self, requested: Registration, session: Session) -> Place:
        """A seat without a roster, unless the request was touched since it was read."""
        found, now = Place.SEAT if session.is_scheduled else Place.CLOSED, self._clock()
        placed = await self._store.registrations.change(
            requested.id,
            lambda current: (
                registrations.place(current, requested.generation, found, now)
                if current.version == requested.version
                else (current, [])
            ),
            known=requested,
        )
        if placed.state is RegistrationState.REQUESTED and placed.generation == requested.generation:
            return await self.place(placed)
        return Place.CLOSED if placed.state is RegistrationState.CANCELLED else Place.SEAT

    async def release(self, cancelled: Registration) -> None:
        """Free the place of a registration that was cancelled, and pass it on."""
        failpoint("registration-cancelled")
        await self._store.rosters.release(cancelled)
        failpoint("registration-released")
        await self.promote(cancelled.session_id)
        await self._store.mark_settled(cancelled)

    async def promote(self, session_id: str) -> None:
        """Give every free seat to whoever has waited longest."""
        while promoting := await self._store.rosters.begin_promotion(session_id):
            await self._tell_promoted(session_id, promoting)

    async def _tell_promoted(self, session_id: str, promoting: str) -> None:
        failpoint("promotion-begun")
        await self._finish_entering(session_id)
        registration_id, _, generation = promoting.partition(":")
        now = self._clock()
        await self._store.registrations.change(
            registration_id, lambda current: registrations.promote(current, int(generation), now)
        )
        failpoint("promotion-told")
        await self._store.rosters.end_promotion(session_id, promoting)

    async def settle(self, session_id: str) -> Session | None:
        """Carry out what a session decided: its limit, its end, its cancellation; then tell of it."""
        turn = self._turns.setdefault(session_id, asyncio.Lock())
        async with turn:
            session = await self._store.sessions.get(session_id)
            return await self._carry_out(session) if session and session.unsettled else session

    async def _carry_out(self, session: Session) -> Session:
        failpoint("session-decided")
        if session.rostered:
            await self._enrol(session.id)
        failpoint("roster-complete")
        await self._store.rosters.align(session)
        if session.is_scheduled:
            await self.promote(session.id)
        else:
            await self._finish_registrations(session.id)
        failpoint("roster-aligned")
        count = await self._store.count_registered(session.id)
        return await self._store.sessions.change(session.id, lambda now: sessions.settle(now, session, count))

    async def _enrol(self, session_id: str) -> None:
        """Complete the roster of a session that had none when people began to register."""
        roster = await self._store.rosters.get(session_id)
        if roster is None or roster.aligned:
            return
        for registration in await self._store.everybody(session_id):
            if registration.state is RegistrationState.REQUESTED:
                await self._store.touch(registration)
        while roster and roster.missing(registered := await self._store.everybody(session_id)):
            roster = await self._store.rosters.enrol(session_id, registered)

    async def resume(self, registration: Registration) -> None:
        """Take up a registration where a crash left it."""
        if registration.state is RegistrationState.REQUESTED:
            await self.place(registration)
        elif registration.unsettled:
            await self.release(registration)

    async def _finish_registrations(self, session_id: str) -> None:
        """Those under way when the roster closed end as it says; a begun promotion is told."""
        await self._finish_entering(session_id)
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
        for session_id in await self._store.rosters.unsettled():
            await self._finish_entering(session_id)
        for session_id in await self._store.unsettled_sessions():
            await self.settle(session_id)
