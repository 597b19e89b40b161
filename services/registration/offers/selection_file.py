"""A selection as one file, from which anybody computes it again (`docs/selection.py`).

It holds no person, and no text of a petition.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from services.registration.offers.domain import Offer
from services.registration.offers.questions import Question
from services.registration.offers.selection import Placed, Terms
from shared.clock import StoredInstant
from shared.entities.domain import Entity
from shared.events.support import Finding
from shared.storage.collection import Stored

FORMAT = "dijous-selection-1"
FORMULA = (
    "The score is the sum of weight x value. Value of yes_no: 1 for yes, 0 for no; of number: its share of the highest "
    "received, without those left out; of choice: its place, from 1; of text: the points from 0 to 10 that staff gave "
    "it; 0 without an answer. Of the same score, whoever asked earlier goes first, then the lower id."
)
_DECIMALS = 4


class Selection(Stored):
    """A selection that was decided, or of which the deciding came to nothing: the offer names those that count."""

    offer_id: str
    at: StoredInstant
    file: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Considered:
    """What the file tells of a petition beside its score."""

    entity: Entity | None
    findings: tuple[Finding, ...]
    points: Mapping[str, str]
    """By question, the reason for the points of its text."""


def selection_file(
    offer: Offer,
    terms: Terms,
    placed: Sequence[Placed],
    considered: Mapping[str, Considered],
    reasons: Mapping[str, str],
    at: datetime,
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "formula": FORMULA,
        "offer": offer.id,
        "title": {language.value: text for language, text in offer.title.items()},
        "decided_at": at.isoformat(),
        "conditions": offer.rule.model_dump(mode="json", exclude_defaults=True),
        "criteria": [_criterion(question) for question in terms.criteria],
        "places": terms.places,
        "per_entity": terms.per_entity,
        "held": dict(terms.held),
        "reserve_before": offer.reserve,
        "official_data": _official(considered),
        "petitions": [_petition(each, considered[each.candidate.id], reasons, terms) for each in placed],
    }


def _criterion(question: Question) -> dict[str, Any]:
    return question.model_dump(mode="json", exclude={"required"})


def _official(considered: Mapping[str, Considered]) -> dict[str, Any]:
    entities = {each.entity.code: each.entity for each in considered.values() if each.entity}
    fields = {"name", "kind", "comarca", "province", "population"}
    return {code: entities[code].model_dump(mode="json", include=fields) for code in sorted(entities)}


def _petition(placed: Placed, considered: Considered, reasons: Mapping[str, str], terms: Terms) -> dict[str, Any]:
    candidate = placed.candidate
    weights = {question.key: question.weight for question in terms.criteria}
    return {
        "id": candidate.id,
        "entity": candidate.entity,
        "received_at": candidate.received_at.isoformat(),
        "facts": {key: str(value) for key, value in candidate.facts.items()},
        "points_because": dict(considered.points),
        "findings": [finding.model_dump(mode="json") for finding in considered.findings],
        "left_out": candidate.left_out,
        "terms": [
            {"key": key, "weight": weights[key], "value": str(term / weights[key]), "term": str(term)}
            for key, term in placed.terms.items()
        ],
        "score": str(placed.score),
        "score_rounded": rounded(placed.score),
        "place": placed.place,
        "tied": placed.is_tied,
        "another_of_its_entity": placed.is_repeated,
        "outcome": placed.state.value,
        "reserve": placed.turn,
        "reason": reasons.get(candidate.id, ""),
        "would_have_been_let_in": None if placed.changes is None else _changes(placed),
    }


def _changes(placed: Placed) -> list[dict[str, str]]:
    return [
        {"key": change.key, "before": str(change.before), "after": str(change.after)} for change in placed.changes or ()
    ]


def rounded(score: Fraction) -> float:
    return round(float(score), _DECIMALS)
