"""Instants in words."""

from datetime import UTC, datetime

import pytest

from shared.events.vocabulary import Language
from shared.text.dates import instant_in_words, time_in_words

AT_TEN = datetime(2024, 4, 25, 8, tzinfo=UTC)
ZONE = "Europe/Madrid"


AT_WINTERS_TEN = datetime(2024, 1, 25, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "language", "words"),
    [
        (AT_TEN, Language.CA, "dijous 25 d'abril de 2024, 10.00\u00a0h (hora d'Europa central)"),
        (AT_TEN, Language.ES, "jueves 25 de abril de 2024, 10:00\u00a0h (hora de Europa central)"),
        (AT_TEN, Language.EN, "Thursday 25 April 2024, 10:00 (Central European Summer Time)"),
        (AT_WINTERS_TEN, Language.CA, "dijous 25 de gener de 2024, 10.00\u00a0h (hora d'Europa central)"),
        (AT_WINTERS_TEN, Language.EN, "Thursday 25 January 2024, 10:00 (Central European Time)"),
    ],
)
def test_an_instant_is_said_with_its_weekday_and_where_it_is_that_time(
    instant: datetime, language: Language, words: str
) -> None:
    assert instant_in_words(instant, ZONE, language) == words


@pytest.mark.parametrize("zone", ["Atlantic/Canary", "UTC", "America/Bogota"])
def test_every_zone_has_a_name_in_every_language(zone: str) -> None:
    assert all(" (" in instant_in_words(AT_TEN, zone, language) for language in Language)


@pytest.mark.parametrize(
    ("language", "time"), [(Language.CA, "10.00\u00a0h"), (Language.ES, "10:00\u00a0h"), (Language.EN, "10:00")]
)
def test_a_time_is_never_broken_across_lines(language: Language, time: str) -> None:
    assert time_in_words(AT_TEN, ZONE, language) == time
    assert f", {time} (" in instant_in_words(AT_TEN, ZONE, language)
