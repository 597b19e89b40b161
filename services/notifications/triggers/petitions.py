"""Mails about petitions: to the contact, and to the mailbox of whoever answers them."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.deliveries.usecases import DeliveryQueue
from services.notifications.projections.domain import KnownOffer, KnownPetition
from services.notifications.projections.store import Projections
from shared.events import support as events
from shared.events.vocabulary import PetitionState

NEWS_OF_PETITIONS: Mapping[PetitionState, DeliveryKind] = {
    PetitionState.OFFERED: DeliveryKind.PETITION_OFFERED,
    PetitionState.ACCEPTED: DeliveryKind.PETITION_ACCEPTED,
    PetitionState.RESERVE: DeliveryKind.PETITION_RESERVE,
    PetitionState.DECLINED: DeliveryKind.PETITION_DECLINED,
    PetitionState.ANSWERED: DeliveryKind.PETITION_ANSWERED,
}
"""What the contact is told of a step; of the others nothing."""
_ONLY_RECEIVED = frozenset({"findings"})


@dataclass(frozen=True, slots=True)
class Petitions:
    _known: Projections
    _queue: DeliveryQueue

    async def learn_offer(self, event: events.OfferPublished) -> None:
        if await self._known.offers.apply(KnownOffer.from_event(event)):
            waiting = [each.id async for each in self._known.petitions.each({"offer_id": event.offer_id})]
            await self._queue.resume(*waiting)

    async def receive(self, event: events.PetitionReceived) -> None:
        """Keep what was found, at once with the petition: who asked gets a mail as soon as both are known."""
        findings = [finding.model_dump(mode="json") for finding in event.findings]
        await self._learn(event, leave=frozenset())
        await self._known.petitions.apply_part(event.petition_id, "findings", event.version, {"findings": findings})

    async def advance(self, event: events.PetitionAdvanced) -> None:
        """Mail how it stands, unless it has taken another step since."""
        known = await self._learn(event, leave=_ONLY_RECEIVED)
        if known and known.step == event.step and event.step and (kind := NEWS_OF_PETITIONS.get(event.state)):
            await self._queue.enqueue_fanout(kind, event.petition_id, round_=str(event.step))

    async def _learn(self, event: events.PetitionEvent, *, leave: AbstractSet[str]) -> KnownPetition | None:
        """Keep how it stands, and mail its owner once for each time that it came to somebody."""
        reported = KnownPetition.from_event(event)
        if await self._known.petitions.apply(reported, leave=leave):
            await self._queue.resume(reported.id)
        await self._queue.enqueue_now(
            DeliveryKind.PETITION_ASSIGNED, reported.id, reported.mailbox_id, round_=str(event.handovers)
        )
        return await self._known.petitions.get(reported.id)
