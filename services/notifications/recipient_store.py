"""The documents of who gets mails, found by their address."""

from typing import TypeVar

from services.notifications.domain.known import KnownFollower, KnownRegistration, Recipient
from shared.storage.contract import Scalar, Store

REGISTRATIONS = "registrations"
FOLLOWERS = "followers"
_PAGE = 1000
R = TypeVar("R", bound=Recipient)


class RecipientStore:
    """Registrations and followers with one address."""

    def __init__(self, documents: Store) -> None:
        self._documents = documents

    async def registrations(self, address: str) -> list[KnownRegistration]:
        """The registrations with an address."""
        return await self._with(REGISTRATIONS, address, KnownRegistration)

    async def followers(self, address: str) -> list[KnownFollower]:
        """Who follows a proposal with an address, or was asked to confirm a support."""
        return await self._with(FOLLOWERS, address, KnownFollower)

    async def forget(self, recipient: Recipient) -> None:
        """Leave that there is nobody to write to, unless a later event has told of somebody else."""
        collection = REGISTRATIONS if isinstance(recipient, KnownRegistration) else FOLLOWERS
        nobody = {"name": "", "email": ""}
        await self._documents.update(collection, recipient.id, guard={"email": recipient.email}, assign=nobody)

    async def _with(self, collection: str, address: str, model: type[R]) -> list[R]:
        found: list[R] = []
        after: list[Scalar] | None = None
        while page := await self._documents.find(collection, {"email": address}, limit=_PAGE, after=after):
            found += [model.model_validate({**document, "id": document["_id"]}) for document in page]
            after = [page[-1]["_id"]]
        return found
