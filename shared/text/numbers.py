"""Figures as people read them in their language: «8,43», «84 %»."""

import math
from decimal import Decimal
from fractions import Fraction

from babel.numbers import format_decimal, format_percent

from shared.events.vocabulary import Language
from shared.text.dates import LOCALES


def half_up(value: float | Fraction, digits: int) -> Decimal:
    """The number rounded to `digits` decimals, a half upwards. Pass the exact figure: rounding twice errs."""
    exact = value if isinstance(value, Fraction) else Fraction(str(value))
    return Decimal(math.floor(exact * 10**digits + Fraction(1, 2))).scaleb(-digits)


def decimal_in_words(value: float | Fraction, language: Language, digits: int = 2) -> str:
    """The number with `digits` decimals: «8,43», «8,00»."""
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return format_decimal(half_up(value, digits), format=pattern, locale=LOCALES[language])


def percent_in_words(share: float | Fraction, language: Language) -> str:
    """A share from 0 to 1 in whole percents: «84 %»."""
    return format_percent(half_up(share, 2), locale=LOCALES[language])
