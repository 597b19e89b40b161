"""What the holder of a personal link may do about a registration and about what is kept of them."""

from services.registration.domain import registrations
from services.registration.domain.problems import NotCorrectableProblem
from services.registration.domain.registrations import Correction, Registration
from services.registration.store import RegistrationStore
from services.registration.usecases.erasures import Erasures
from services.registration.usecases.registrations import Registrations, RegistrationView
from shared.clock import Clock


class Mine:
    """The verbs of one's own registration beside cancelling it.

    The link was mailed to the address, so its holder may see and erase all that is kept with that address.
    """

    def __init__(
        self, store: RegistrationStore, registrations_: Registrations, erasures: Erasures, clock: Clock
    ) -> None:
        self._store = store
        self._registrations = registrations_
        self._erasures = erasures
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
        found = await self._same_person(mine)
        views = [await self._registrations.view(each.id) for each in found]
        return sorted(views, key=lambda view: view.session.starts_at)

    async def erase(self, registration_id: str) -> None:
        """Erase all registrations with the address of this one.

        Raises:
            LinkInvalidProblem, ErasedProblem: there is no such registration any more.
        """
        mine = (await self._registrations.view(registration_id)).registration
        for registration in await self._same_person(mine):
            await self._erasures.begin(registration)

    async def _same_person(self, mine: Registration) -> list[Registration]:
        ids = [self._registrations.id_of(session, mine.email) for session in await self._store.session_ids()]
        return [each for each in await self._store.registrations_with(ids) if not each.erased_at]
