"""What the holder of a personal link may do about a registration and about what is kept of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.registration.contacts.usecases import Contacts, HeldContact
from services.registration.registrations import domain as registrations
from services.registration.registrations.domain import Correction, NotCorrectableProblem, Registration
from services.registration.registrations.seating import Seating
from services.registration.registrations.store import RegistrationStore
from services.registration.registrations.usecases import Registrations, RegistrationView
from services.registration.sessions.store import SessionStore
from shared.clock import Clock
from shared.security.actions import Action
from shared.security.audit import Audit
from shared.security.erasing import Erasing
from shared.staff import Role
from shared.storage.compacting import try_to_compact
from shared.storage.contract import Store
from shared.storage.records import Author


@dataclass(frozen=True, slots=True)
class KeptOfPerson:
    """All that is kept with one address."""

    registrations: Sequence[RegistrationView]
    """By start of their sessions."""
    contacts: Sequence[HeldContact]


@dataclass(eq=False)
class OwnRegistration:
    """The link was mailed to the address, so its holder may see and erase all that is kept with that address."""

    _documents: Store
    _stored: RegistrationStore
    _sessions: SessionStore
    _seating: Seating
    _registrations: Registrations
    _erasing: Erasing
    contacts: Contacts
    _audit: Audit
    _clock: Clock

    def __post_init__(self) -> None:
        self.export_for = Action("registration.exported", Role.ADMIN, self._export_for)
        self.erase_for = Action("registration.erased", Role.ADMIN, self._erase_for)

    async def correct(self, registration_id: str, correction: Correction) -> None:
        """Correct who comes; the seat and the address stay.

        Raises:
            LinkInvalidProblem, ErasedProblem: there is no such registration any more.
            NotCorrectableProblem: it was cancelled, or the session is closed.
            NotForEntityProblem: the session is not for that entity.
        """
        view = await self._registrations.view(registration_id)
        if not view.may_correct(self._clock()):
            raise NotCorrectableProblem
        if correction.entity_code != view.registration.entity_code:
            await self._registrations.require_for(view.session, correction.entity_code)
        await self._stored.change(registration_id, lambda current: registrations.correct(current, correction))

    async def ask_again(self, registration_id: str) -> None:
        """Have the confirmation sent once more.

        Raises:
            LinkInvalidProblem, ErasedProblem: there is no such registration any more.
            NotCorrectableProblem: it was cancelled, or the session is closed.
            AskedTooSoonProblem: it was asked for a moment ago.
        """
        now = self._clock()
        if not (await self._registrations.view(registration_id)).may_correct(now):
            raise NotCorrectableProblem
        await self._stored.change(registration_id, lambda current: registrations.ask_again(current, now))

    async def everything(self, registration_id: str) -> KeptOfPerson:
        """All that is kept with the address of this one.

        Raises:
            LinkInvalidProblem, ErasedProblem: there is no such registration any more.
        """
        mine = (await self._registrations.view(registration_id)).registration
        return await self._kept(mine.email, await self._with(mine.email))

    async def erase(self, registration_id: str) -> None:
        """Erase all that is kept with the address of this one.

        Raises:
            LinkInvalidProblem, ErasedProblem: there is no such registration any more.
        """
        mine = (await self._registrations.view(registration_id)).registration
        await self._seating.finish_entering()
        for registration in await self._with(mine.email):
            await self._erasing.begin(registration.id, registration.generation)
        await self.contacts.erase_all(mine.email)

    async def _export_for(self, by: Author, email: str) -> KeptOfPerson:
        """All that is kept with an address, for a person who asked the office."""
        await self._seating.finish_entering()
        found = await self._with(email)
        kept = await self._kept(email, found)
        for subject in (*(each.id for each in found), *(held.contact.id for held in kept.contacts)):
            await self._audit.record(by.member, by.act, subject)
        return kept

    async def _erase_for(self, by: Author, email: str) -> int:
        """Erase all registrations and contacts with an address, for a person who asked the office; how many they were.

        No byte is left behind.
        """
        await self._seating.finish_entering()
        found = await self._with(email)
        for registration in found:
            record = by.record_at(self._clock(), registration.id)
            await self._erasing.begin(registration.id, registration.generation, record)
        contacts = await self.contacts.erase_all(email, lambda subject: by.record_at(self._clock(), subject))
        if erased := len(found) + contacts:
            await try_to_compact(self._documents)
        return erased

    async def _kept(self, email: str, found: Sequence[Registration]) -> KeptOfPerson:
        views = [await self._registrations.view(each.id) for each in found]
        by_start = sorted(views, key=lambda view: view.session.starts_at)
        return KeptOfPerson(by_start, await self.contacts.everything(email))

    async def _with(self, email: str) -> list[Registration]:
        ids = [self._registrations.id_of(session, email) for session in await self._sessions.all_ids()]
        return [each for each in (await self._stored.many(ids)).values() if not each.erased_at]
