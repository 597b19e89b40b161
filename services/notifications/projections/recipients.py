"""The registrations and followers that events told of, found by id, address or session."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from services.notifications.projections.documents import each, model_of
from services.notifications.projections.domain import KnownFollower, KnownRegistration, Recipient
from shared.events.vocabulary import RegistrationStatus
from shared.storage.contract import Index, Store, Where, one_of

REGISTRATIONS = "registrations"
FOLLOWERS = "followers"

RECIPIENT_COLLECTIONS: Mapping[str, Sequence[Index]] = {
    REGISTRATIONS: [Index(("session_id",)), Index(("email",))],
    FOLLOWERS: [Index(("proposal_id",)), Index(("email",))],
}

R = TypeVar("R", bound=Recipient)


class RecipientStore:
    """Registrations and followers, and their addresses."""

    def __init__(self, documents: Store) -> None:
        self._documents = documents

    async def registrations(self, address: str) -> list[KnownRegistration]:
        """The registrations with an address."""
        return await self._with(REGISTRATIONS, address, KnownRegistration)

    async def followers(self, address: str) -> list[KnownFollower]:
        """The followers of a proposal with an address, and who was asked to confirm a support."""
        return await self._with(FOLLOWERS, address, KnownFollower)

    async def seated(self, session_id: str) -> list[str]:
        """The ids of the registrations that hold a seat."""
        where: Where = {"session_id": session_id, "status": RegistrationStatus.REGISTERED.value}
        return [document["_id"] async for document in each(self._documents, REGISTRATIONS, where)]

    async def addresses(self, recipient_ids: Sequence[str]) -> dict[str, str]:
        """The addresses of registrations and followers, by their ids."""
        return await self._addresses({"_id": one_of(sorted(set(recipient_ids)))})

    async def at(self, addresses: Sequence[str]) -> dict[str, str]:
        """The address of every registration and follower that has one of these, by their ids."""
        return await self._addresses({"email": one_of(addresses)})

    async def forget(self, recipient: Recipient) -> None:
        """Remove name and address, unless a later event brought another address."""
        collection = REGISTRATIONS if isinstance(recipient, KnownRegistration) else FOLLOWERS
        nobody = {"name": "", "email": ""}
        await self._documents.update(collection, recipient.id, guard={"email": recipient.email}, assign=nobody)

    async def _with(self, collection: str, address: str, model: type[R]) -> list[R]:
        return [model_of(document, model) async for document in each(self._documents, collection, {"email": address})]

    async def _addresses(self, where: Where) -> dict[str, str]:
        return {
            document["_id"]: document["email"]
            for collection in (REGISTRATIONS, FOLLOWERS)
            async for document in each(self._documents, collection, where)
        }
