"""A token tells its session and its part, and nothing that is not a token passes for one."""

import random

import pytest

from services.feedback.domain.tokens import read_token
from shared import ids
from tests.integration.feedback.house import part_of, survey_token, token_hash


def test_a_token_tells_session_hash_and_part() -> None:
    session_id = ids.new_id()
    token = survey_token(session_id, random.Random(1))
    read = read_token(token)
    assert read is not None
    assert (read.session_id, read.hash) == (session_id, token_hash(token))
    assert [read.part(parts) for parts in range(1, 9)] == [part_of(token, parts) for parts in range(1, 9)]


@pytest.mark.parametrize("text", ["", "a", "a" * 55, "a" * 57, "ç" * 56, " " * 56, "=" * 56, "a" * 54 + "=="])
def test_other_text_is_no_token(text: str) -> None:
    assert read_token(text) is None


@pytest.mark.parametrize("other", "+/ =.~ç\n\x00")
def test_a_character_that_no_token_has_makes_another_text_of_it(other: str) -> None:
    token = survey_token(ids.new_id(), random.Random(1))
    assert all(read_token(token[:place] + other + token[place + 1 :]) is None for place in range(len(token)))


def test_capitals_are_characters_of_their_own() -> None:
    token = survey_token(ids.new_id(), random.Random(1))
    read = read_token(token)
    assert read is not None
    assert read.hash not in {changed and changed.hash for changed in map(read_token, (token.upper(), token.lower()))}
