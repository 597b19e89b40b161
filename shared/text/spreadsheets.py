"""Tables for spreadsheets: CSV (RFC 4180) without cells that a spreadsheet reads as formulas."""

import csv
import io
from collections.abc import Iterable, Sequence

from shared.storage.contract import Scalar

_BEGINS_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""OWASP, «CSV injection»; in some regions the wide characters count as their narrow twins."""
_BYTE_ORDER_MARK = "\ufeff"
"""Without it the most common spreadsheet program does not recognise UTF-8."""


def defused(value: Scalar) -> Scalar:
    """The value, behind an apostrophe if a spreadsheet would read it as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_BEGINS_FORMULA) else value


def armed(text: str) -> str:
    """What `defused` was given: without the apostrophe that it put in front."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_BEGINS_FORMULA) else text


def csv_table(header: Sequence[str], rows: Iterable[Sequence[Scalar]]) -> str:
    """A table as CSV text, every cell defused; None is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([defused(value) for value in row] for row in rows)
    return _BYTE_ORDER_MARK + text.getvalue()
