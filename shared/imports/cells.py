"""What people write in cells: days, times of the day, numbers. None where it is something else."""

import re
from datetime import date, time
from decimal import Decimal, InvalidOperation

_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})")
_YEAR_FIRST = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})")
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?:[:.]\d{2})?\s*(?:h|hores|horas)?", re.IGNORECASE)
_THIS_CENTURY = 2000
_MOST_DIGITS = 9


def day_of(text: str) -> date | None:
    """«21/09/2023», «21.9.23» or «2023-09-21»; the day of «2023-09-21 00:00»."""
    first = text.split()[0] if text.split() else ""
    try:
        if found := _YEAR_FIRST.fullmatch(first):
            return date(*map(int, found.groups()))
        if found := _DAY_FIRST.fullmatch(first):
            day, month, year = map(int, found.groups())
            return date(year if year > 99 else _THIS_CENTURY + year, month, day)
    except ValueError:
        return None
    return None


def time_of(text: str) -> time | None:
    """«10:00», «9.30 h», «10 h»; the time of «2023-09-21 10:00»."""
    found = _TIME.fullmatch(text.strip()) or _TIME.fullmatch(text.strip().partition(" ")[2])
    try:
        return time(int(found[1]), int(found[2] or 0)) if found else None
    except ValueError:
        return None


def whole_of(text: str) -> int | None:
    plain = text.removesuffix(".0").removesuffix(",0")
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= _MOST_DIGITS else None


def number_of(text: str) -> Decimal | None:
    """«8,43» and «8.43»; words, and what has no end, are no numbers."""
    try:
        number = Decimal(text[: _MOST_DIGITS + 1].replace(",", "."))
    except InvalidOperation:
        return None
    return number if number.is_finite() and len(text) <= _MOST_DIGITS else None
