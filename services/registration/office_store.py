"""What registration keeps for the programme office: its people, their one-time links, failed attempts to sign in; what
others' events told of proposals and mails."""

from datetime import datetime, timedelta

from services.registration.domain.known_bounces import KnownBounce
from services.registration.domain.known_proposals import UNANSWERED, KnownProposal
from services.registration.domain.office_people import OfficePerson, OneTimeLink
from services.registration.store import KNOWN_BOUNCES, KNOWN_PROPOSALS, OFFICE_LINKS, OFFICE_PEOPLE, SIGN_IN_ATTEMPTS
from shared.clock import Clock, to_millis
from shared.staff import Role
from shared.storage.aggregates import Aggregates
from shared.storage.contract import Document, Store, Where, at_most, one_of

ATTEMPTS_KEPT_FOR = timedelta(minutes=15)
_TRIES = 5
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


class Attempts:
    """Attempts to sign in that failed lately, for each user name (by a digest) and for all together.

    An attempt is counted before it is tried, in a guarded update, so many at once count as many.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def begin(self, key: str, now: datetime, *, free: int, longest: timedelta) -> int:
        """Count an attempt; seconds to wait when it may not be made, else 0.

        The first `free` attempts may follow each other at once; from then on the pause doubles up to `longest`.
        """
        await self._forget(now)
        for _ in range(_TRIES):
            document = await self._store.get(SIGN_IN_ATTEMPTS, key)
            if document is None:
                await self._store.insert(
                    SIGN_IN_ATTEMPTS, {"_id": key, "failures": 0, "blocked_until": 0, "last_at": to_millis(now)}
                )
                continue
            if document["blocked_until"] > to_millis(now):
                return int(document["blocked_until"] - to_millis(now)) // 1000 + 1
            if await self._count(key, document["failures"], now, free=free, longest=longest):
                return 0
        return 1

    async def succeeded(self, key: str) -> None:
        """Forget the attempts counted for a user name."""
        await self._store.delete(SIGN_IN_ATTEMPTS, {"_id": key})

    async def uncount(self, key: str) -> None:
        """Take back one attempt, which was a good one."""
        await self._store.update(SIGN_IN_ATTEMPTS, key, increment={"failures": -1})

    async def _count(self, key: str, failures: int, now: datetime, *, free: int, longest: timedelta) -> bool:
        over = failures + 1 - free
        pause = min(timedelta(seconds=2 ** min(over, 20)), longest) if over >= 0 else timedelta(0)
        return await self._store.update(
            SIGN_IN_ATTEMPTS,
            key,
            guard={"failures": failures},
            assign={"blocked_until": to_millis(now + pause), "last_at": to_millis(now)},
            increment={"failures": 1},
        )

    async def _forget(self, now: datetime) -> None:
        await self._store.delete(SIGN_IN_ATTEMPTS, {"last_at": at_most(to_millis(now - ATTEMPTS_KEPT_FOR))})


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
