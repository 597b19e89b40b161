"""Who of the directory came."""

from services.registration.coverage.domain import Coverage, Participation, coverage
from services.registration.entities.usecases import Entities
from services.registration.registrations.store import RegistrationStore


class Participations:
    """Takes the registrations together by entity. They are read anew each time: some tens of thousands at the most."""

    def __init__(self, registrations: RegistrationStore, entities: Entities) -> None:
        self._registrations = registrations
        self._entities = entities

    async def by_entity(self, programme: str = "") -> dict[str, Participation]:
        """What each entity took part in, in one programme or (empty) all."""
        registered: dict[str, int] = {}
        attended: dict[str, int] = {}
        sessions: dict[str, set[str]] = {}
        async for document in self._registrations.participation(programme):
            code = document["entity_code"]
            registered[code] = registered.get(code, 0) + 1
            if document.get("attended_at"):
                attended[code] = attended.get(code, 0) + 1
                sessions.setdefault(code, set()).add(document["session_id"])
        return {
            code: Participation(count, attended.get(code, 0), len(sessions.get(code, ())))
            for code, count in registered.items()
        }

    async def coverage(self, programme: str = "") -> Coverage:
        """Which councils came and which never did."""
        return coverage(await self._entities.everybody(), await self.by_entity(programme))
