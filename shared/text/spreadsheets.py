"""Tables for spreadsheets: CSV (RFC 4180) in which no cell is taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

from shared.storage.contract import Scalar

_BEGINS_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""OWASP, «CSV injection»; the wide ones are read as their narrow twins in some regions."""
_BYTE_ORDER_MARK = "\ufeff"
"""Without it the most common spreadsheet program reads UTF-8 as something else."""


def defused(value: Scalar) -> Scalar:
    """The value; with an apostrophe in front if a spreadsheet would read it as a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_BEGINS_FORMULA) else value


def csv_table(header: Sequence[str], rows: Iterable[Sequence[Scalar]]) -> str:
    """A table as CSV text, every cell defused; None is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([defused(value) for value in row] for row in rows)
    return _BYTE_ORDER_MARK + text.getvalue()
