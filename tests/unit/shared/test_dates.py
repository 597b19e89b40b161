"""Instants in words."""

from datetime import UTC, datetime

import pytest

from shared.dates import instant_in_words, time_in_words
from shared.events.vocabulary import Language

AT_TEN = datetime(2024, 4, 25, 8, tzinfo=UTC)
ZONE = "Europe/Madrid"


@pytest.mark.parametrize(
    ("language", "time"), [(Language.CA, "10.00\u00a0h"), (Language.ES, "10:00\u00a0h"), (Language.EN, "10:00")]
)
def test_a_time_is_never_broken_across_lines(language: Language, time: str) -> None:
    assert time_in_words(AT_TEN, ZONE, language) == time
    assert f", {time} (" in instant_in_words(AT_TEN, ZONE, language)
