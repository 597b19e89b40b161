"""What is found of an entity under a rule, and how it is said."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.registration.app import LOCALES
from services.registration.eligibility.domain import Facts, Finding, Opening, Rule, findings
from services.registration.eligibility.wording import told
from shared.entities.domain import Entity
from shared.events.vocabulary import EntityKind, Language
from shared.text.catalogues import Translations

WORDS = Translations(*LOCALES)
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
COUNCIL = Entity(
    code="0800180001",
    kind=EntityKind.MUNICIPALITY,
    name="Ajuntament d'Abrera",
    short_name="Abrera",
    province="Barcelona",
    population=5000,
)
COMARCA = Entity(code="CC01", kind=EntityKind.COMARCAL_COUNCIL, name="Consell Comarcal", short_name="Alt", province="")
NAMES = {
    "transparency": {Language.CA: "Gestió de la transparència", Language.EN: "Transparency management"},
    "publishing": {Language.CA: "Publicació automatitzada"},
}
EITHER = Rule(finished_any=("transparency", "publishing"))


@dataclass(frozen=True)
class Use:
    resource: str = "transparency"
    requested_on: date | None = date(2023, 5, 2)
    finished_on: date | None = None


def found(rule: Rule, *uses: Use, entity: Entity = COUNCIL, now: datetime = NOW, **known: Any) -> Finding:
    """The only finding."""
    (finding,) = findings(rule, entity, Facts(uses, resource_names=NAMES, **known), now)
    return finding


def said(finding: Finding, language: Language = Language.CA) -> str:
    return told(finding, WORDS).text[language]


def test_without_conditions_nothing_is_found() -> None:
    assert findings(Rule(), COUNCIL, Facts(), NOW) == []


def test_a_finish_is_told_with_its_day_in_every_language() -> None:
    finding = found(EITHER, Use(finished_on=date(2024, 3, 3)))
    assert (finding.passed, finding.day) == (True, date(2024, 3, 3))
    assert told(finding, WORDS).text == {
        Language.CA: "L'ajuntament va finalitzar «Gestió de la transparència» el 3 de març de 2024.",
        Language.ES: "El ayuntamiento finalizó «Gestió de la transparència» el 3 de marzo de 2024.",
        Language.EN: "The council finished «Transparency management» on 3 March 2024.",
    }


@pytest.mark.parametrize(("day", "words"), [(1, "l'1 de març"), (11, "l'11 de març"), (21, "el 21 de març")])
def test_the_article_of_a_day_is_elided_as_it_is_spoken(day: int, words: str) -> None:
    assert words in said(found(EITHER, Use(finished_on=date(2024, 3, day))))


def test_nothing_on_record_tells_what_is_missing() -> None:
    finding = found(EITHER)
    assert finding.passed is False
    assert said(finding) == (
        "No consta que s'hagi finalitzat cap d'aquests recursos: Gestió de la transparència i Publicació automatitzada."
    )


def test_what_was_requested_is_not_finished() -> None:
    finding = found(EITHER, Use())
    assert finding.passed is False
    assert "va sol·licitar «Gestió de la transparència» el 2 de maig de 2023 i no consta" in said(finding)
    assert "va sol·licitar «Gestió de la transparència» i no consta" in said(found(EITHER, Use(requested_on=None)))


def test_a_finish_whose_request_is_undated_passes_and_says_so() -> None:
    finding = found(EITHER, Use(requested_on=None, finished_on=date(2024, 3, 3)))
    assert finding.passed
    assert "no consta quan el va sol·licitar" in said(finding)


def test_of_two_references_the_finished_one_counts() -> None:
    uses = Use(requested_on=date(2025, 1, 1)), Use(finished_on=date(2024, 3, 3)), Use(finished_on=date(2023, 12, 1))
    assert (found(EITHER, *uses).passed, found(EITHER, *uses).day) == (True, date(2024, 3, 3))


def test_a_finish_of_tomorrow_does_not_count_today() -> None:
    tomorrow = Use(finished_on=date(2026, 3, 5))
    assert (found(EITHER, tomorrow).passed, found(EITHER, tomorrow).day) == (False, date(2026, 3, 5))
    assert "comptarà a partir d'aleshores" in said(found(EITHER, tomorrow))
    just_midnight = datetime(2026, 3, 4, 23, tzinfo=UTC)
    assert found(EITHER, tomorrow, now=just_midnight).passed, "in the time zone of the programme it is tomorrow"


def test_a_finish_before_the_first_day_that_counts_is_told_with_both_days() -> None:
    rule = EITHER.model_copy(update={"finished_since": date(2024, 3, 3)})
    assert found(rule, Use(finished_on=date(2024, 3, 3))).passed
    finding = found(rule, Use(finished_on=date(2024, 3, 2)))
    assert finding.passed is False
    assert "el 2 de març de 2024" in said(finding)
    assert "el 3 de març de 2024 o després" in said(finding)


def test_a_use_of_another_resource_does_not_count() -> None:
    assert found(EITHER, Use("another", finished_on=date(2024, 3, 3))).passed is False


def test_up_to_five_thousand_includes_the_last_inhabitant_and_tells_the_year_of_the_figure() -> None:
    assert found(Rule(population_max=5000)).passed
    assert found(Rule(population_max=4999)).passed is False
    assert found(Rule(population_min=5000)).passed
    assert said(found(Rule(population_max=5000))) == (
        "El municipi té 5.000 habitants (xifra del 2020), dins del límit: fins a 5.000 habitants."
    )


def test_an_unknown_population_cannot_be_checked() -> None:
    unknown = COUNCIL.model_copy(update={"population": None})
    finding = found(Rule(population_min=100, population_max=5000), entity=unknown)
    assert finding.passed is None
    assert "no es pot comprovar: de 100 a 5.000 habitants" in said(finding)


def test_a_comarcal_council_is_not_measured_by_population() -> None:
    finding = found(Rule(population_max=5000), entity=COMARCA)
    assert finding.passed
    assert "només afecta els ajuntaments" in said(finding)


def test_kinds_of_entities() -> None:
    rule = Rule(kinds=(EntityKind.MUNICIPALITY, EntityKind.COMARCAL_COUNCIL))
    assert said(found(rule)) == "S'adreça a: ajuntaments i consells comarcals."
    assert found(rule, entity=COMARCA).passed
    assert found(Rule(kinds=(EntityKind.PROVINCIAL_COUNCIL,))).passed is False


def test_provinces() -> None:
    assert found(Rule(provinces=("Barcelona", "Girona"))).passed
    assert found(Rule(provinces=("Tarragona",))).passed is False
    assert found(Rule(provinces=("Tarragona",)), entity=COMARCA).passed is None


def test_members_and_petitions() -> None:
    assert found(Rule(members=True), is_member=True).passed
    assert found(Rule(members=True)).passed is False
    assert found(Rule(per_entity=2), accepted=1).passed
    assert found(Rule(per_entity=2), accepted=2).passed is False


def test_an_entity_of_a_later_wave_is_told_from_when() -> None:
    first, second = NOW - timedelta(days=1), datetime(2026, 6, 1, 7, tzinfo=UTC)
    rule = Rule(openings=(Opening(at=first, provinces=("Tarragona",)), Opening(at=second)))
    finding = found(rule)
    assert (finding.passed, finding.day) == (False, date(2026, 6, 1))
    assert said(finding).startswith("S'obrirà per a aquest ens el dilluns 1 de juny de 2026, 9.00")
    assert found(rule, now=second).passed
    assert found(rule, entity=COUNCIL.model_copy(update={"province": "Tarragona"})).passed


def test_an_entity_of_no_wave_is_told_that_none_is_set() -> None:
    rule = Rule(openings=(Opening(at=NOW, provinces=("Tarragona",)),))
    assert found(rule).passed is False
    assert found(rule, entity=COMARCA).passed is None


def test_a_rule_that_nobody_can_meet_is_refused() -> None:
    with pytest.raises(ValidationError, match="below the smallest"):
        Rule(population_min=5000, population_max=4999)
