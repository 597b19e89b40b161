"""What the office may choose from for a membership: phases and bodies of the programme, accepted petitions."""

from dataclasses import dataclass

from services.registration.memberships.usecases import AcceptedPetition, Petitions
from services.registration.programmes.domain import Programme
from services.registration.programmes.usecases import Programmes
from shared.events.registration import Phase
from shared.problems import mark

NO_SUCH_BODY = mark("No such body accompanies the entities of this programme.")
NO_SUCH_PHASE = mark("The programme has no such phase.")


@dataclass(frozen=True, slots=True)
class Choices:
    _programmes: Programmes
    _petitions: Petitions

    async def programme(self, slug: str) -> Programme:
        """Raises ProgrammeUnknownProblem."""
        return await self._programmes.get(slug)

    async def petition(self, programme: str, petition_id: str) -> AcceptedPetition | None:
        """The petition, if it was accepted for the programme."""
        petition = await self._petitions.accepted(petition_id) if petition_id else None
        return petition if petition and petition.programme == programme else None

    def phase(self, programme: Programme, key: str) -> Phase | None:
        return next((phase for phase in programme.phases if phase.key == key), None)

    def has_body(self, programme: Programme, key: str) -> bool:
        """Whether that is a body of the programme, or the office itself."""
        return not key or any(body.key == key for body in programme.bodies)
