"""Publishing offers, and their terms."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from services.registration.offers import domain as offers
from services.registration.offers.domain import Offer, OfferClosedProblem, OfferExistsProblem, OfferUnknownProblem
from services.registration.offers.selection_file import Selection
from services.registration.offers.store import OfferStore
from services.registration.programmes.usecases import Programmes
from shared.clock import Clock
from shared.security.actions import Action
from shared.staff import Role
from shared.storage.aggregates import Decide
from shared.storage.collection import Place, Slice
from shared.storage.records import Author, Recording, changed_fields


class Deciding(Protocol):
    """What an offer needs of its petitions."""

    async def decide(self, offer_id: str, decide: Decide[Offer], record: Recording[Offer] | None = None) -> Offer:
        """Store a decision on the offer and carry it out."""

    async def has_petitions(self, offer_id: str) -> bool: ...


@dataclass(eq=False)
class Offers:
    _stored: OfferStore
    _programmes: Programmes
    _deciding: Deciding
    _clock: Clock

    def __post_init__(self) -> None:
        self.publish = Action("offer.published", Role.EDITOR, self._publish)
        self.change = Action("offer.changed", Role.EDITOR, self._change)

    async def _publish(self, by: Author, offer: Offer) -> Offer:
        """Raises:
        ProgrammeUnknownProblem: there is no such programme.
        OfferExistsProblem: it has an offer with that short name.
        """
        await self._programmes.get(offer.programme)
        new = offer.model_copy(update={"changed_at": self._clock()})
        record: Recording[Offer] = by.record(offer.id, {"programme": offer.programme})
        if not await self._stored.create(new, new.published(), record=record):
            raise OfferExistsProblem
        return new

    async def _change(self, by: Author, offer_id: str, changes: dict[str, Any]) -> Offer:
        """Raises:
        OfferUnknownProblem: there is none.
        PlacesTakenProblem, QuestionsAskedProblem: as `change` of the domain.
        """
        await self.get(offer_id)
        is_asked = await self._deciding.has_petitions(offer_id)
        change = partial(offers.change, changes=changes, now=self._clock(), has_petitions=is_asked)
        return await self._deciding.decide(offer_id, change, by.record(offer_id, changed_fields(changes)))

    async def get(self, offer_id: str) -> Offer:
        """Raises OfferUnknownProblem."""
        if offer := await self._stored.get(offer_id):
            return offer
        raise OfferUnknownProblem

    async def open_offer(self, offer_id: str) -> Offer:
        """The offer, if it takes petitions.

        Raises:
            OfferUnknownProblem: there is none.
            OfferClosedProblem: it opens later, or the last day is over.
        """
        offer = await self.get(offer_id)
        if not offer.takes_petitions(self._clock()):
            raise OfferClosedProblem
        return offer

    async def of(self, programme: str) -> list[Offer]:
        """By id: there are few."""
        return await self._stored.all_of(programme)

    async def open_now(self) -> list[Offer]:
        now: datetime = self._clock()
        return [offer async for offer in self._stored.each() if offer.takes_petitions(now)]

    async def by_id(self) -> dict[str, Offer]:
        return {offer.id: offer async for offer in self._stored.each()}

    async def page(self, *, limit: int, after: Place | None) -> Slice[Offer]:
        return await self._stored.page(limit=limit, after=after)

    async def selection(self, offer: Offer) -> Selection | None:
        """The last one decided."""
        return await self._stored.selections.get(offer.selection) if offer.selection else None

    async def republish(self, offer_id: str) -> None:
        await self._stored.republish(offer_id, lambda offer: [offer.published()])
