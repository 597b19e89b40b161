"""The documents of who gets mails, found by their address."""

from collections.abc import Sequence
from typing import TypeVar

from services.notifications.documents import each, model_of
from services.notifications.domain.known import KnownFollower, KnownRegistration, Recipient
from shared.storage.contract import Store, Where, one_of

REGISTRATIONS = "registrations"
FOLLOWERS = "followers"
R = TypeVar("R", bound=Recipient)


class RecipientStore:
    """Registrations and followers, and their addresses."""

    def __init__(self, documents: Store) -> None:
        self._documents = documents

    async def registrations(self, address: str) -> list[KnownRegistration]:
        """The registrations with an address."""
        return await self._with(REGISTRATIONS, address, KnownRegistration)

    async def followers(self, address: str) -> list[KnownFollower]:
        """Who follows a proposal with an address, or was asked to confirm a support."""
        return await self._with(FOLLOWERS, address, KnownFollower)

    async def addresses(self, recipient_ids: Sequence[str]) -> dict[str, str]:
        """The mail addresses of registrations and followers that are known, by their ids."""
        return await self._addresses({"_id": one_of(sorted(set(recipient_ids)))})

    async def at(self, addresses: Sequence[str]) -> dict[str, str]:
        """The address of every registration and follower that has one of these, by their ids."""
        return await self._addresses({"email": one_of(addresses)})

    async def forget(self, recipient: Recipient) -> None:
        """Leave that there is nobody to write to, unless a later event has told of somebody else."""
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
