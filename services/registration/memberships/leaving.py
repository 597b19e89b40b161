"""What an entity gives up that leaves: the seats of its contacts, and its place in the programme."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from services.registration.memberships.domain import Membership
from services.registration.memberships.store import MembershipStore
from services.registration.registrations.domain import ErasedProblem, SessionStartedProblem
from services.registration.registrations.store import RegistrationStore
from services.registration.registrations.usecases import Registrations
from services.registration.sessions.store import SessionStore
from shared.clock import Clock
from shared.events.vocabulary import MembershipState
from shared.faults import failpoint

_LOOKING_AHEAD = timedelta(days=3 * 366)


class Places(Protocol):
    async def give_back(self, petition_id: str, /) -> None:
        """The entity left in the first phase: the next of the reserve gets its place. Idempotent."""


@dataclass(frozen=True, slots=True)
class Leaving:
    _stored: MembershipStore
    _sessions: SessionStore
    _people: RegistrationStore
    _registrations: Registrations
    _places: Places
    _clock: Clock

    async def settle(self, membership: Membership) -> None:
        """Give up what who left still holds. Idempotent; the sweep repeats it after a crash."""
        if not membership.unsettled or membership.state is not MembershipState.LEFT:
            return
        failpoint("membership-ended")
        await self._give_up_seats(membership)
        failpoint("seats-given-up")
        if membership.left_in_first and membership.petition_id:
            await self._places.give_back(membership.petition_id)
        await self._stored.mark_settled(membership)

    async def sweep(self) -> bool:
        for membership in await self._stored.unsettled():
            await self.settle(membership)
        return False

    async def _give_up_seats(self, membership: Membership) -> None:
        """Of its contacts, and of all its people where it is not for everybody. Whoever is a contact of another entity
        that takes part keeps the seat."""
        others = {each.email for other in await self._stored.active(membership.programme) for each in other.people}
        addresses = {each.email for each in membership.people} - others
        now = self._clock()
        for session in await self._sessions.between(now, now + _LOOKING_AHEAD):
            if session.programme != membership.programme or not session.lets_cancel(now):
                continue
            ids = [self._registrations.id_of(session.id, address) for address in addresses]
            given_up = [*(await self._people.many(ids)).values()]
            if not session.is_public:
                of_session = await self._people.all_of(session.id)
                given_up += [
                    each for each in of_session if each.entity_code == membership.entity and each.email not in others
                ]
            for registration in given_up:
                with suppress(ErasedProblem, SessionStartedProblem):
                    await self._registrations.cancel(registration.id)
