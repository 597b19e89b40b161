"""The projections of other services' events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from services.notifications.projections.domain import (
    KnownContact,
    KnownFollower,
    KnownMembership,
    KnownOffer,
    KnownPetition,
    KnownProgramme,
    KnownProposal,
    KnownRegistration,
    KnownSession,
    Recipient,
)
from shared.events.vocabulary import Language, RegistrationStatus
from shared.storage.collection import Documents
from shared.storage.contract import Index, Store, Where, one_of
from shared.storage.projections import Projection

PROGRAMMES = "programmes"
SESSIONS = "sessions"
PROPOSALS = "proposals"
REGISTRATIONS = "registrations"
FOLLOWERS = "followers"
MEMBERSHIPS = "memberships"
OFFERS = "offers"
PETITIONS = "petitions"
CONTACTS = "contacts"
PROJECTION_COLLECTIONS: Mapping[str, Sequence[Index]] = {
    PROGRAMMES: [],
    SESSIONS: [Index(("programme",)), Index(("starts_at",))],
    PROPOSALS: [Index(("programme",)), Index(("session_id",)), Index(("cancelled_session_id",))],
    REGISTRATIONS: [Index(("session_id",)), Index(("email",))],
    FOLLOWERS: [Index(("proposal_id",)), Index(("email",))],
    MEMBERSHIPS: [Index(("programme",))],
    OFFERS: [Index(("programme",))],
    PETITIONS: [Index(("offer_id",)), Index(("programme",))],
    CONTACTS: [Index(("about_id",)), Index(("email",))],
}

R = TypeVar("R", bound=Recipient)


class Recipients(Projection[R]):
    """Registrations, followers or contacts. `ids` and `addresses` (by id) read them without models."""

    def __init__(self, store: Store, collection: str, model: type[R]) -> None:
        super().__init__(store, collection, model)
        self.ids = Documents[str](store, collection, lambda document: document["_id"])
        self.addresses = Documents[tuple[str, str]](store, collection, lambda item: (item["_id"], item["email"]))

    async def forget(self, recipient: R) -> None:
        """Remove name and address, unless a later event brought another address."""
        nobody = {"name": "", "email": ""}
        await self._store.update(self._name, recipient.id, guard={"email": recipient.email}, assign=nobody)


class Followers(Recipients[KnownFollower]):
    """Followers of proposals, and people asked to confirm a support, who have `following` 0."""

    async def apply_request(self, reported: KnownFollower) -> None:
        """Keep a person asked to confirm a support. One who follows already keeps the role."""
        await self.apply(reported, leave={"role"})
        fields = {"role": reported.role.value, "following": 0}
        await self._store.update(self._name, reported.id, guard={"role": None}, assign=fields)


@dataclass(frozen=True, slots=True)
class Projections:
    programmes: Projection[KnownProgramme]
    sessions: Projection[KnownSession]
    proposals: Projection[KnownProposal]
    registrations: Recipients[KnownRegistration]
    followers: Followers
    memberships: Projection[KnownMembership]
    offers: Projection[KnownOffer]
    petitions: Projection[KnownPetition]
    contacts: Recipients[KnownContact]

    @classmethod
    def over(cls, store: Store) -> Self:
        return cls(
            programmes=Projection(store, PROGRAMMES, KnownProgramme),
            sessions=Projection(store, SESSIONS, KnownSession),
            proposals=Projection(store, PROPOSALS, KnownProposal),
            registrations=Recipients(store, REGISTRATIONS, KnownRegistration),
            followers=Followers(store, FOLLOWERS, KnownFollower),
            memberships=Projection(store, MEMBERSHIPS, KnownMembership),
            offers=Projection(store, OFFERS, KnownOffer),
            petitions=Projection(store, PETITIONS, KnownPetition),
            contacts=Recipients(store, CONTACTS, KnownContact),
        )

    async def recipient(self, recipient_id: str) -> Recipient | None:
        registered = await self.registrations.get(recipient_id)
        return registered or await self.followers.get(recipient_id) or await self.contacts.get(recipient_id)

    async def mailboxes(self, mailbox_ids: Iterable[str]) -> dict[str, Recipient]:
        """Those of the owners of petitions: a body's, or the office's."""
        owners = {id_: id_.split(":", 1) for id_ in mailbox_ids}
        programmes = await self.programmes.many(programme for programme, _ in owners.values())
        return {
            id_: Recipient(id=id_, seen=found.seen, email=found.mailbox_of(owner), language=Language.CA, name="")
            for id_, (programme, owner) in owners.items()
            if (found := programmes.get(programme))
        }

    async def addresses_of(self, recipient_ids: Sequence[str]) -> dict[str, str]:
        mailboxes = await self.mailboxes(id_ for id_ in recipient_ids if ":" in id_)
        people = await self._addresses({"_id": one_of(sorted(set(recipient_ids)))})
        return people | {id_: mailbox.email for id_, mailbox in mailboxes.items() if mailbox.email}

    async def having(self, addresses: Sequence[str]) -> dict[str, str]:
        """The registrations, followers and contacts with one of these addresses: address by id."""
        return await self._addresses({"email": one_of(addresses)})

    async def proposals_of(self, session_id: str) -> list[KnownProposal]:
        """The proposals that a session treats, or was to treat before its cancellation."""
        by_field = ({"session_id": session_id}, {"cancelled_session_id": session_id})
        return [proposal for where in by_field async for proposal in self.proposals.each(where)]

    async def having_places(
        self, session_ids: Sequence[str], addresses: Sequence[str]
    ) -> dict[tuple[str, str], RegistrationStatus]:
        """Every seat and every place on a waiting list, by session and address."""
        places = [RegistrationStatus.REGISTERED.value, RegistrationStatus.WAITING.value]
        where: Where = {"email": one_of(addresses), "session_id": one_of(session_ids), "status": one_of(places)}
        return {(each.session_id, each.email): each.status async for each in self.registrations.each(where)}

    async def titles(self, subject_ids: Sequence[str]) -> dict[str, Mapping[Language, str] | str]:
        """By id: the title of a session or of a petition's offer in its languages, a proposal's title, the name of a
        membership's programme."""
        sessions, proposals = await self.sessions.many(subject_ids), await self.proposals.many(subject_ids)
        memberships, petitions = await self.memberships.many(subject_ids), await self.petitions.many(subject_ids)
        offers = await self.offers.many(each.offer_id for each in petitions.values())
        programmes = await self.programmes.many({each.programme for each in memberships.values()})
        return {
            **{id_: session.title for id_, session in sessions.items()},
            **{id_: proposal.title for id_, proposal in proposals.items()},
            **{id_: offers[each.offer_id].title for id_, each in petitions.items() if each.offer_id in offers},
            **{id_: found.name for id_, each in memberships.items() if (found := programmes.get(each.programme))},
        }

    async def _addresses(self, where: Where) -> dict[str, str]:
        found: dict[str, str] = {}
        for documents in (self.registrations.addresses, self.followers.addresses, self.contacts.addresses):
            found |= {recipient_id: address async for recipient_id, address in documents.each(where)}
        return found


def seated(session_id: str) -> Where:
    return {"session_id": session_id, "status": RegistrationStatus.REGISTERED.value}
