"""How each entity took part."""

from collections import Counter, defaultdict

from services.registration.coverage.domain import Participation
from services.registration.registrations.store import RegistrationStore


async def participations(registrations: RegistrationStore, programme: str = "") -> dict[str, Participation]:
    """By entity code, in one programme or, if empty, in all. Reads every registration, tens of thousands at most."""
    registered, attended = Counter[str](), Counter[str]()
    sessions = defaultdict[str, set[str]](set)
    async for document in registrations.participation(programme):
        code = document["entity_code"]
        registered[code] += 1
        if document.get("attended_at"):
            attended[code] += 1
            sessions[code].add(document["session_id"])
    return {code: Participation(count, attended[code], len(sessions[code])) for code, count in registered.items()}
