"""Tables as Excel makes them, read from the bytes of a file: XLSX, or CSV in any of its dialects. Every cell is text.

The file is anybody's: its size once unpacked, its rows and its columns are bounded before they are read. Reading takes
up to a second, so it is run in a thread.
"""

import csv
import io
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Self
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

import orjson

from shared.problems import Problem, mark
from shared.text.spreadsheets import armed

MOST_ROWS = 2000
MOST_COLUMNS = 60
MOST_LETTERS = 5000
"""Of a cell: the longest of ours is a description."""
_MOST_UNPACKED = 10_000_000
"""Bytes of a workbook: thirty times what a table of so many rows takes."""
MOST_PACKED = 800_000
"""Bytes of a table as a form carries it from the preview to the confirmation."""
_DELIMITERS = ";\t,"
_SEPARATOR_LINE = "sep="
_ZIP = b"PK\x03\x04"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class NoTableProblem(Problem):
    status = 422
    code = "no-table"
    title = mark("There is no table in this file. Save it in Excel as XLSX or as CSV and choose it.")


class EmptyTableProblem(Problem):
    status = 422
    code = "empty-table"
    title = mark("This table has headings and no lines, or no headings.")


class TableTooLargeProblem(Problem):
    status = 422
    code = "table-too-large"
    title = mark(
        "This table is too large: at most {rows} lines, {columns} columns and cells of {letters} letters are taken "
        "at a time. Divide it."
    )

    def __init__(self) -> None:
        super().__init__(rows=MOST_ROWS, columns=MOST_COLUMNS, letters=MOST_LETTERS)


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    """As spreadsheets count: the first line of the sheet is 1."""
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    """Those in which something stands."""

    def packed(self) -> str:
        """The table in one line of text, for a form to carry.

        Raises:
            TableTooLargeProblem: no form takes so much.
        """
        text = orjson.dumps([self.header, [[row.number, row.cells] for row in self.rows]])
        if len(text) > MOST_PACKED:
            raise TableTooLargeProblem
        return text.decode()

    @classmethod
    def unpacked(cls, text: str) -> Self:
        """Raises NoTableProblem for what `packed` did not write."""
        try:
            header, rows = orjson.loads(text)
            return cls(_texts(header), tuple(Row(int(number), _texts(cells)) for number, cells in rows))
        except (ValueError, TypeError):
            raise NoTableProblem from None


def read_table(data: bytes) -> Table:
    """The first sheet of a workbook, or a CSV file. Its headings are the first line with more than one cell.

    Raises:
        NoTableProblem, EmptyTableProblem, TableTooLargeProblem: it cannot be read.
    """
    lines = _bounded(_sheet(data) if data.startswith(_ZIP) else _csv_lines(data))
    header: tuple[str, ...] = ()
    rows: list[Row] = []
    for number, cells in lines:
        if header and any(cells):
            rows.append(Row(number, cells))
        elif sum(map(bool, cells)) > 1:
            header = cells
    if not rows:
        raise EmptyTableProblem
    return Table(header, tuple(rows))


def decoded(data: bytes) -> str:
    """Text in one of the encodings in which Office programs save it."""
    if data.startswith(_UTF_16):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def delimiter_of(line: str) -> str:
    """Of a line of headings: in the others there may be more commas in a name or a date."""
    return max(_DELIMITERS, key=line.count)


def _bounded(lines: Iterable[Iterable[str]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for number, line in enumerate(lines, start=1):
        cells = tuple(armed(cell.strip()) for cell in line)
        while cells and not cells[-1]:
            cells = cells[:-1]
        if number > MOST_ROWS + 1 or len(cells) > MOST_COLUMNS or any(len(cell) > MOST_LETTERS for cell in cells):
            raise TableTooLargeProblem
        yield number, cells


def _csv_lines(data: bytes) -> Iterator[list[str]]:
    text = decoded(data)
    if "\0" in text or "\N{REPLACEMENT CHARACTER}" in text:
        raise NoTableProblem
    if text.startswith(_SEPARATOR_LINE):  # Excel's own word to itself
        text = text.partition("\n")[2]
    first = next((line for line in text.splitlines() if line.strip(_DELIMITERS + " ")), "")
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(first), strict=True)
    except csv.Error:
        raise NoTableProblem from None


def _sheet(data: bytes) -> Iterator[list[str]]:
    """Row by row: a sheet may have a stray cell in its last corner."""
    from openpyxl import load_workbook  # type: ignore[import-untyped]  # ships no types; a fifth of the service's start

    try:
        with ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > _MOST_UNPACKED:
                raise TableTooLargeProblem
            for part in packed.namelist():
                _refuse_entities(packed.read(part))
        with warnings.catch_warnings(action="ignore"):  # of styles and extensions, which say nothing about cells
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            rows = book.worksheets[0].iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS + 1, values_only=True)
            for row in rows:
                yield [_text(cell) for cell in row]
    except (TableTooLargeProblem, NoTableProblem):
        raise
    except (BadZipFile, KeyError, ValueError, TypeError, IndexError, AttributeError, SyntaxError, OSError):
        raise NoTableProblem from None  # the library says in many ways that a workbook is broken


def _refuse_entities(part: bytes) -> None:
    """A workbook declares no document type (ECMA-376 part 2): its entities would make a gigabyte of some kilobytes.

    Raises:
        NoTableProblem: it declares one. Only the parser itself finds that in every encoding.
    """

    def declared(*_: object) -> None:
        raise NoTableProblem

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = declared
    with suppress(expat.ExpatError):  # a picture, or what the library refuses too
        parser.Parse(part)


def _text(cell: Any) -> str:
    """A cell of a workbook as somebody would have typed it."""
    match cell:
        case None:
            return ""
        case bool():
            return str(int(cell))
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime():
            return cell.isoformat(" ", "minutes")
        case date():
            return cell.isoformat()
        case time():
            return cell.isoformat("minutes")
    return str(cell)


def _texts(cells: Any) -> tuple[str, ...]:
    if not isinstance(cells, list) or not all(isinstance(cell, str) for cell in cells):
        raise TypeError("not the cells of a row")
    return tuple(cells)
