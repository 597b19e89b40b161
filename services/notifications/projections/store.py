"""The documents of what the others' events told, each kept unless a later event was seen."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from services.notifications.projections.documents import PAGE, each, model_of
from services.notifications.projections.domain import (
    Known,
    KnownFollower,
    KnownProgramme,
    KnownProposal,
    KnownRegistration,
    KnownSession,
)
from services.notifications.projections.recipients import FOLLOWERS, REGISTRATIONS
from shared.events.vocabulary import Language, RegistrationStatus, SessionStatus
from shared.messaging.reconciler import Entry
from shared.storage.contract import Document, Index, Scalar, Store, Where, at_most, one_of

PROGRAMMES = "programmes"


SESSIONS = "sessions"


PROPOSALS = "proposals"


PROJECTION_COLLECTIONS: Mapping[str, Sequence[Index]] = {
    PROGRAMMES: [],
    SESSIONS: [Index(("programme",)), Index(("starts_at",))],
    PROPOSALS: [Index(("programme",)), Index(("session_id",))],
}


K = TypeVar("K", bound=Known)


class KnownStore:
    """What is known of the others' aggregates."""

    def __init__(self, documents: Store) -> None:
        self._documents = documents

    async def remember(self, collection: str, known: Known, *, leave: set[str] | None = None) -> bool:
        """Keep what an event told unless a later one was seen; whether it is kept now. `leave`: fields that this event
        says nothing about."""
        fields = known.model_dump(mode="json", exclude={"id", *(leave or ())})
        if await self._documents.insert(collection, {"_id": known.id, **fields}):
            return True
        return await self._documents.update(collection, known.id, guard={"seen": at_most(known.seen)}, assign=fields)

    async def remember_detail(
        self, collection: str, document_id: str, name: str, version: int, fields: Mapping[str, Any]
    ) -> bool:
        """Keep fields that only one kind of event tells, unless a later one of that kind was seen: of the aggregate
        itself a later event may have been seen already. Whether they are kept now."""
        mark = f"{name}_seen"
        for guard in ({mark: None}, {mark: at_most(version)}):
            assign = {**fields, mark: version}
            if await self._documents.update(collection, document_id, guard=guard, assign=assign):
                return True
        return False

    async def set_if_missing(self, collection: str, document_id: str, field: str, fields: Mapping[str, Any]) -> None:
        """Set fields unless `field` is there already."""
        await self._documents.update(collection, document_id, guard={field: None}, assign=fields)

    async def programme(self, slug: str) -> KnownProgramme | None:
        """The programme, if an event told of it."""
        return await self._known(PROGRAMMES, slug, KnownProgramme)

    async def session(self, session_id: str) -> KnownSession | None:
        """The session, if an event told of it."""
        return await self._known(SESSIONS, session_id, KnownSession)

    async def registration(self, registration_id: str) -> KnownRegistration | None:
        """The registration, if an event told of it."""
        return await self._known(REGISTRATIONS, registration_id, KnownRegistration)

    async def proposal(self, proposal_id: str) -> KnownProposal | None:
        """The proposal, if an event told of it."""
        return await self._known(PROPOSALS, proposal_id, KnownProposal)

    async def follower(self, follower_id: str) -> KnownFollower | None:
        """The follower, or who is asked to confirm a support, if an event told of them."""
        return await self._known(FOLLOWERS, follower_id, KnownFollower)

    async def programmes(self) -> list[KnownProgramme]:
        """All programmes, by their slugs."""
        return [model_of(document, KnownProgramme) async for document in each(self._documents, PROGRAMMES, {})]

    async def latest_sessions(self, limit: int) -> list[KnownSession]:
        """Sessions, the one that starts last in front."""
        documents = await self._documents.find(SESSIONS, order=(("starts_at", -1),), limit=limit)
        return [model_of(document, KnownSession) for document in documents]

    async def titles(self, subject_ids: Sequence[str]) -> dict[str, Mapping[Language, str] | str]:
        """By session, the title in its languages; by proposal, the title."""
        wanted = sorted(set(subject_ids))
        found = await self.many(SESSIONS, wanted) | await self.many(PROPOSALS, wanted)
        return {subject_id: document["title"] for subject_id, document in found.items()}

    async def scheduled_sessions(self, programme: str) -> list[KnownSession]:
        """The sessions of a programme that are to come or not ended yet."""
        where = {"programme": programme, "status": SessionStatus.SCHEDULED.value}
        documents = await self._documents.find(SESSIONS, where, limit=PAGE)
        return [model_of(document, KnownSession) for document in documents]

    async def subjects_of(self, programme: str) -> list[str]:
        """The ids of a programme's sessions and proposals."""
        return [id_ for kept in (SESSIONS, PROPOSALS) for id_ in await self._ids(kept, {"programme": programme})]

    async def proposals_in(self, session_id: str) -> list[str]:
        """The ids of the proposals that a session treats."""
        return await self._ids(PROPOSALS, {"session_id": session_id})

    async def many(self, collection: str, ids: Sequence[str]) -> dict[str, Document]:
        """The documents with these ids that are there, by id."""
        documents = await self._documents.find(collection, {"_id": one_of(ids)}, limit=max(1, len(ids)))
        return {document["_id"]: document for document in documents}

    async def registrations(self, session_id: str, *, after: str = "", limit: int) -> list[Document]:
        """The registrations of a session, in the order of their ids."""
        return await self._members(REGISTRATIONS, {"session_id": session_id}, after, limit)

    async def followers(self, proposal_id: str, *, after: str = "", limit: int) -> list[Document]:
        """Who follows a proposal, in the order of their ids."""
        return await self._members(FOLLOWERS, {"proposal_id": proposal_id, "following": 1}, after, limit)

    async def seats(self, session_id: str) -> int:
        """How many are known to hold a seat."""
        where = {"session_id": session_id, "status": RegistrationStatus.REGISTERED.value}
        return await self._documents.count(REGISTRATIONS, where)

    async def lacking(self, collection: str, entries: Sequence[Entry]) -> list[str]:
        """Of a page of an inventory, the ids that are not known or in an older version only."""
        known = await self.many(collection, [entry[0] for entry in entries])
        return [key for key, version in entries if known.get(key, {}).get("seen", 0) < version]

    async def _ids(self, collection: str, where: Where) -> list[str]:
        return [document["_id"] async for document in each(self._documents, collection, where)]

    async def _known(self, collection: str, document_id: str, model: type[K]) -> K | None:
        document = await self._documents.get(collection, document_id)
        return model_of(document, model) if document else None

    async def _members(self, collection: str, where: Mapping[str, Scalar], after: str, limit: int) -> list[Document]:
        return await self._documents.find(collection, where, limit=limit, after=[after] if after else None)
