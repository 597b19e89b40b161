"""The documents of notifications over `shared.storage`: the only room that knows their fields in the database.

What is on the way of every mail goes in and out as plain documents, since a model for each of 20,000 costs more than
storing it; everything else as the models of `domain`.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from services.notifications.domain.deliveries import DIRECT_ANSWERS, Delivery, DeliveryKind, DeliveryState
from services.notifications.domain.fanouts import Fanout
from services.notifications.domain.known import (
    Known,
    KnownFollower,
    KnownProgramme,
    KnownProposal,
    KnownRegistration,
    KnownSession,
)
from services.notifications.domain.surveys import Survey, SurveyPart
from services.notifications.domain.wording import Wording
from services.notifications.recipient_store import FOLLOWERS, REGISTRATIONS, RecipientStore
from services.notifications.suppression_store import SUPPRESSIONS, SuppressionStore
from shared.audit import AUDIT_COLLECTIONS
from shared.clock import Clock, from_millis, to_millis
from shared.events.vocabulary import Language, RegistrationStatus, SessionStatus
from shared.messaging.inventory import Entry
from shared.messaging.lease import LEASES
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.contract import (
    Document,
    Index,
    Order,
    Scalar,
    Store,
    Where,
    at_least,
    at_most,
    greater,
    less,
    one_of,
    position,
)

PROGRAMMES = "programmes"
SESSIONS = "sessions"
PROPOSALS = "proposals"
DELIVERIES = "deliveries"
FANOUTS = "fanouts"
SURVEY_KEYS = "survey_keys"
SURVEY_PARTS = "survey_parts"
WORDINGS = "wordings"

COLLECTIONS: Mapping[str, Sequence[Index]] = {
    PROGRAMMES: [],
    SESSIONS: [Index(("programme",)), Index(("starts_at",))],
    REGISTRATIONS: [Index(("session_id",)), Index(("email",))],
    FOLLOWERS: [Index(("proposal_id",)), Index(("email",))],
    PROPOSALS: [],
    DELIVERIES: [
        Index(("open", "next_try_at")),  # the sender's
        Index(("subject_id", "created_at")),
        Index(("recipient_id",)),
        Index(("state", "created_at")),
        Index(("created_at",)),
    ],
    FANOUTS: [Index(("open", "created_at")), Index(("subject_id",))],
    SURVEY_KEYS: [Index(("open", "tend_at"))],
    SURVEY_PARTS: [Index(("session_id",)), PENDING],
    SUPPRESSIONS: [Index(("address",)), Index(("created_at",)), PENDING],
    WORDINGS: [],
    LEASES: [],
    **AUDIT_COLLECTIONS,
}

NEWEST_FIRST = (("created_at", -1),)
LONGEST_DUE_FIRST = (("next_try_at", 1),)
_PAGE = 1000
K = TypeVar("K", bound=Known)


class NotificationsStore:
    """This service's documents. `secret` keys the ids of suppressed addresses."""

    def __init__(self, store: Store, *, secret: str, clock: Clock) -> None:
        self.documents = store
        self.parts = Aggregates(store, SURVEY_PARTS, SurveyPart, clock=clock)
        self.wordings = Aggregates(store, WORDINGS, Wording, clock=clock)
        self.suppressions = SuppressionStore(store, secret, clock)
        self.recipients = RecipientStore(store)

    # What the others' events told

    async def remember(self, collection: str, known: Known, *, leave: set[str] | None = None, **more: Scalar) -> bool:
        """Keep what an event told unless a later one was seen; whether it is kept now. `leave`: fields that this event
        says nothing about; `more`: fields beside the model's."""
        fields = {**known.model_dump(mode="json", exclude={"id", *(leave or ())}), **more}
        if await self.documents.insert(collection, {"_id": known.id, **fields}):
            return True
        return await self.documents.update(collection, known.id, guard={"seen": at_most(known.seen)}, assign=fields)

    async def remember_detail(
        self, collection: str, document_id: str, name: str, version: int, fields: Mapping[str, Any]
    ) -> bool:
        """Keep fields that only one kind of event tells, unless a later one of that kind was seen: of the aggregate
        itself a later event may have been seen already. Whether they are kept now."""
        mark = f"{name}_seen"
        for guard in ({mark: None}, {mark: at_most(version)}):
            assign = {**fields, mark: version}
            if await self.documents.update(collection, document_id, guard=guard, assign=assign):
                return True
        return False

    async def set_if_missing(self, collection: str, document_id: str, field: str, fields: Mapping[str, Any]) -> None:
        """Set fields unless `field` is there already."""
        await self.documents.update(collection, document_id, guard={field: None}, assign=fields)

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
        return [_read(document, KnownProgramme) async for document in self._each(PROGRAMMES, {})]

    async def latest_sessions(self, limit: int) -> list[KnownSession]:
        """Sessions, the one that starts last in front."""
        documents = await self.documents.find(SESSIONS, order=(("starts_at", -1),), limit=limit)
        return [_read(document, KnownSession) for document in documents]

    async def titles(self, subject_ids: Sequence[str]) -> dict[str, Mapping[Language, str] | str]:
        """By session, the title in its languages; by proposal, the title."""
        wanted = sorted(set(subject_ids))
        found = await self.many(SESSIONS, wanted) | await self.many(PROPOSALS, wanted)
        return {subject_id: document["title"] for subject_id, document in found.items()}

    async def scheduled_sessions(self, programme: str) -> list[KnownSession]:
        """The sessions of a programme that are to come or not ended yet."""
        where = {"programme": programme, "status": SessionStatus.SCHEDULED.value}
        documents = await self.documents.find(SESSIONS, where, limit=_PAGE)
        return [_read(document, KnownSession) for document in documents]

    async def many(self, collection: str, ids: Sequence[str]) -> dict[str, Document]:
        """The documents with these ids that are there, by id."""
        documents = await self.documents.find(collection, {"_id": one_of(ids)}, limit=max(1, len(ids)))
        return {document["_id"]: document for document in documents}

    async def registrations(self, session_id: str, *, after: str = "", limit: int) -> list[Document]:
        """The registrations of a session, in the order of their ids."""
        return await self._members(REGISTRATIONS, {"session_id": session_id}, after, limit)

    async def followers(self, proposal_id: str, *, after: str = "", limit: int) -> list[Document]:
        """Who follows a proposal, in the order of their ids."""
        return await self._members(FOLLOWERS, {"proposal_id": proposal_id, "following": 1}, after, limit)

    async def addresses(self, recipient_ids: Sequence[str]) -> dict[str, str]:
        """The mail addresses of registrations and followers that are known, by their ids."""
        ids = sorted(set(recipient_ids))
        known = await self.many(REGISTRATIONS, ids) | await self.many(FOLLOWERS, ids)
        return {recipient_id: document["email"] for recipient_id, document in known.items()}

    async def seats(self, session_id: str) -> int:
        """How many are known to hold a seat."""
        where = {"session_id": session_id, "status": RegistrationStatus.REGISTERED.value}
        return await self.documents.count(REGISTRATIONS, where)

    async def lacking(self, collection: str, entries: Sequence[Entry]) -> list[str]:
        """Of a page of an inventory, the ids that are not known or in an older version only."""
        known = await self.many(collection, [entry[0] for entry in entries])
        return [key for key, version in entries if known.get(key, {}).get("seen", 0) < version]

    # Deliveries

    async def add_deliveries(self, deliveries: Sequence[Delivery]) -> int:
        """Insert those that are not there yet; how many they were."""
        return await self.insert_deliveries([delivery_document(delivery) for delivery in deliveries])

    async def insert_deliveries(self, documents: Sequence[Document]) -> int:
        """Insert the documents whose id is not there yet; how many they were."""
        return await self.documents.insert_many(DELIVERIES, documents) if documents else 0

    async def due(
        self, now: datetime, *, limit: int, after: Sequence[Scalar] | None
    ) -> tuple[list[Document], list[Scalar] | None]:
        """Open deliveries whose time has come, the longest due first, and where the next page begins."""
        where: Where = {"open": 1, "next_try_at": at_most(to_millis(now))}
        documents = await self.documents.find(DELIVERIES, where, order=LONGEST_DUE_FIRST, limit=limit, after=after)
        return documents, _next_place(documents, LONGEST_DUE_FIRST, limit)

    async def mark_sent(self, ids: Sequence[str], now: datetime) -> int:
        """The relay took these mails; how many were marked."""
        assign = {"state": DeliveryState.SENT.value, "open": 0, "reason": "", "sent_at": to_millis(now)}
        return await self.documents.update_many(DELIVERIES, ids, assign=assign) if ids else 0

    async def mark(
        self, ids: Sequence[str], state: DeliveryState, reason: str, *, next_try_at: datetime | None = None
    ) -> int:
        """What became of these deliveries but sent. `next_try_at`: they stay open and are tried again then. How many
        were marked."""
        assign: dict[str, Any] = {"state": state.value, "reason": reason, "open": 0 if next_try_at is None else 1}
        if next_try_at is not None:
            assign["next_try_at"] = to_millis(next_try_at)
        return await self.documents.update_many(DELIVERIES, ids, assign=assign) if ids else 0

    async def defer(self, delivery_id: str, reason: str, next_try_at: datetime, tries: int) -> bool:
        """Try this one again then. False when it is no longer open."""
        assign = {
            "state": DeliveryState.DEFERRED.value,
            "reason": reason,
            "next_try_at": to_millis(next_try_at),
            "tries": tries,
        }
        return await self.documents.update(DELIVERIES, delivery_id, guard={"open": 1}, assign=assign)

    async def count_sent_since(self, instant: datetime) -> int:
        """How many mails were handed over since then. Reads all deliveries: not for every page."""
        return await self.documents.count(DELIVERIES, {"sent_at": at_least(to_millis(instant))})

    async def skip_open(self, subject_id: str, kinds: Sequence[DeliveryKind], reason: str) -> int:
        """Skip what is still open of these kinds about a session or proposal; how many they were."""
        where: Where = {"subject_id": subject_id, "open": 1, "kind": one_of([kind.value for kind in kinds])}
        skipped = 0
        while documents := await self.documents.find(DELIVERIES, where, limit=_PAGE):
            skipped += await self.mark([document["_id"] for document in documents], DeliveryState.SKIPPED, reason)
        return skipped

    async def forget_deliveries(self, subject_id: str, kind: DeliveryKind) -> int:
        """Delete what is known of the mails of a kind about a session or proposal; how many they were."""
        return await self.documents.delete(DELIVERIES, {"subject_id": subject_id, "kind": kind.value})

    async def skip_all_to(self, recipient_id: str, reason: str) -> int:
        """Skip what is still open to one person; how many they were."""
        where: Where = {"recipient_id": recipient_id, "open": 1}
        documents = await self.documents.find(DELIVERIES, where, limit=_PAGE)
        return await self.mark([document["_id"] for document in documents], DeliveryState.SKIPPED, reason)

    async def recipients_at(self, addresses: Sequence[str]) -> dict[str, str]:
        """The address of every registration and follower that has one of these, by their ids."""
        found: dict[str, str] = {}
        for collection in (REGISTRATIONS, FOLLOWERS):
            async for document in self._each(collection, {"email": one_of(addresses)}):
                found[document["_id"]] = document["email"]
        return found

    async def direct_answers(self, addresses: Sequence[str], since: datetime) -> dict[str, list[tuple[datetime, str]]]:
        """By address, instant and id of the direct answers that were made since then and are or were to be sent."""
        recipients = await self.recipients_at(addresses)
        found: dict[str, list[tuple[datetime, str]]] = {}
        where: Where = {"recipient_id": one_of(sorted(recipients)), "created_at": at_least(to_millis(since))}
        async for document in self._each(DELIVERIES, where):
            if document["kind"] in DIRECT_ANSWERS and document["state"] != DeliveryState.SKIPPED:
                place = (from_millis(document["created_at"]), document["_id"])
                found.setdefault(recipients[document["recipient_id"]], []).append(place)
        return found

    async def deliveries_to(self, recipient_ids: Iterable[str], *, limit: int) -> list[Delivery]:
        """What was and is to be sent to these recipients, the newest first."""
        where: Where = {"recipient_id": one_of(sorted(recipient_ids))}
        documents = await self.documents.find(DELIVERIES, where, order=NEWEST_FIRST, limit=limit)
        return [_read(document, Delivery) for document in documents]

    async def count_ended(self, state: DeliveryState, *, since: datetime) -> int:
        """How many deliveries that were due since then ended in a state."""
        where: Where = {"open": 0, "next_try_at": at_least(to_millis(since)), "state": state.value}
        return await self.documents.count(DELIVERIES, where)

    async def count_open(self, now: datetime) -> tuple[int, int]:
        """How many deliveries are due, and how many will be at a later time."""
        due = await self.documents.count(DELIVERIES, {"open": 1, "next_try_at": at_most(to_millis(now))})
        later = await self.documents.count(DELIVERIES, {"open": 1, "next_try_at": greater(to_millis(now))})
        return due, later

    async def delivery(self, delivery_id: str) -> Delivery | None:
        """The delivery, or None."""
        document = await self.documents.get(DELIVERIES, delivery_id)
        return _read(document, Delivery) if document else None

    async def list_deliveries(
        self, where: Mapping[str, Scalar], *, limit: int, after: Sequence[Scalar] | None
    ) -> tuple[list[Delivery], list[Scalar] | None]:
        """Deliveries newest first, and where the next page begins."""
        documents = await self.documents.find(DELIVERIES, where, order=NEWEST_FIRST, limit=limit, after=after)
        return [_read(document, Delivery) for document in documents], _next_place(documents, NEWEST_FIRST, limit)

    async def make_due_again(self, delivery_id: str, now: datetime) -> bool:
        """Put a delivery that ended back to due; False when it is open still, or not there."""
        assign = {
            "state": DeliveryState.DUE.value,
            "open": 1,
            "next_try_at": to_millis(now),
            "tries": 0,
            "resent_at": to_millis(now),
            "reason": "",
        }
        return await self.documents.update(DELIVERIES, delivery_id, guard={"open": 0}, assign=assign)

    # Fan-outs

    async def add_fanout(self, fanout: Fanout) -> bool:
        """Insert it; False when it is there already."""
        return await self.documents.insert(FANOUTS, _dump(fanout))

    async def claim_fanout(self, owner: str, now: datetime, until: datetime) -> Fanout | None:
        """Lease the oldest open fan-out that nobody works on."""
        claimed = await self.documents.claim(
            FANOUTS,
            {"open": 1},
            owner=owner,
            now=to_millis(now),
            until=to_millis(until),
            order=[("created_at", 1)],
        )
        return Fanout.model_validate(claimed[0]) if claimed else None

    async def save_cursor(self, fanout_id: str, owner: str, cursor: str, until: datetime) -> bool:
        """Keep how far a fan-out is and the lease longer; False when another replica took it over, or it was closed."""
        guard: dict[str, Scalar] = {"lease_owner": owner, "open": 1}
        assign = {"cursor": cursor, "lease_until": to_millis(until)}
        return await self.documents.update(FANOUTS, fanout_id, guard=guard, assign=assign)

    async def finish_fanout(self, fanout_id: str) -> None:
        """Everybody has a delivery."""
        await self.documents.update(FANOUTS, fanout_id, assign={"open": 0, "hashes": []})

    async def fanouts_about(self, subject_id: str) -> list[Fanout]:
        """All that was to be told to everybody about a session or a proposal."""
        documents = await self.documents.find(FANOUTS, {"subject_id": subject_id}, limit=_PAGE)
        return [Fanout.model_validate(document) for document in documents]

    async def close_fanouts(self, subject_id: str, kinds: Sequence[DeliveryKind]) -> None:
        """Tell nobody else of these kinds."""
        for fanout in await self.fanouts_about(subject_id):
            if fanout.kind in kinds:
                await self.finish_fanout(fanout.id)

    # Surveys

    async def survey(self, session_id: str) -> Survey | None:
        """What is known of a session's survey."""
        document = await self.documents.get(SURVEY_KEYS, session_id)
        return Survey.model_validate(document) if document else None

    async def is_survey_open(self, session_id: str) -> bool:
        """Whether it has not closed."""
        survey = await self.survey(session_id)
        return survey is not None and survey.open == 1

    async def add_survey(self, survey: Survey) -> bool:
        """Insert it; False when it is there already."""
        return await self.documents.insert(SURVEY_KEYS, _dump(survey))

    async def update_survey(
        self, session_id: str, fields: Mapping[str, Any], *, guard: Mapping[str, Any] | None = None
    ) -> bool:
        """Set fields if the guard holds; whether it did."""
        return await self.documents.update(SURVEY_KEYS, session_id, guard=guard, assign=fields)

    async def call_survey(self, session_id: str, now: datetime) -> bool:
        """Have an open survey tended now; False when there is none."""
        return await self.documents.update(
            SURVEY_KEYS,
            session_id,
            guard={"open": 1},
            assign={"tend_at": to_millis(now)},
            increment={"calls": 1},
        )

    async def claim_survey(self, owner: str, now: datetime, until: datetime) -> Survey | None:
        """Lease a survey that is to be tended."""
        claimed = await self.documents.claim(
            SURVEY_KEYS,
            {"open": 1, "tend_at": at_most(to_millis(now))},
            owner=owner,
            now=to_millis(now),
            until=to_millis(until),
            order=[("tend_at", 1)],
        )
        return Survey.model_validate(claimed[0]) if claimed else None

    async def release_survey(self, survey: Survey, tend_at: datetime | None) -> None:
        """End the lease; it is tended at `tend_at`, or at once if somebody called meanwhile."""
        later = {"lease_until": 0, "tend_at": to_millis(tend_at) if tend_at else None}
        if not await self.update_survey(survey.id, later, guard={"calls": survey.calls}):
            await self.update_survey(survey.id, {"lease_until": 0})

    async def see_survey(self, session_id: str, version: int) -> None:
        """Remember the version of an event of feedback's survey, to answer its inventory."""
        await self.update_survey(session_id, {"seen": version}, guard={"seen": less(version)})

    async def survey_parts(self, session_id: str) -> list[SurveyPart]:
        """The parts of a session's links that were prepared."""
        return await self.parts.find({"session_id": session_id}, limit=_PAGE)

    async def delete_survey_parts(self, session_id: str) -> None:
        """Forget the hashes."""
        await self.documents.delete(SURVEY_PARTS, {"session_id": session_id})

    async def _each(self, collection: str, where: Where) -> AsyncIterator[Document]:
        """The documents that match, page by page."""
        after: list[Scalar] | None = None
        while page := await self.documents.find(collection, where, limit=_PAGE, after=after):
            for document in page:
                yield document
            if len(page) < _PAGE:
                break
            after = [page[-1]["_id"]]

    async def _known(self, collection: str, document_id: str, model: type[K]) -> K | None:
        document = await self.documents.get(collection, document_id)
        return _read(document, model) if document else None

    async def _members(self, collection: str, where: Mapping[str, Scalar], after: str, limit: int) -> list[Document]:
        return await self.documents.find(collection, where, limit=limit, after=[after] if after else None)


M = TypeVar("M", bound=BaseModel)


def delivery_document(delivery: Delivery) -> Document:
    """A delivery as it is stored."""
    document = delivery.model_dump(mode="json")
    return {"_id": document.pop("id"), **document}


def delivery_of(document: Document) -> Delivery:
    """The delivery that a document holds."""
    return _read(document, Delivery)


def known_of(document: Document, model: type[M]) -> M:
    """What a document holds of another service's aggregate."""
    return _read(document, model)


def _read(document: Document, model: type[M]) -> M:
    return model.model_validate({**document, "id": document["_id"]})


def _dump(model: BaseModel) -> Document:
    return model.model_dump(mode="json", by_alias=True)


def _next_place(documents: Sequence[Document], order: Order, limit: int) -> list[Scalar] | None:
    return position(documents[-1], order) if len(documents) == limit else None
