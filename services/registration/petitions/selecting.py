"""Selecting: the petitions of an offer in their order, shown first, then decided at once on the offer."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from services.registration.entities.usecases import Entities
from services.registration.offers import domain as offers
from services.registration.offers.domain import NoPlacesProblem, Offer, OfferUnknownProblem
from services.registration.offers.selection import Candidate, Placed, Terms, criteria_of, facts_of, place
from services.registration.offers.selection_file import Considered, Selection, selection_file
from services.registration.offers.store import OfferStore
from services.registration.petitions.domain import Petition
from services.registration.petitions.placing import Placing
from services.registration.petitions.store import PetitionStore
from shared import ids
from shared.clock import Clock
from shared.events.vocabulary import PetitionState
from shared.problems import ForbiddenProblem, Problem, mark
from shared.security.actions import Action
from shared.staff import Role
from shared.storage.records import Author


class SelectionChangedProblem(Problem):
    status = 409
    code = "selection-changed"
    title = mark("Something changed since this list was shown: look at it again before it is decided.")


class NothingToSelectProblem(Problem):
    status = 409
    code = "nothing-to-select"
    title = mark("No petition waits for a decision.")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the office asks of a selection."""

    places: int | None = None
    """How many are offered; None for as many as are free."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """By petition id, why it is declined."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """By petition id, what the council is told beside place and score."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A selection as it would be."""

    offer: Offer
    petitions: Mapping[str, Petition]
    placed: list[Placed]
    file: dict[str, Any]

    @property
    def digest(self) -> str:
        """Of all that it depends on and decides."""
        lasting = {name: value for name, value in self.file.items() if name != "decided_at"}
        return sha256(orjson.dumps(lasting, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def verdicts(self) -> list[tuple[str, PetitionState, str]]:
        told = self.file["petitions"]
        return [(each["id"], PetitionState(each["outcome"]), each["left_out"] or each["reason"]) for each in told]


@dataclass(eq=False)
class Selecting:
    _offers: OfferStore
    _petitions: PetitionStore
    _placing: Placing
    _entities: Entities
    _clock: Clock

    def __post_init__(self) -> None:
        self.select = Action("offer.selected", Role.EDITOR, self._select)

    async def propose(self, offer_id: str, wish: Wish) -> Proposed:
        """The petitions that wait for a decision in their order; those in the reserve stay before them.

        Raises:
            OfferUnknownProblem: there is no such offer.
            NoPlacesProblem: fewer places are free.
        """
        offer = await self._offers.get(offer_id)
        if offer is None:
            raise OfferUnknownProblem
        everything = await self._petitions.of_offer(offer_id)
        considered = {each.id: each for each in everything if each.is_open and each.id not in offer.open}
        asked = offer.free if wish.places is None else wish.places
        if asked > offer.free:
            raise NoPlacesProblem(free=max(0, offer.free))
        terms = Terms(
            criteria_of(offer.questions), min(asked, len(considered)), offer.rule.per_entity, _held(offer, everything)
        )
        placed = place(terms, [_candidate(offer, each, wish) for each in considered.values()])
        told = {petition.id: await self._told(petition) for petition in considered.values()}
        file = selection_file(offer, terms, placed, told, wish.reasons, self._clock())
        return Proposed(offer, considered, placed, file)

    async def _told(self, petition: Petition) -> Considered:
        entity = await self._entities.find(petition.entity)
        because = {key: given.reason for key, given in petition.points.items()}
        return Considered(entity, petition.findings, because)

    async def _select(self, by: Author, offer_id: str, wish: Wish, seen: str = "") -> Proposed:
        """Decide what was shown. The file is stored first: one that no offer names does not count.

        Raises:
            OfferUnknownProblem, NoPlacesProblem: as `propose`.
            NothingToSelectProblem: no petition waits.
            SelectionChangedProblem: it is not what was seen, or others decided something meanwhile.
            ForbiddenProblem: a body does not select.
        """
        if by.member.body:
            raise ForbiddenProblem
        proposed = await self.propose(offer_id, wish)
        if not proposed.placed:
            raise NothingToSelectProblem
        if seen and seen != proposed.digest:
            raise SelectionChangedProblem
        selection = Selection(id=ids.new_id(), offer_id=offer_id, at=self._clock(), file=proposed.file)
        await self._offers.selections.insert(selection)

        def select(current: Offer) -> offers.Decision:
            if current.decisions != proposed.offer.decisions:
                raise SelectionChangedProblem
            return offers.select(current, selection.id, proposed.verdicts(), by.member.name, selection.at)

        offered = sum(each.is_in for each in proposed.placed)
        details = {"offered": offered, "not_chosen": len(proposed.placed) - offered}
        await self._placing.decide(offer_id, select, by.record(offer_id, details))
        return proposed


def _held(offer: Offer, petitions: Iterable[Petition]) -> Mapping[str, int]:
    return Counter(petition.entity for petition in petitions if offer.holds(petition.id))


def _candidate(offer: Offer, petition: Petition, wish: Wish) -> Candidate:
    points = {key: given.points for key, given in petition.points.items()}
    facts = facts_of(offer.questions, petition.answers, points)
    left_out = wish.left_out.get(petition.id, "")
    return Candidate(petition.id, petition.entity, petition.received_at, facts, left_out)
