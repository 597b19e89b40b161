"""Accepted petitions, as memberships ask for them."""

from dataclasses import dataclass
from functools import partial

from services.registration.contacts.domain import Person
from services.registration.memberships.usecases import AcceptedPetition
from services.registration.petitions import domain as petitions
from services.registration.petitions.domain import Petition
from services.registration.petitions.placing import Placing
from services.registration.petitions.store import PetitionStore
from shared.clock import Clock
from shared.events.vocabulary import PetitionState


@dataclass(frozen=True, slots=True)
class AcceptedPetitions:
    _petitions: PetitionStore
    _placing: Placing
    _clock: Clock

    async def accepted(self, petition_id: str) -> AcceptedPetition | None:
        petition = await self._petitions.get(petition_id)
        if petition is None or petition.state is not PetitionState.ACCEPTED:
            return None
        return AcceptedPetition(petition.id, petition.programme, petition.entity, _person(petition))

    async def give_back(self, petition_id: str) -> None:
        """Free the place, for the next of the reserve."""
        petition = await self._petitions.get(petition_id)
        if petition is None or petition.state not in (PetitionState.ACCEPTED, PetitionState.WITHDRAWN):
            return
        withdraw = partial(petitions.withdraw, reason="", by="", now=self._clock())
        await self._placing.release(await self._petitions.change(petition_id, withdraw))


def _person(petition: Petition) -> Person | None:
    contact = petition.contact
    if not contact.is_somebody:
        return None
    return Person(name=contact.name, email=contact.email, role=contact.role, language=contact.language)
