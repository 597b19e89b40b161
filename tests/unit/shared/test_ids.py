"""Identifiers."""

import pytest

from shared import ids


def test_random_ids_are_sixteen_letters_and_never_the_same() -> None:
    made = {ids.new_id() for _ in range(1000)}

    assert len(made) == 1000
    assert {len(each) for each in made} == {16}
    assert set("".join(made)) <= set("abcdefghijklmnopqrstuvwxyz234567")


def test_derived_ids_are_the_same_for_the_same_parts_only() -> None:
    one = ids.derived_id(b"secret", "follower", "a", "b")

    assert len(one) == 26
    assert one == ids.derived_id(b"secret", "follower", "a", "b")
    others = {
        ids.derived_id(b"another", "follower", "a", "b"),
        ids.derived_id(b"secret", "follower", "b", "a"),
        ids.derived_id(b"secret", "follower", "ab", ""),
        ids.derived_id(b"secret", "followera", "b"),
    }
    assert len(others | {one}) == 5


@pytest.mark.parametrize("size", [1, 10, 16, 34, 40])
def test_every_id_gives_its_bytes_back(size: int) -> None:
    data = bytes(range(200, 200 + size))

    assert ids.decode(ids.encode(data)) == data


@pytest.mark.parametrize("text", ["A" * 16, "aaaaaaa1", "ab", "ünder", "a" * 25 + "b", "aa======"])
def test_there_is_one_way_to_write_an_id(text: str) -> None:
    with pytest.raises(ValueError):
        ids.decode(text)
