"""An offer: what entities may ask a programme for, and who has its places.

Its verdicts say where each petition stands that the office or the order of the reserve decided on; each is then carried
out on the petition, and is numbered so that carrying it out again changes nothing. Every place is taken and freed here,
in one document: so offered and accepted together never exceed the places, whatever happens in parallel.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from services.registration.eligibility.domain import Rule
from services.registration.offers.questions import Question, QuestionKind
from shared.clock import StoredInstant
from shared.events.base import Event
from shared.events.support import OfferPublished
from shared.events.vocabulary import Language, PetitionState
from shared.problems import Problem, mark
from shared.storage.aggregates import Aggregate

UNLIMITED = 1_000_000
DEFAULT_OFFER_DAYS = 14
_HOLDING = (PetitionState.OFFERED, PetitionState.ACCEPTED)


class OfferUnknownProblem(Problem):
    status = 404
    code = "offer-unknown"
    title = mark("There is no such offer.")


class OfferExistsProblem(Problem):
    status = 409
    code = "offer-exists"
    title = mark(
        "The programme has an offer with this short name already. Change that one, or choose another short name."
    )


class OfferClosedProblem(Problem):
    status = 409
    code = "offer-closed"
    title = mark("Petitions are not taken now: they open later, or the last day is over.")


class NoPlacesProblem(Problem):
    status = 409
    code = "no-places"
    title = mark("Only {free} places are free: what is offered and what is accepted never exceed the places.")


class PlacesTakenProblem(Problem):
    status = 409
    code = "places-taken"
    title = mark("{taken} places are offered or accepted: there cannot be fewer.")


class QuestionsAskedProblem(Problem):
    status = 409
    code = "questions-asked"
    title = mark(
        "There are petitions already: their questions cannot be taken out, nor change their kind or their number of "
        "answers. Texts, weights and new questions can."
    )


class NotOfferedProblem(Problem):
    status = 409
    code = "not-offered"
    title = mark("No place is offered to this petition now.")


class OfferExpiredProblem(Problem):
    status = 410
    code = "offer-expired"
    title = mark("The term to accept the place is over, and it was offered to somebody else.")


class Verdict(BaseModel):
    """What was decided of one petition, to be carried out on it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    """Each of an offer is later than those before; also the order of the reserve."""
    state: PetitionState
    reason: str = ""
    by: str = ""
    """Who decided, by name; empty for the council itself or the order of the reserve."""
    at: StoredInstant
    until: StoredInstant | None = None
    """Of a place offered: until when it can be accepted."""


class Offer(Aggregate):
    """Its id is `<programme>:<slug>`."""

    programme: str
    title: dict[Language, str]
    text: dict[Language, str] | None = None
    opens_at: StoredInstant | None = None
    closes_at: StoredInstant | None = None
    """The last second in which petitions are taken."""
    places: int | None = None
    """None: no limit, as of a service of support."""
    answer_days: int | None = None
    offer_days: int = DEFAULT_OFFER_DAYS
    rule: Rule = Rule()
    questions: tuple[Question, ...] = ()
    verdicts: dict[str, Verdict] = {}
    """By petition id, the last one; none of a petition that is withdrawn."""
    decisions: int = 0
    """How many verdicts there were."""
    open: tuple[str, ...] = ()
    """Ids of the petitions on which theirs is still to be carried out."""
    unsettled: int = 0
    """1 while there are such, so that the sweep finds it by an index."""
    expires_at: StoredInstant | None = None
    """When the first of the places offered expires."""
    selection: str = ""
    """Id of the last selection's file."""
    changed_at: StoredInstant

    @property
    def slug(self) -> str:
        return self.id.partition(":")[2]

    @property
    def path(self) -> str:
        return f"/programmes/{self.programme}/{self.slug}"

    @property
    def is_support(self) -> bool:
        """Whether it is a service on demand, whose petitions bring doubts to the sessions."""
        return self.places is None

    @property
    def doubts(self) -> list[Question]:
        """The questions whose answers the sessions treat."""
        return [each for each in self.questions if each.kind is QuestionKind.TEXT] if self.is_support else []

    @property
    def taken(self) -> int:
        return sum(verdict.state in _HOLDING for verdict in self.verdicts.values())

    @property
    def free(self) -> int:
        return (UNLIMITED if self.places is None else self.places) - self.taken

    @property
    def reserve(self) -> list[str]:
        """Petition ids in the order in which they come in."""
        waiting = {key: each.number for key, each in self.verdicts.items() if each.state is PetitionState.RESERVE}
        return sorted(waiting, key=waiting.__getitem__)

    def holds(self, petition_id: str) -> bool:
        """Whether a place is offered to it or taken by it."""
        verdict = self.verdicts.get(petition_id)
        return verdict is not None and verdict.state in _HOLDING

    def takes_petitions(self, now: datetime) -> bool:
        is_open = self.opens_at is None or self.opens_at <= now
        return is_open and (self.closes_at is None or now <= self.closes_at)

    def is_shown(self, now: datetime) -> bool:
        """Whether the programme's page leads to it: until it is over."""
        return self.closes_at is None or now <= self.closes_at

    def place_in_reserve(self, petition_id: str) -> int | None:
        """From 1."""
        reserve = self.reserve
        return reserve.index(petition_id) + 1 if petition_id in reserve else None

    def published(self) -> OfferPublished:
        return OfferPublished(offer_id=self.id, **self.model_dump(include=set(OfferPublished.model_fields)))

    def with_verdicts(self, verdicts: Iterable[tuple[str, Verdict]], now: datetime) -> "Offer":
        """Each gets the next number."""
        decided, number = dict(self.verdicts), self.decisions
        for petition_id, verdict in verdicts:
            number += 1
            decided[petition_id] = verdict.model_copy(update={"number": number})
        new = tuple(key for key in decided if decided[key] is not self.verdicts.get(key) and key not in self.open)
        return self._holding(decided, {"decisions": number, "open": (*self.open, *new), "changed_at": now})

    def without(self, petition_id: str) -> "Offer":
        left = {key: verdict for key, verdict in self.verdicts.items() if key != petition_id}
        return self._holding(left, {"open": tuple(key for key in self.open if key != petition_id)})

    def _holding(self, verdicts: dict[str, Verdict], update: dict[str, Any]) -> "Offer":
        terms = [each.until for each in verdicts.values() if each.state is PetitionState.OFFERED and each.until]
        kept: dict[str, Any] = {"verdicts": verdicts, "expires_at": min(terms, default=None)}
        return self.model_copy(update={**update, **kept, "unsettled": int(bool(update["open"]))})


Decision = tuple[Offer, Sequence[Event]]


def change(offer: Offer, changes: Mapping[str, Any], now: datetime, *, has_petitions: bool) -> Decision:
    """Change the terms. More places go to the reserve. What was found of petitions received stays as it was.

    Raises:
        PlacesTakenProblem: more places are offered or accepted.
        QuestionsAskedProblem: petitions have answers that would lose their meaning.
    """
    changed = offer.model_copy(update=dict(changes))
    if changed == offer:
        return offer, []
    if changed.free < 0:
        raise PlacesTakenProblem(taken=offer.taken)
    shapes = {question.shape for question in changed.questions}
    if has_petitions and any(question.shape not in shapes for question in offer.questions):
        raise QuestionsAskedProblem
    more = changed.free - offer.free
    changed = _next_in_reserve(changed, max(0, more), now).model_copy(update={"changed_at": now})
    return changed, [changed.published()]


def decide(offer: Offer, petition_id: str, state: PetitionState, reason: str, by: str, now: datetime) -> Decision:
    """What the office decides of one petition.

    Raises:
        NoPlacesProblem: none is free.
    """
    if state in _HOLDING and not offer.holds(petition_id) and offer.free < 1:
        raise NoPlacesProblem(free=max(0, offer.free))
    return offer.with_verdicts([(petition_id, _verdict(offer, state, now, reason, by))], now), []


def select(
    offer: Offer,
    selection_id: str,
    verdicts: Sequence[tuple[str, PetitionState, str]],
    by: str,
    now: datetime,
) -> Decision:
    """Decide of all petitions considered at once: id, state and reason of each, in their order.

    Raises:
        NoPlacesProblem: more are offered than are free.
    """
    new = [each for each in verdicts if not offer.holds(each[0])]
    if sum(state in _HOLDING for _, state, _ in new) > offer.free:
        raise NoPlacesProblem(free=max(0, offer.free))
    decided = [(key, _verdict(offer, state, now, reason, by)) for key, state, reason in new]
    return offer.with_verdicts(decided, now).model_copy(update={"selection": selection_id}), []


def accept(offer: Offer, petition_id: str, at: datetime, now: datetime) -> Decision:
    """Take the place offered, as the council asked at that instant.

    Raises:
        NotOfferedProblem: none is offered.
        OfferExpiredProblem: the term is over.
    """
    verdict = offer.verdicts.get(petition_id)
    if verdict is None or verdict.state not in _HOLDING:
        raise NotOfferedProblem
    if verdict.state is PetitionState.ACCEPTED:
        return offer, []
    if verdict.until and at > verdict.until:
        raise OfferExpiredProblem
    return offer.with_verdicts([(petition_id, _verdict(offer, PetitionState.ACCEPTED, now))], now), []


def release(offer: Offer, petition_id: str, now: datetime) -> Decision:
    """Free the place, or the one in the reserve, of a petition that is withdrawn; the next of the reserve gets it."""
    verdict = offer.verdicts.get(petition_id)
    if verdict is None:
        return offer, []
    return _next_in_reserve(offer.without(petition_id), int(verdict.state in _HOLDING), now), []


def expire(offer: Offer, now: datetime) -> Decision:
    """Decline those whose term to accept is over; the next of the reserve get their places."""
    over = [
        key
        for key, verdict in offer.verdicts.items()
        if verdict.state is PetitionState.OFFERED and verdict.until and now > verdict.until
    ]
    if not over:
        return offer, []
    declined = offer.with_verdicts([(key, _verdict(offer, PetitionState.DECLINED, now)) for key in over], now)
    return _next_in_reserve(declined, len(over), now), []


def settle(offer: Offer, carried_out: Mapping[str, int]) -> Decision:
    """Note which verdicts, by petition id and number, are carried out."""
    still = tuple(key for key in offer.open if carried_out.get(key) != offer.verdicts[key].number)
    return offer.model_copy(update={"open": still, "unsettled": int(bool(still))}), []


def _next_in_reserve(offer: Offer, places: int, now: datetime) -> Offer:
    """Offer that many places to the first of the reserve, as far as they are free."""
    first = offer.reserve[: max(0, min(places, offer.free))]
    return offer.with_verdicts([(key, _verdict(offer, PetitionState.OFFERED, now)) for key in first], now)


def _verdict(offer: Offer, state: PetitionState, now: datetime, reason: str = "", by: str = "") -> Verdict:
    until = now + timedelta(days=offer.offer_days) if state is PetitionState.OFFERED else None
    return Verdict(number=0, state=state, reason=reason, by=by, at=now, until=until)
