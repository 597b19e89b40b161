"""Places: what a council or the office decided is carried out between the offer and its petitions, in steps that are
each safe to repeat.

What the council decides stands on the petition first, then on the offer, which alone gives and frees places; its
verdicts are then carried out petition by petition. A crash in between leaves an `unsettled` document for the sweep.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import partial
from weakref import WeakValueDictionary

import structlog

from services.registration.offers import domain as offers
from services.registration.offers.domain import NotOfferedProblem, Offer, OfferExpiredProblem
from services.registration.offers.store import OfferStore
from services.registration.petitions import domain as petitions
from services.registration.petitions.domain import Petition
from services.registration.petitions.store import PetitionStore
from shared.clock import Clock
from shared.events.vocabulary import PetitionState
from shared.faults import failpoint
from shared.storage.aggregates import Decide
from shared.storage.contract import StoreError
from shared.storage.records import Recording

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Placing:
    _offers: OfferStore
    _petitions: PetitionStore
    _clock: Clock
    _turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def decide(self, offer_id: str, decide: Decide[Offer], record: Recording[Offer] | None = None) -> Offer:
        """Store a decision on the offer and carry it out."""
        decided = await self._offers.change(offer_id, decide, record=record)
        failpoint("offer-decided")
        return await self.carry_out(offer_id) if decided.unsettled else decided

    async def has_petitions(self, offer_id: str) -> bool:
        return await self._petitions.has_any(offer_id)

    async def accept(self, petition: Petition) -> None:
        """Have the offer give the place to the council that asked for it.

        Raises:
            NotOfferedProblem, OfferExpiredProblem: it has none for it any more.
        """
        if petition.acceptance is None or petition.state is not PetitionState.OFFERED:
            return
        failpoint("petition-accepting")
        accept = partial(offers.accept, petition_id=petition.id, at=petition.acceptance.at, now=self._clock())
        try:
            await self.decide(petition.offer_id, accept)
        except (NotOfferedProblem, OfferExpiredProblem):
            await self._petitions.change(petition.id, petitions.forget_acceptance)
            raise

    async def release(self, petition: Petition) -> None:
        """Have the offer free the place of a petition that was withdrawn, and pass it on."""
        if not petition.unsettled or petition.state is not PetitionState.WITHDRAWN:
            return
        failpoint("petition-withdrawn")
        await self.decide(petition.offer_id, partial(offers.release, petition_id=petition.id, now=self._clock()))
        await self._petitions.change(petition.id, petitions.settle)

    async def carry_out(self, offer_id: str) -> Offer:
        """Carry out the offer's verdicts. A place for a petition that can take none meanwhile is passed on."""
        async with self._turns.setdefault(offer_id, asyncio.Lock()):
            offer = await self._offers.get(offer_id)
            assert offer is not None
            while offer.unsettled:
                offer = await self._carry_out(offer)
            return offer

    async def _carry_out(self, offer: Offer) -> Offer:
        carried_out: dict[str, int] = {}
        for petition_id, verdict in [(key, offer.verdicts[key]) for key in offer.open]:
            place = offer.place_in_reserve(petition_id)
            follow = partial(petitions.follow, verdict=verdict, place_in_reserve=place, now=self._clock())
            petition = await self._petitions.change(petition_id, follow)
            failpoint("verdict-carried-out")
            if petition.followed == verdict.number and petition.state is not verdict.state:
                await self._offers.change(offer.id, partial(offers.release, petition_id=petition_id, now=self._clock()))
            carried_out[petition_id] = verdict.number
        return await self._offers.change(offer.id, partial(offers.settle, carried_out=carried_out))

    async def recover(self) -> bool:
        """Finish everything that was left half done, and what the terms end; a step of a loop."""
        for petition in await self._petitions.unsettled():
            await self._try(petition.id, self._recover(petition))
        for offer in await self._offers.unsettled():
            await self._try(offer.id, self.carry_out(offer.id))
        now = self._clock()
        for offer in await self._offers.expired(now):
            await self._try(offer.id, self.decide(offer.id, partial(offers.expire, now=now)))
        return False

    async def _try(self, subject: str, step: Awaitable[object]) -> None:
        """A failure with one does not stop the others."""
        try:
            await step
        except (StoreError, LookupError, ValueError):
            log.exception("places not settled", action="places_unsettled", subject=subject)

    async def _recover(self, petition: Petition) -> None:
        try:
            await self.accept(petition)
        except (NotOfferedProblem, OfferExpiredProblem):
            return
        await self.release(petition)
