"""What nobody sees in a text."""

import pytest

from shared.text.unseen import holds_unseen, tidy, tidy_line, without_unseen_ends


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
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
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
    "text", ["\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800", "\n", "\t", "\U000e0041", "🏴\U000e0041"]
)
def test_controls_separators_surrogates_and_tags_are_found(text: str) -> None:
    assert holds_unseen(text)


def test_what_a_field_takes_all_the_same_is_left_out() -> None:
    assert not holds_unseen("a\n\tb", allowed="\n\t")
    assert holds_unseen("a\r\tb", allowed="\n\t")


@pytest.mark.parametrize("left", ["\u200b", "\ufeff", "\u2060", "\u200e", "\u200f", "\u061c", "\u2063"])
def test_what_a_paste_leaves_unseen_is_dropped_anywhere(left: str) -> None:
    assert tidy(f"{left}Núria{left} Puig{left}") == "Núria Puig"


def test_a_tab_is_a_space_only_in_one_line() -> None:
    assert tidy_line("Núria\tPuig") == "Núria Puig"
    assert tidy("a\n\tb") == "a\n\tb"


@pytest.mark.parametrize(
    "text",
    [
        *("\u00ad", "\u200d", "\u200b", "\u3164", "\u2800", "\u034f", "\u115f\u1160", "\u17b4\u17b5"),
        *("\uffa0", "\ufe0f", "\U000e0100", " \u00a0\u3000\t", ""),
    ],
)
def test_a_text_in_which_nothing_can_be_seen_is_no_text(text: str) -> None:
    assert tidy(text) == tidy_line(text) == ""


@pytest.mark.parametrize(
    "text", ["mà\N{SOFT HYPHEN}quina", "❤\ufe0f", "\u2800a", "\u202ea", ".", "\u202e", "\x00", "\ud800"]
)
def test_a_text_of_which_something_is_seen_or_refused_stays(text: str) -> None:
    assert tidy(text) == text


def test_around_an_address_spaces_and_unseen_characters_go_in_any_order() -> None:
    assert without_unseen_ends("\ufeff \u200ba@b\u200bc \u00a0\u200e\n") == "a@b\u200bc"
