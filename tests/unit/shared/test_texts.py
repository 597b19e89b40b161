"""What nobody sees in a text."""

import pytest

from shared.texts import holds_unseen


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Núria Puig i l·la",
        "Art. 5\N{NO-BREAK SPACE}bis — «sí»",
        "mà\N{SOFT HYPHEN}quina",
        "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}",
        "\u0645\u06cc\N{ZERO WIDTH NON-JOINER}\u0634\u0648\u062f",
        "\u05e9\u05dc\u05d5\u05dd",
    ],
)
def test_what_people_write_holds_nothing_unseen(text: str) -> None:
    assert not holds_unseen(text)


@pytest.mark.parametrize(
    "code", [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF]
)
def test_what_turns_the_writing_or_is_not_seen_is_found_anywhere(code: int) -> None:
    assert holds_unseen(f"a{chr(code)}b")


@pytest.mark.parametrize(
    "text", ["\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800", "\n", "\t", "\U000e0041"]
)
def test_controls_separators_surrogates_and_tags_are_found(text: str) -> None:
    assert holds_unseen(text)


def test_what_a_field_takes_all_the_same_is_left_out() -> None:
    assert not holds_unseen("a\n\tb", allowed="\n\t")
    assert holds_unseen("a\r\tb", allowed="\n\t")
