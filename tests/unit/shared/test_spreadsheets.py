"""Tables that a spreadsheet opens without running anything, and figures as people write them."""

import csv
import io
from fractions import Fraction

import pytest

from shared.events.vocabulary import Language
from shared.text.numbers import decimal_in_words, percent_in_words
from shared.text.spreadsheets import csv_table, defused


@pytest.mark.parametrize("text", ["=1+1", "+34", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"])
def test_what_begins_like_a_formula_is_made_text(text: str) -> None:
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize("value", ["Abrera", "l'Albi", "a=b", "", -2, 0.5, None])
def test_anything_else_stays_as_it_is(value: str | float | None) -> None:
    assert defused(value) == value


def test_a_table_comes_back_as_it_went_in() -> None:
    text = csv_table(["a", "b"], [['x "y", z\nw', None], ["à", 1]])
    assert text.startswith("\ufeffa,b\r\n")
    assert list(csv.reader(io.StringIO(text[1:])))[1:] == [['x "y", z\nw', ""], ["à", "1"]]


def test_figures_follow_the_language() -> None:
    written = [(decimal_in_words(8.4, language), percent_in_words(0.845, language)) for language in Language]
    assert written == [("8,40", "85\xa0%"), ("8,40", "85\xa0%"), ("8.40", "85%")]
    assert decimal_in_words(1234.5, Language.CA, 0) == "1.235"


@pytest.mark.parametrize(
    ("value", "tenths", "hundredths"),
    [
        (8.45, "8,5", "8,45"),
        (8.35, "8,4", "8,35"),
        (0.125, "0,1", "0,13"),
        (2.675, "2,7", "2,68"),
        (Fraction(8452, 1000), "8,5", "8,45"),
        (Fraction(8447, 1000), "8,4", "8,45"),
        (Fraction(1, 3), "0,3", "0,33"),
        (10.0, "10,0", "10,00"),
        (0.0, "0,0", "0,00"),
    ],
)
def test_a_figure_is_rounded_once_and_a_half_goes_up(value: float | Fraction, tenths: str, hundredths: str) -> None:
    assert decimal_in_words(value, Language.CA, 1) == tenths
    assert decimal_in_words(value, Language.CA) == hundredths
