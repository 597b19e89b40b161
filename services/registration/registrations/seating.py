"""Seats: what a registration or a session decided is carried out on the roster, step by step, each safe to repeat.

Whoever registers gets a place in two writes: the roster, which keeps the request with the place, then the registration
as it was placed, with its event. Who cancels gives the place up in the registration, then on the roster, from where it
is passed on. A crash in between leaves an `unsettled` document, which the sweep takes up where it was left.

A session without a limit has a roster too, with more seats than will ever be taken: so a limit may be set, changed and
lifted at any time, also while people register.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from weakref import WeakValueDictionary

import structlog

from services.registration.registrations import domain as registrations
from services.registration.registrations.domain import Registration
from services.registration.registrations.store import RegistrationStore
from services.registration.seats.domain import Place, Roster
from services.registration.seats.store import Rosters
from services.registration.sessions import domain as sessions
from services.registration.sessions.domain import Session
from services.registration.sessions.store import SessionStore
from shared.clock import Clock
from shared.faults import failpoint
from shared.storage.contract import StoreError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Seating:
    _sessions: SessionStore
    _registrations: RegistrationStore
    _rosters: Rosters
    _clock: Clock
    _turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def enter(self, request: Registration, before: Registration | None = None) -> Place:
        """Find a place for a request and announce it. `before` is the round before, cancelled."""
        found = await self._rosters.admit(request)
        failpoint("registration-seated")
        if found is not Place.CLOSED:
            await self._register(request, found, before)
            self._rosters.note_entered(request)
        return found

    async def enter_as_decoy(self, placed: Registration) -> None:
        """Take the steps of `enter` for a person who has a place: the same writes. Nothing changes
        but that the mail is sent again, not too often.

        So the time that an answer takes does not reveal who is registered.
        """
        await self._rosters.touch(placed.session_id)
        ask = partial(registrations.ask_by_registering, now=self._clock())
        asked = await self._registrations.change(placed.id, ask, known=placed)
        if asked.asked_again_at == placed.asked_again_at:
            await self._registrations.touch(placed)

    async def _register(self, request: Registration, found: Place, before: Registration | None = None) -> None:
        """Write the registration that a request becomes, with its event, unless somebody did."""
        if found is Place.LEFT:
            return
        now = self._clock()
        if request.generation == 1:
            placed, events = registrations.place(request, found, now)
            await self._registrations.create(placed, *events)
        else:
            await self._registrations.change(
                request.id,
                lambda current: registrations.come_back(current, request, found, now),
                known=before,
                record=lambda *_: request.records[0] if request.records else None,
            )

    async def finish_entering(self) -> None:
        """Write the registrations of all who have a place. A failure on one roster does not stop the others."""
        for roster in await self._rosters.unsettled():
            try:
                await self._finish_entering(roster)
            except (StoreError, LookupError, ValueError):
                log.exception("requests not registered", action="entering_failed", session=roster.id)

    async def finish_entering_of(self, session_id: str) -> None:
        roster = await self._rosters.get(session_id)
        if roster is not None:
            await self._finish_entering(roster)

    async def _finish_entering(self, roster: Roster) -> None:
        for request in map(Registration.model_validate, roster.entering.values()):
            await self._register(request, roster.answer_to(request))
        if roster.entering:
            await self._rosters.entered(roster.id, roster.entering_rounds())

    async def finish_cancelling(self, registration: Registration) -> None:
        """Free the place of a registration that was given up, and pass it on, unless that is done."""
        if not registration.unsettled:
            return
        failpoint("registration-cancelled")
        await self._rosters.release(registration)
        failpoint("registration-released")
        await self.promote(registration.session_id)
        await self._registrations.mark_settled(registration)

    async def promote(self, session_id: str) -> None:
        """Give every free seat to whoever has waited longest; if the session is over, only end what has begun."""
        session = await self._sessions.get(session_id)
        may_begin = session is not None and session.takes_registrations(self._clock())
        next_one = self._rosters.begin_promotion if may_begin else self._rosters.get
        while (roster := await next_one(session_id)) and roster.promoting:
            failpoint("promotion-begun")
            registration_id, _, generation = roster.promoting.partition(":")
            if registration_id in roster.entering:
                await self._finish_entering(roster)
            promote = partial(registrations.promote, generation=int(generation), now=self._clock())
            await self._registrations.change(registration_id, promote)
            failpoint("promotion-told")
            await self._rosters.end_promotion(session_id, roster.promoting)

    async def settle(self, session_id: str) -> Session | None:
        """Carry out a session's decision (its limit, its date, its end, its cancellation), then announce it."""
        async with self._turns.setdefault(session_id, asyncio.Lock()):
            session = await self._sessions.get(session_id)
            return await self._carry_out(session) if session and session.unsettled else session

    async def _carry_out(self, session: Session) -> Session:
        failpoint("session-decided")
        await self._rosters.align(session)
        if session.is_scheduled:
            await self._leave_other_dates(session)
            await self.promote(session.id)
        else:
            await self._finish_registrations(session.id)
        failpoint("roster-aligned")
        count = await self._registrations.count_registered(session.id)
        return await self._sessions.change(session.id, lambda now: sessions.settle(now, session, count))

    async def _leave_other_dates(self, session: Session) -> None:
        leave = partial(registrations.leave_other_dates, date=session.date, now=self._clock())
        async for attended in self._registrations.attended_before(session.id, session.date.join_opens_at):
            await self.finish_cancelling(await self._registrations.change(attended.id, leave))

    async def _finish_registrations(self, session_id: str) -> None:
        """Write who had a place when the roster closed, free what was given up, announce a promotion that had begun."""
        await self.finish_entering_of(session_id)
        while unsettled := await self._registrations.unsettled_of(session_id):
            for registration in unsettled:
                await self.finish_cancelling(registration)
        await self.promote(session_id)

    async def recover(self, older_than: timedelta) -> None:
        """Finish everything that was left half done; what was given up, once it was untouched for that long.

        Who is still entering may be registered here first: the request at work then finds it done. A promotion needs no
        mark of its own: whoever frees or adds a seat stays unsettled until it is passed on.
        """
        changed_before = self._clock() - older_than
        for registration in await self._registrations.unsettled(changed_before=changed_before):
            await self.finish_cancelling(registration)
        await self.finish_entering()
        for session_id in await self._sessions.unsettled():
            await self.settle(session_id)
