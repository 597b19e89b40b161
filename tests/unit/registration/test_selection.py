"""The selection of an offer: its order, what the file says of it, and what would have let somebody in."""

import importlib.util
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from services.registration.offers.domain import Offer
from services.registration.offers.questions import Question, QuestionKind
from services.registration.offers.selection import Candidate, Placed, Terms, facts_of, place
from services.registration.offers.selection_file import Considered, selection_file
from shared.events.vocabulary import Language, PetitionState

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SCRIPT = Path(__file__).parents[3] / "docs" / "selection.py"


def question(key: str, kind: QuestionKind, weight: int = 1, options: int = 0) -> Question:
    texts = tuple({Language.CA: f"opció {place}"} for place in range(options))
    return Question(key=key, text={Language.CA: key}, kind=kind, weight=weight, options=texts)


HOURS = question("hours", QuestionKind.NUMBER, 6)
PLAN = question("plan", QuestionKind.YES_NO, 2)
SIZE = question("size", QuestionKind.CHOICE, 1, options=3)
WHY = question("why", QuestionKind.TEXT, 1)
ALL = (HOURS, PLAN, SIZE, WHY)


def candidate(number: int, minutes: int = 0, left_out: str = "", entity: str = "", **facts: int | str) -> Candidate:
    known = {key: Fraction(value) for key, value in facts.items()}
    return Candidate(f"p{number}", entity or f"e{number}", NOW + timedelta(minutes=minutes), known, left_out)


def placed(*candidates: Candidate, places: int = 1, criteria: Sequence[Question] = ALL, **terms: Any) -> list[Placed]:
    return place(Terms(tuple(criteria), places, **terms), candidates)


def outcome(found: Sequence[Placed]) -> list[tuple[str, str]]:
    return [(each.candidate.id, each.state.value) for each in found]


def file_of(terms: Terms, found: Sequence[Placed]) -> dict[str, Any]:
    """As it is read from the disk."""
    offer = Offer(
        id="pilot:decidim", programme="pilot", title={Language.CA: "Pilot"}, changed_at=NOW, questions=terms.criteria
    )
    considered = {each.candidate.id: Considered(None, (), {}) for each in found}
    made = selection_file(offer, terms, found, considered, {}, NOW)
    read: dict[str, Any] = json.loads(json.dumps(made))
    return read


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("selection", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_score_adds_each_weight_times_its_value() -> None:
    mine, other = candidate(1, hours=5, plan=1, size=2, why=7), candidate(2, hours=20)
    (first, second) = placed(mine, other)
    assert first.terms == {"hours": Fraction(3, 2), "plan": 2, "size": 2, "why": 7}
    assert first.score == Fraction(25, 2)
    assert second.terms["hours"] == 6


def test_answers_become_facts_and_texts_count_once_they_have_points() -> None:
    answers = {"hours": "12.5", "plan": "no", "size": "3", "why": "Perquè sí"}
    assert facts_of(ALL, answers, {}) == {"hours": Fraction(25, 2), "plan": 0, "size": 3}
    assert facts_of(ALL, answers, {"why": 7})["why"] == 7
    assert facts_of([replace_weight(HOURS, 0)], answers, {}) == {}


def replace_weight(question: Question, weight: int) -> Question:
    return question.model_copy(update={"weight": weight})


def test_of_a_tie_the_earlier_goes_first_and_it_is_said() -> None:
    found = placed(candidate(1, minutes=5, plan=1), candidate(2, minutes=1, plan=1), candidate(3))
    assert outcome(found) == [("p2", "offered"), ("p1", "reserve"), ("p3", "reserve")]
    assert [each.is_tied for each in found] == [True, True, False]


def test_the_reserve_is_in_order_and_who_is_left_out_is_last() -> None:
    found = placed(
        candidate(1, plan=1, left_out="És massa gran."), candidate(2), candidate(3, size=1), candidate(4, size=2)
    )
    assert outcome(found) == [("p4", "offered"), ("p3", "reserve"), ("p2", "reserve"), ("p1", "declined")]
    assert [each.turn for each in found] == [None, 1, 2, None]
    assert [each.place for each in found] == [1, 2, 3, None]


def test_an_entity_gets_no_more_places_than_one_may_have() -> None:
    found = placed(
        candidate(1, entity="e", size=3), candidate(2, entity="e", size=2), candidate(3, size=1), places=2, per_entity=1
    )
    assert outcome(found) == [("p1", "offered"), ("p3", "offered"), ("p2", "reserve")]
    assert found[2].is_repeated
    held = placed(candidate(1, entity="e", size=3), candidate(2), per_entity=1, held={"e": 1})
    assert outcome(held) == [("p2", "offered"), ("p1", "reserve")]


def test_a_number_of_somebody_left_out_does_not_lower_those_of_the_others() -> None:
    found = placed(candidate(1, hours=10), candidate(2, hours=1_000_000, left_out="No és un ajuntament."))
    assert [each.score for each in found] == [6, 6]


def test_the_smallest_change_is_of_one_fact_and_adds_least() -> None:
    (_, out) = placed(candidate(1, hours=10, size=1), candidate(2, hours=9))
    # Needed are more than 1.6 points: a yes adds 2, the second option 2, full hours too little.
    assert [(each.key, int(each.before), int(each.after)) for each in out.changes or ()] == [("plan", 0, 1)]
    (_, near) = placed(candidate(1, hours=10, plan=1), candidate(2, minutes=-1, hours=5, plan=1))
    assert [(each.key, int(each.before), int(each.after)) for each in near.changes or ()] == [("hours", 5, 10)]


def test_where_one_fact_is_not_enough_several_are_named() -> None:
    (_, out) = placed(candidate(1, hours=10, plan=1), candidate(2), criteria=[HOURS, PLAN])
    assert out.changes is None  # the same score would not do: the other asked earlier
    (_, earlier) = placed(candidate(1, hours=10, plan=1), candidate(2, minutes=-1), criteria=[HOURS, PLAN])
    assert [(each.key, int(each.after)) for each in earlier.changes or ()] == [("hours", 10), ("plan", 1)]


def test_of_one_left_out_for_a_reason_only_that_stood_in_the_way_if_its_score_was_enough() -> None:
    found = placed(candidate(1), candidate(2, plan=1, left_out="Fora de termini."))
    assert found[1].changes == ()


def random_call(rng: random.Random) -> tuple[Terms, list[Candidate]]:
    kinds = list(QuestionKind)
    criteria = tuple(
        question(
            f"q{place}", kind := rng.choice(kinds), rng.choice([1, 2, 3, 10]), 4 if kind is QuestionKind.CHOICE else 0
        )
        for place in range(rng.randint(1, 4))
    )
    entities = [f"e{number}" for number in range(rng.randint(1, 14))]
    candidates = [
        Candidate(
            f"p{number:02}",
            rng.choice(entities),
            NOW + timedelta(seconds=rng.randint(0, 3) / 2),
            {each.key: random_fact(rng, each) for each in criteria if rng.random() < 0.9},
            "Fora." if rng.random() < 0.1 else "",
        )
        for number in range(rng.randint(0, 9))
    ]
    held = {entity: 1 for entity in entities if rng.random() < 0.1}
    return Terms(criteria, rng.randint(0, 6), rng.choice([None, 1, 2]), held), candidates


def random_fact(rng: random.Random, question: Question) -> Fraction:
    if question.kind is QuestionKind.NUMBER:
        return Fraction(rng.randint(0, 12), rng.choice([1, 1, 4]))
    most = {QuestionKind.TEXT: (0, 10), QuestionKind.YES_NO: (0, 1), QuestionKind.CHOICE: (1, 4)}[question.kind]
    return Fraction(rng.randint(*most))


def test_a_thousand_random_calls_are_computed_alike_by_the_script_that_knows_nothing_of_this(
    script: ModuleType,
) -> None:
    rng = random.Random(28)
    for _ in range(1000):
        terms, candidates = random_call(rng)
        file = file_of(terms, place(terms, candidates))
        assert script.compute(file) == script.recorded(file)


def test_the_smallest_change_lets_in_and_nothing_smaller_does(script: ModuleType) -> None:
    rng, changed = random.Random(7), 0
    for _ in range(50):
        terms, candidates = random_call(rng)
        for each in place(terms, candidates):
            if each.is_in or each.is_repeated or each.candidate.left_out:
                continue
            changed += bool(each.changes)
            if each.changes:
                assert is_let_in(script, terms, candidates, each.candidate, {c.key: c.after for c in each.changes})
            best = least_single(script, terms, candidates, each)
            assert (gain(each, terms) if each.changes and len(each.changes) == 1 else None) == best
    assert changed > 20


def is_let_in(
    script: ModuleType, terms: Terms, candidates: Sequence[Candidate], one: Candidate, facts: dict[str, Fraction]
) -> bool:
    other = replace(one, facts={**one.facts, **facts})
    file = file_of(terms, place(terms, [other if each is one else each for each in candidates]))
    return (one.id, "offered") in [(each[0], each[1]) for each in script.compute(file)]


def gain(each: Placed, terms: Terms, change: tuple[str, Fraction] | None = None) -> Fraction:
    key, after = change or (each.changes[0].key, each.changes[0].after)  # type: ignore[index]
    most = each.candidate.facts.get(key, Fraction(0))
    weight = next(question.weight for question in terms.criteria if question.key == key)
    return (after - most) * weight


def least_single(script: ModuleType, terms: Terms, candidates: Sequence[Candidate], each: Placed) -> Fraction | None:
    """By trying every value of every fact that is no number, as nothing else is whole."""
    own = [question for question in terms.criteria if question.kind is not QuestionKind.TEXT]
    numbers = {question.key for question in own if question.kind is QuestionKind.NUMBER}
    if numbers:
        return gain(each, terms) if each.changes and len(each.changes) == 1 else None
    found = []
    for criterion in own:
        most = {QuestionKind.YES_NO: 1, QuestionKind.CHOICE: 4}[criterion.kind]
        for after in range(int(each.candidate.facts.get(criterion.key, 0)) + 1, most + 1):
            if is_let_in(script, terms, candidates, each.candidate, {criterion.key: Fraction(after)}):
                found.append(gain(each, terms, (criterion.key, Fraction(after))))
                break
    return min(found, default=None)


def test_the_script_needs_nothing_and_stays_short() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 100
    imports = {line.split()[1] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert imports == {"json", "sys", "fractions", "pathlib"}


def test_the_script_says_where_a_file_was_altered(
    script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terms = Terms(ALL, 1)
    file = file_of(terms, place(terms, [candidate(1, plan=1), candidate(2)]))
    path = tmp_path / "selection.json"
    path.write_text(json.dumps(file), encoding="utf-8")
    assert script.main(path) == 0
    file["petitions"][1]["facts"]["size"] = "3"
    path.write_text(json.dumps(file), encoding="utf-8")
    assert script.main(path) == 1
    assert "NOT what the file says" in capsys.readouterr().out


def test_the_file_names_criteria_terms_ties_and_reserve() -> None:
    terms = Terms(ALL, 1)
    file = file_of(
        terms, place(terms, [candidate(1, plan=1, hours=3), candidate(2, minutes=1, plan=1, hours=3), candidate(3)])
    )
    assert [each["key"] for each in file["criteria"]] == ["hours", "plan", "size", "why"]
    first, second, third = file["petitions"]
    assert first["terms"][0] == {"key": "hours", "weight": 6, "value": "1", "term": "6"}
    assert (first["tied"], second["tied"], third["tied"]) == (True, True, False)
    assert (second["outcome"], second["reserve"]) == (PetitionState.RESERVE, 1)
    assert second["would_have_been_let_in"] == [{"key": "size", "before": "0", "after": "1"}]
