"""How tokens are written."""

import hmac

import pytest

from shared.security import tokens


@pytest.mark.parametrize("size", [0, 1, 2, 24, 42])
def test_every_token_gives_its_bytes_back(size: int) -> None:
    data = bytes(range(255, 255 - size, -1))

    assert tokens.decode(tokens.encode(data)) == data


def test_what_is_written_needs_no_escape_in_an_address() -> None:
    assert tokens.encode(bytes(range(248, 256))) == "-Pn6-_z9_v8"


@pytest.mark.parametrize(
    "text", ["a", "abcde", "+Pn6", "/Pn6", "ab", "-Q==", "-Q=", "-R", "ab c", "abc\n", "é", "\ud800"]
)
def test_there_is_one_way_to_write_them(text: str) -> None:
    with pytest.raises(ValueError):
        tokens.decode(text)


@pytest.mark.parametrize("key", [b"", b"k" * 32, b"k" * 100])
def test_what_is_signed_again_and_again_is_the_hmac_of_rfc_2104(key: bytes) -> None:
    signed = tokens.keyed(key)

    for data in (b"", b"a", b"b" * 3000, b"a"):
        assert signed(data) == hmac.digest(key, data, "sha256")
