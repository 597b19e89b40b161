"""The documents of the registration service; the only room that knows how they are called and shaped in the store."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from services.registration.domain.entities import Entity
from services.registration.domain.programmes import Programme
from services.registration.domain.registrations import Registration, RegistrationState
from services.registration.domain.sessions import LONGEST_MINUTES, Session
from services.registration.roster_store import ROSTERS, Rosters
from shared.audit import AUDIT_COLLECTIONS
from shared.clock import Clock, to_millis
from shared.limits import LIMIT_COLLECTIONS, Limits
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.contract import (
    Condition,
    Index,
    Order,
    Scalar,
    Store,
    Where,
    at_least,
    at_most,
    greater,
    one_of,
)

PROGRAMMES = "programmes"
SESSIONS = "sessions"
REGISTRATIONS = "registrations"
ENTITIES = "entities"
ERASURES = "erasures"
OFFICE_PEOPLE = "office_people"
OFFICE_LINKS = "office_links"
SIGN_IN_ATTEMPTS = "sign_in_attempts"
KNOWN_PROPOSALS = "known_proposals"
KNOWN_RESULTS = "known_results"
KNOWN_BOUNCES = "known_bounces"

COLLECTIONS: Mapping[str, Sequence[Index]] = {
    PROGRAMMES: [PENDING],
    SESSIONS: [
        PENDING,
        Index(("starts_at",)),
        Index(("programme", "starts_at")),
        Index(("status", "over_at")),
        Index(("unsettled",)),
        Index(("changed_at",)),
    ],
    REGISTRATIONS: [
        PENDING,
        Index(("unsettled", "changed_at")),
        Index(("session_id", "arrived_at")),
        Index(("erased_at",)),
    ],
    ROSTERS: [Index(("unsettled",))],
    ENTITIES: [],
    ERASURES: [],
    **LIMIT_COLLECTIONS,
    OFFICE_PEOPLE: [PENDING, Index(("role",)), Index(("subject",))],
    OFFICE_LINKS: [Index(("expires_at",))],
    SIGN_IN_ATTEMPTS: [Index(("last_at",))],
    KNOWN_PROPOSALS: [Index(("state", "supports"))],
    KNOWN_RESULTS: [],
    KNOWN_BOUNCES: [Index(("standing",))],
    **AUDIT_COLLECTIONS,
}
AGGREGATES = (PROGRAMMES, SESSIONS, REGISTRATIONS, OFFICE_PEOPLE)
"""The collections whose outboxes the relay publishes."""

BY_START: Order = (("starts_at", 1),)
BY_START_LATEST_FIRST: Order = (("starts_at", -1),)
BY_ARRIVAL: Order = (("arrived_at", 1),)

_IDS_AT_A_TIME = 500
_SESSIONS_KEPT = 64  # more than are open for registration at a time
_PAGE = 1000


async def all_registrations(registrations: Aggregates[Registration], session_id: str) -> list[Registration]:
    """All registrations for a session by arrival."""
    found: list[Registration] = []
    after: list[Scalar] | None = None
    while page := await registrations.find({"session_id": session_id}, order=BY_ARRIVAL, limit=_PAGE, after=after):
        found += page
        after = [to_millis(page[-1].arrived_at), page[-1].id]
    return found


class RegistrationStore:
    """Everything that the registration service keeps."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = self.documents = store
        self._clock = clock
        self.programmes = Aggregates(store, PROGRAMMES, Programme, clock=clock)
        self.sessions = Aggregates(store, SESSIONS, Session, clock=clock, keep=_SESSIONS_KEPT)
        self.registrations = Aggregates(store, REGISTRATIONS, Registration, clock=clock)
        self.rosters = Rosters(store)

    async def find_programmes(self, *, limit: int, after: Sequence[Scalar] | None) -> list[Programme]:
        """A page of the programmes by slug."""
        return await self.programmes.find(limit=limit, after=after)

    async def find_sessions(
        self,
        *,
        programme: str | None,
        over_before: datetime | None,
        over_after: datetime | None,
        order: Order,
        limit: int,
        after: Sequence[Scalar] | None,
    ) -> list[Session]:
        """A page of the sessions, of one programme or all, that are over before or after an instant."""
        where: dict[str, Scalar | Condition] = {"programme": programme} if programme is not None else {}
        if over_before is not None:
            where["over_at"] = at_most(to_millis(over_before))
        if over_after is not None:
            where["over_at"] = greater(to_millis(over_after))
            # Says nothing new, but where to begin in the index: not with the first session of all.
            where["starts_at"] = at_least(to_millis(over_after - timedelta(minutes=LONGEST_MINUTES)))
        return await self.sessions.find(where, order=order, limit=limit, after=after)

    async def sessions_with(self, ids: Sequence[str]) -> list[Session]:
        """The sessions with these ids that are there."""
        return await self.sessions.find({"_id": one_of(ids)}, limit=len(ids)) if ids else []

    async def sessions_to_end(self, over_before: datetime, *, limit: int = 100) -> list[str]:
        """Scheduled sessions whose planned end is that long ago."""
        where: Where = {"status": "scheduled", "over_at": at_most(to_millis(over_before))}
        return [session.id for session in await self.sessions.find(where, limit=limit)]

    async def unsettled_sessions(self, *, limit: int = 100) -> list[str]:
        """Sessions that decided something which is not carried out."""
        return [session.id for session in await self.sessions.find({"unsettled": 1}, limit=limit)]

    async def live_session_ids(self, since: datetime) -> list[str]:
        """The sessions that start after an instant."""
        found = await self._store.find(SESSIONS, {"starts_at": at_least(to_millis(since))}, limit=10_000)
        return [document["_id"] for document in found]

    async def unsettled_registrations(self, *, changed_before: datetime, limit: int = 200) -> list[Registration]:
        """Registrations given up without their roster knowing, perhaps, left alone since an instant; oldest first."""
        where: Where = {"unsettled": 1, "changed_at": at_most(to_millis(changed_before))}
        return await self.registrations.find(where, order=[("changed_at", 1)], limit=limit)

    async def unsettled_registrations_of(self, session_id: str, *, limit: int = 200) -> list[Registration]:
        """The same of one session, however young."""
        return await self.registrations.find({"session_id": session_id, "unsettled": 1}, limit=limit)

    async def touch(self, registration: Registration) -> None:
        """Raise the version and nothing else: who decided on what was there before has to decide again."""
        await self._store.update(REGISTRATIONS, registration.id, increment={"generation": 0})

    async def mark_settled(self, registration: Registration) -> None:
        """The roster knows that this round was cancelled."""
        await self._store.update(
            REGISTRATIONS,
            registration.id,
            guard={
                "unsettled": 1,
                "state": RegistrationState.CANCELLED,
                "generation": registration.generation,
            },
            assign={"unsettled": 0},
        )

    async def count_registered(self, session_id: str) -> int:
        """How many hold a seat."""
        return await self._store.count(REGISTRATIONS, {"session_id": session_id, "state": RegistrationState.REGISTERED})

    async def find_registrations(
        self, session_id: str, *, limit: int, after: Sequence[Scalar] | None
    ) -> list[Registration]:
        """A page of the registrations for a session in the order in which they came."""
        return await self.registrations.find({"session_id": session_id}, order=BY_ARRIVAL, limit=limit, after=after)

    def limits(self, secret: bytes) -> Limits:
        """The counters of this service."""
        return Limits(self._store, self._clock, secret=secret)

    async def session_ids(self) -> list[str]:
        """The ids of all sessions."""
        return [document["_id"] for document in await self._store.find(SESSIONS, limit=10_000)]

    async def sessions_over(self, before: datetime) -> list[str]:
        """The sessions that were over before an instant."""
        where: Where = {"starts_at": at_most(to_millis(before)), "over_at": at_most(to_millis(before))}
        return [document["_id"] for document in await self._store.find(SESSIONS, where, limit=10_000)]

    async def people_of(self, session_id: str, *, limit: int = 200) -> list[Registration]:
        """Registrations for a session whose person was not erased."""
        where: Where = {"session_id": session_id, "erased_at": None}
        return await self.registrations.find(where, limit=limit)

    async def registrations_with(self, ids: Sequence[str]) -> list[Registration]:
        """The registrations with these ids that are there."""
        pages = [ids[start : start + _IDS_AT_A_TIME] for start in range(0, len(ids), _IDS_AT_A_TIME)]
        found = [await self.registrations.find({"_id": one_of(page)}, limit=len(page)) for page in pages]
        return [registration for page in found for registration in page]

    async def note_erasure(self, registration_id: str, generation: int) -> None:
        """Note that this round of a registration is to be erased."""
        if not await self._store.insert(ERASURES, {"_id": registration_id, "generation": generation}):
            await self._store.update(ERASURES, registration_id, assign={"generation": generation})

    async def erasures(self, *, limit: int = 100) -> list[tuple[str, int]]:
        """Registrations that are to be erased, or whose events are to be purged, with their round."""
        return [(each["_id"], each["generation"]) for each in await self._store.find(ERASURES, limit=limit)]

    async def end_erasure(self, registration_id: str, generation: int) -> None:
        """Nothing is left of this round."""
        await self._store.delete(ERASURES, {"_id": registration_id, "generation": generation})

    async def find_entity(self, code: str) -> Entity | None:
        """An imported entity."""
        document = await self._store.get(ENTITIES, code)
        return Entity.model_validate(document) if document else None

    async def imported_entities(self) -> list[Entity]:
        """All imported entities."""
        entities: list[Entity] = []
        after: list[Scalar] | None = None
        while page := await self._store.find(ENTITIES, limit=1000, after=after):
            entities += [Entity.model_validate(document) for document in page]
            after = [page[-1]["_id"]]
        return entities

    async def import_entity(self, entity: Entity) -> None:
        """Store an imported entity in place of the one that had its code."""
        document = {"_id": entity.code, **entity.model_dump(mode="json")}
        fields = {field: value for field, value in document.items() if field != "_id"}
        if not await self._store.insert(ENTITIES, document):
            await self._store.update(ENTITIES, entity.code, assign=fields)
