"""How each entity took part."""

from services.registration.coverage.domain import Participation, Seat, participation
from services.registration.registrations.store import RegistrationStore


async def seats(registrations: RegistrationStore, programme: str = "") -> list[Seat]:
    """In one programme or, if empty, in all: tens of thousands at most."""
    return [
        Seat(document["session_id"], document["entity_code"], bool(document.get("attended_at")))
        async for document in registrations.participation(programme)
    ]


async def participations(registrations: RegistrationStore, programme: str = "") -> dict[str, Participation]:
    """By entity code, in one programme or, if empty, in all."""
    return participation(await seats(registrations, programme))
