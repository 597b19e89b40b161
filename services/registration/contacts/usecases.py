"""Finding, taking along and erasing the contacts with an address, whatever they are told of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.registration.contacts.domain import Contact, Subject
from shared.security.erasing import Erasing, Note, Purge
from shared.storage.collection import Collection
from shared.storage.contract import Index, Store
from shared.storage.records import ActRecord

CONTACT_ERASURES = "contact_erasures"
COLLECTIONS: Mapping[str, Sequence[Index]] = {CONTACT_ERASURES: []}


@dataclass(frozen=True, slots=True)
class HeldContact:
    """A contact and what it is told of; as `Erasing` sees it, the aggregate of a person."""

    contact: Contact
    subject: Subject
    pending: int
    written: Mapping[str, str] = field(default_factory=dict)
    """What the person wrote, by question."""

    @property
    def generation(self) -> int:
        return self.contact.generation


class Holder(Protocol):
    """A noun whose documents hold contacts."""

    async def contacts_with(self, email: str) -> Sequence[HeldContact]:
        """Those not erased."""

    async def erase_contact(self, note: Note) -> HeldContact | None:
        """Erase the contact if it is in the generation noted; the contact afterwards, None if none is held here."""


class Contacts:
    def __init__(self, documents: Store, holders: Sequence[Holder], purge: Purge) -> None:
        self._holders = holders
        self.erasing = Erasing(Collection(documents, CONTACT_ERASURES, Note), self._erase, purge)

    async def everything(self, email: str) -> list[HeldContact]:
        """All contacts with an address."""
        return [held for holder in self._holders for held in await holder.contacts_with(email)]

    async def erase_all(self, email: str, record: Callable[[str], ActRecord] | None = None) -> int:
        """Erase all contacts with an address; how many they were. `record` makes the office's record for each id."""
        found = await self.everything(email)
        for held in found:
            await self.erasing.begin(held.contact.id, held.generation, record(held.contact.id) if record else None)
        return len(found)

    async def _erase(self, note: Note) -> HeldContact | None:
        for holder in self._holders:
            if held := await holder.erase_contact(note):
                return held
        return None
