"""Figures as people read them in their language: «8,43», «84 %»."""

from babel.numbers import format_decimal, format_percent

from shared.dates import LOCALES
from shared.events.vocabulary import Language


def decimal_in_words(value: float, language: Language, digits: int = 2) -> str:
    """The number with so many decimals: «8,43», «8,00»."""
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return format_decimal(round(value, digits), format=pattern, locale=LOCALES[language])


def percent_in_words(share: float, language: Language) -> str:
    """A share from 0 to 1 in whole percents: «84 %»."""
    return format_percent(share, locale=LOCALES[language])
