"""The contacts of petitions: found by address, and erased with what they wrote. The petition stays with the entity."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.registration.contacts.domain import Contact
from services.registration.contacts.usecases import HeldContact
from services.registration.offers.questions import Question
from services.registration.offers.store import OfferStore
from services.registration.petitions import domain as petitions
from services.registration.petitions.domain import Decision, Petition
from services.registration.petitions.store import PetitionStore
from shared.clock import Clock
from shared.events.vocabulary import PetitionState
from shared.security.erasing import Note


class Members(Protocol):
    async def entities_of(self, programme: str, /) -> set[str]:
        """Those that go through its phases now."""


@dataclass(frozen=True, slots=True)
class PetitionContacts:
    _petitions: PetitionStore
    _offers: OfferStore
    _clock: Clock

    async def contacts_with(self, email: str) -> Sequence[HeldContact]:
        return [_held(petition) for petition in await self._petitions.with_email(email)]

    async def erase_contact(self, note: Note) -> HeldContact | None:
        petition = await self._petitions.with_contact(note.id)
        if petition is None or petition.contact.generation != note.generation:
            return _held(petition) if petition else None
        offer, now = await self._offers.get(petition.offer_id), self._clock()
        questions: Sequence[Question] = offer.questions if offer else ()

        def erase(current: Petition) -> Decision:
            return petitions.erase_contact(current, questions, now)

        return _held(await self._petitions.change(petition.id, erase, record=lambda *_: note.record))


async def contacts_over(
    stored: PetitionStore, members: Members, programme: str, before: datetime
) -> AsyncIterator[Contact]:
    """The contacts of the petitions that came to an end before an instant; as `retention` asks for them. Those of an
    entity that goes through the phases of the programme stay until it has finished or left."""
    running = await members.entities_of(programme)
    async for petition in stored.over(programme, before):
        if petition.state is not PetitionState.ACCEPTED or petition.entity not in running:
            yield petition.contact


def _held(petition: Petition) -> HeldContact:
    return HeldContact(petition.contact, petition.subject, petition.pending, petition.answers)
