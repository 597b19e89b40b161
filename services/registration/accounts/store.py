"""The accounts of the office, their one-time links and what was tried with them, as they are stored."""

import hashlib
import secrets
from datetime import datetime

from services.registration.accounts.domain import Account, OneTimeLink
from shared.clock import Clock, from_millis, to_millis
from shared.staff import Role
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.collection import Collection
from shared.storage.contract import Index, Store, at_most

OFFICE_PEOPLE = "office_people"
OFFICE_LINKS = "office_links"
OFFICE_CHALLENGES = "office_challenges"
SIGN_IN_FAILURES = "sign_in_failures"
COLLECTIONS = {
    OFFICE_PEOPLE: [PENDING, Index(("role",)), Index(("subject",))],
    OFFICE_LINKS: [Index(("expires_at",))],
    OFFICE_CHALLENGES: [Index(("expires_at",))],
    SIGN_IN_FAILURES: [],
}


class OneTimeTokens:
    """Tokens that work once. They are kept as digests; a token itself is kept nowhere."""

    def __init__(self, store: Store, collection: str) -> None:
        self._store = store
        self._name = collection
        self._kept = Collection(store, collection, OneTimeLink)

    async def make(self, expires_at: datetime, person: Account | None, purpose: str = "") -> str:
        """The token of a new one; of nobody for the first run."""
        token = secrets.token_urlsafe(32)
        made = OneTimeLink(
            id=digest_of(token),
            person_id=person.id if person else "",
            member_since=person.added_at if person else None,
            expires_at=expires_at,
            purpose=purpose,
        )
        await self._kept.insert(made)
        return token

    async def get(self, token: str) -> OneTimeLink | None:
        """Spent or not."""
        return await self._kept.get(digest_of(token))

    async def spend(self, token: str) -> bool:
        """Use it up; False when somebody was faster."""
        return await self._store.update(self._name, digest_of(token), guard={"spent": 0}, assign={"spent": 1})

    async def drop(self, person_id: str) -> None:
        await self._kept.delete({"person_id": person_id})

    async def drop_expired(self, now: datetime) -> None:
        await self._kept.delete({"expires_at": at_most(to_millis(now))})


class AccountStore(Aggregates[Account]):
    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, OFFICE_PEOPLE, Account, clock=clock)
        self.links = OneTimeTokens(store, OFFICE_LINKS)
        self.challenges = OneTimeTokens(store, OFFICE_CHALLENGES)

    async def everybody(self) -> list[Account]:
        """By name."""
        found = [person async for person in self.each({"removed_at": None})]
        return sorted(found, key=lambda person: person.name.casefold())

    async def count_administrators(self) -> int:
        return await self.count({"role": int(Role.ADMIN), "removed_at": None})

    async def of_subject(self, subject: str) -> Account | None:
        """The person who signed in before as this subject of the OIDC provider."""
        found = await self.page({"subject": subject, "removed_at": None}, limit=1)
        return found.items[0] if found.items else None

    async def holder(self, link: OneTimeLink) -> Account | None:
        """The person whose link or challenge it is; None once removed, even if added again."""
        person = await self.get(link.person_id)
        return person if person and not person.is_removed and person.added_at == link.member_since else None

    async def new_link(self, expires_at: datetime, person: Account | None = None) -> str:
        """The token of a new link, in place of those for the same person."""
        await self.links.drop(person.id if person else "")
        return await self.links.make(expires_at, person)

    async def count_failure(self, person_id: str) -> None:
        """A wrong attempt with somebody's account: one document for each person, however many there are."""
        last = {"failed_at": to_millis(self._clock())}
        if not await self._store.insert(SIGN_IN_FAILURES, {"_id": person_id, "failures": 1, **last}):
            await self._store.update(SIGN_IN_FAILURES, person_id, assign=last, increment={"failures": 1})

    async def failures(self, person_id: str) -> tuple[int, datetime | None]:
        """How many there were since the last good one, and when the last was."""
        found = await self._store.get(SIGN_IN_FAILURES, person_id)
        return (found["failures"], from_millis(found["failed_at"])) if found else (0, None)

    async def forget(self, person_id: str) -> None:
        """What else is kept of somebody who was removed."""
        await self.links.drop(person_id)
        await self.challenges.drop(person_id)
        await self.forget_failures(person_id)

    async def forget_failures(self, person_id: str) -> None:
        await self._store.delete(SIGN_IN_FAILURES, {"_id": person_id})


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
