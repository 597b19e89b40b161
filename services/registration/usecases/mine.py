"""What the holder of a personal link may do about a registration and about what is kept of them."""

from collections.abc import Sequence

from services.registration.domain import registrations
from services.registration.domain.acts import Act
from services.registration.domain.problems import NotCorrectableProblem
from services.registration.domain.registrations import Correction, Registration
from services.registration.store import RegistrationStore
from services.registration.usecases.erasures import Erasures
from services.registration.usecases.registrations import Registrations, RegistrationView
from services.registration.usecases.seats import Seats
from shared.audit import Audit
from shared.clock import Clock
from shared.staff import StaffMember
from shared.storage.compacting import try_to_compact


class Mine:
    """The verbs of one's own registration beside cancelling it.

    The link was mailed to the address, so its holder may see and erase all that is kept with that address.
    """

    def __init__(
        self,
        store: RegistrationStore,
        seats: Seats,
        registrations_: Registrations,
        erasures: Erasures,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._store = store
        self._seats = seats
        self._registrations = registrations_
        self._erasures = erasures
        self._audit = audit
        self._clock = clock

    async def correct(self, registration_id: str, correction: Correction) -> None:
        """Correct who comes; the seat and the address stay.

        Raises:
            LinkInvalidProblem, ErasedProblem: there is no such registration any more.
            NotCorrectableProblem: it was cancelled, or the session is closed.
        """
        view = await self._registrations.view(registration_id)
        if not view.registration.is_active or not view.session.takes_registrations(self._clock()):
            raise NotCorrectableProblem
        await self._store.registrations.change(
            registration_id, lambda current: registrations.correct(current, correction)
        )

    async def ask_again(self, registration_id: str) -> None:
        """Have the confirmation sent once more.

        Raises:
            LinkInvalidProblem, ErasedProblem: there is no such registration any more.
            NotCorrectableProblem: it was cancelled, or the session is closed.
            AskedTooSoonProblem: it was asked for a moment ago.
        """
        view, now = await self._registrations.view(registration_id), self._clock()
        if not view.registration.is_active or not view.session.takes_registrations(now):
            raise NotCorrectableProblem
        await self._store.registrations.change(registration_id, lambda current: registrations.ask_again(current, now))

    async def everything(self, registration_id: str) -> list[RegistrationView]:
        """All registrations with the address of this one, by start of their sessions.

        Raises:
            LinkInvalidProblem, ErasedProblem: there is no such registration any more.
        """
        mine = (await self._registrations.view(registration_id)).registration
        return await self._views(await self._with(mine.email))

    async def erase(self, registration_id: str) -> None:
        """Erase all registrations with the address of this one.

        Raises:
            LinkInvalidProblem, ErasedProblem: there is no such registration any more.
        """
        mine = (await self._registrations.view(registration_id)).registration
        await self._seats.finish_entering()
        for registration in await self._with(mine.email):
            await self._erasures.begin(registration)

    async def export_for(self, by: StaffMember, email: str) -> list[RegistrationView]:
        """All registrations with an address, for who asked the office for them."""
        await self._seats.finish_entering()
        found = await self._with(email)
        for registration in found:
            await self._audit.record(by, Act.REGISTRATION_EXPORTED, registration.id)
        return await self._views(found)

    async def erase_for(self, by: StaffMember, email: str) -> int:
        """Erase all registrations with an address for who asked the office for it, and leave no byte behind; how many
        they were."""
        await self._seats.finish_entering()
        found = await self._with(email)
        for registration in found:
            await self._audit.record(by, Act.REGISTRATION_ERASED, registration.id)
            await self._erasures.begin(registration)
        if found:
            await try_to_compact(self._store.documents)
        return len(found)

    async def _views(self, found: Sequence[Registration]) -> list[RegistrationView]:
        views = [await self._registrations.view(each.id) for each in found]
        return sorted(views, key=lambda view: view.session.starts_at)

    async def _with(self, email: str) -> list[Registration]:
        ids = [self._registrations.id_of(session, email) for session in await self._store.session_ids()]
        return [each for each in await self._store.registrations_with(ids) if not each.erased_at]
