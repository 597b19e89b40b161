"""What registration keeps for the programme office: its people, their one-time links; what others' events told of
proposals and mails."""

from services.registration.domain.known_bounces import KnownBounce
from services.registration.domain.known_proposals import UNANSWERED, KnownProposal
from services.registration.domain.office_people import OfficePerson, OneTimeLink
from services.registration.store import KNOWN_BOUNCES, KNOWN_PROPOSALS, OFFICE_LINKS, OFFICE_PEOPLE
from shared.clock import Clock
from shared.staff import Role
from shared.storage.aggregates import Aggregates
from shared.storage.contract import Document, Store, Where, at_most, one_of

_PAGE = 1000
_STANDING: Where = {"standing": 1}


class OfficeStore:
    """People and one-time links."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self.people = Aggregates(store, OFFICE_PEOPLE, OfficePerson, clock=clock)

    async def everybody(self) -> list[OfficePerson]:
        """The people of the office by name."""
        found = await self.people.find({"removed_at": None}, limit=1000)
        return sorted(found, key=lambda person: person.name.casefold())

    async def count_administrators(self) -> int:
        """How many may manage the office."""
        return await self._store.count(OFFICE_PEOPLE, {"role": int(Role.ADMIN), "removed_at": None})

    async def of_subject(self, subject: str) -> OfficePerson | None:
        """Who has signed in before as this subject of the OIDC provider."""
        found = await self.people.find({"subject": subject, "removed_at": None}, limit=1)
        return found[0] if found else None

    async def keep_link(self, link: OneTimeLink) -> None:
        """Keep a new link, in place of those for the same person; the expired ones go."""
        await self._store.delete(OFFICE_LINKS, {"person_id": link.person_id})
        await self._store.insert(OFFICE_LINKS, link.model_dump(mode="json", by_alias=True))

    async def link(self, link_id: str) -> OneTimeLink | None:
        """A link that was kept, spent or not."""
        document = await self._store.get(OFFICE_LINKS, link_id)
        return OneTimeLink.model_validate(document) if document else None

    async def spend_link(self, link_id: str) -> bool:
        """Use a link up; False when somebody was faster."""
        return await self._store.update(OFFICE_LINKS, link_id, guard={"spent": 0}, assign={"spent": 1})


class KnownProposals:
    """The proposals as their events told of them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def learn(self, proposal: KnownProposal) -> None:
        """Keep what an event told, unless a later one was here."""
        await _keep_latest(self._store, KNOWN_PROPOSALS, proposal.model_dump(mode="json", by_alias=True))

    async def unanswered(self, *, limit: int) -> list[KnownProposal]:
        """Those that wait for the office, the most supported first."""
        where: Where = {"state": one_of(UNANSWERED)}
        found = await self._store.find(KNOWN_PROPOSALS, where, order=(("supports", -1),), limit=limit)
        return [KnownProposal.model_validate(document) for document in found]

    async def count_unanswered(self) -> int:
        """How many wait for the office."""
        return await self._store.count(KNOWN_PROPOSALS, {"state": one_of(UNANSWERED)})


class KnownBounces:
    """The addresses that refuse our mails, as the events told of them: whose they are, not what they are."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def learn(self, bounce: KnownBounce) -> None:
        """Keep what an event told, unless a later one was here."""
        await _keep_latest(self._store, KNOWN_BOUNCES, bounce.model_dump(mode="json", by_alias=True))

    async def count_standing(self) -> int:
        """How many of them get no mail now."""
        return await self._store.count(KNOWN_BOUNCES, _STANDING)

    async def recipients(self) -> list[str]:
        """The registrations and followers whose mail was refused."""
        found: list[Document] = []
        while page := await self._store.find(
            KNOWN_BOUNCES, _STANDING, limit=_PAGE, after=[found[-1]["_id"]] if found else None
        ):
            found += page
        return [bounce["recipient_id"] for bounce in found]


async def _keep_latest(store: Store, collection: str, document: Document) -> None:
    """Keep a document unless one of a later event, by `seen`, is there."""
    if not await store.insert(collection, document):
        fields = {name: value for name, value in document.items() if name != "_id"}
        await store.update(collection, document["_id"], guard={"seen": at_most(document["seen"])}, assign=fields)
