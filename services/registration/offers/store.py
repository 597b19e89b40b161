"""The offers as they are stored, and the files of their selections."""

from datetime import datetime

from services.registration.offers.domain import Offer
from services.registration.offers.selection_file import Selection
from shared.clock import Clock, to_millis
from shared.storage.aggregates import PENDING, UNCHAINED, Aggregates
from shared.storage.collection import Collection
from shared.storage.contract import Index, Store, less

OFFERS, SELECTIONS = "offers", "selections"
COLLECTIONS = {
    OFFERS: [PENDING, UNCHAINED, Index(("programme",)), Index(("unsettled",)), Index(("expires_at",))],
    SELECTIONS: [],
}


class OfferStore(Aggregates[Offer]):
    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, OFFERS, Offer, clock=clock)
        self.selections = Collection(store, SELECTIONS, Selection)

    async def all_of(self, programme: str) -> list[Offer]:
        return [each async for each in self.each({"programme": programme})]

    async def unsettled(self, *, limit: int = 100) -> list[Offer]:
        """Those with verdicts that may not be carried out."""
        return (await self.page({"unsettled": 1}, limit=limit)).items

    async def expired(self, now: datetime) -> list[Offer]:
        """Those that offer a place whose term is over."""
        return [each async for each in self.each({"expires_at": less(to_millis(now))})]
