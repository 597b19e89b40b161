"""Tables as Excel makes them, and what people write in their cells."""

import io
import zipfile
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook

from shared.imports.cells import day_of, number_of, time_of, whole_of
from shared.imports.columns import Column, PeopleInTheFileProblem, cells_of, chosen, guessed, missing, refuse_people
from shared.imports.tables import (
    MOST_COLUMNS,
    MOST_LETTERS,
    MOST_ROWS,
    EmptyTableProblem,
    NoTableProblem,
    Row,
    Table,
    TableTooLargeProblem,
    read_table,
)
from shared.problems import Problem
from shared.text.spreadsheets import armed, csv_table

TEXT = "Data;Títol\r\n21/09/2023;Tenim nous càrrecs\r\n"
READ = Table(("Data", "Títol"), (Row(2, ("21/09/2023", "Tenim nous càrrecs")),))


def workbook(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode("cp1252"),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode(),
        TEXT.replace(";", ",").encode(),
        TEXT.replace(";", "\t").encode("utf-16"),
        b"sep=;\r\n" + TEXT.encode("cp1252"),
    ],
    ids=["cp1252", "utf-8 with a mark", "utf-16", "utf-8", "commas", "Unicode text", "sep="],
)
def test_csv_is_read_in_every_form_that_excel_saves(data: bytes) -> None:
    table = read_table(data)
    assert table.header == READ.header
    assert table.rows[0].cells == READ.rows[0].cells


def test_a_workbook_is_read_as_it_would_have_been_typed() -> None:
    row: list[object] = [datetime(2023, 9, 21), time(10), 60.0, 8.43, True, "=SUM(A1)", date(2023, 9, 21), None]
    table = read_table(workbook(["a", "b", "c", "d", "e", "f", "g", "h"], row))
    assert table.rows == (Row(2, ("2023-09-21", "10:00", "60", "8.43", "1", "", "2023-09-21")),)


def test_lines_count_as_spreadsheets_count_them() -> None:
    table = read_table('Sessions fetes;;\n\nData;Títol\n"21/09/2023";"Dues\nlínies"\n;;\nx;y\n'.encode())
    assert table.header == ("Data", "Títol")
    assert [row.number for row in table.rows] == [4, 6]
    assert table.rows[0].cells == ("21/09/2023", "Dues\nlínies")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", EmptyTableProblem),
        (b"Data;Titol\n", EmptyTableProblem),
        (b"only one column\nof text\n", EmptyTableProblem),
        (b"%PDF-1.7 \x81\x8d\x00", NoTableProblem),
        (b'a;b\n"never closed;b', NoTableProblem),
        (b"PK\x03\x04 and nothing of a workbook", NoTableProblem),
        (b"a;b\n" + b"1;2\n" * (MOST_ROWS + 1), TableTooLargeProblem),
        (b";".join([b"a"] * (MOST_COLUMNS + 1)) + b"\n1;2\n", TableTooLargeProblem),
        (b"a;b\n1;" + b"x" * (MOST_LETTERS + 1), TableTooLargeProblem),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, problem: type[Problem]) -> None:
    with pytest.raises(problem):
        read_table(data)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    assert len(packed.getvalue()) < 100_000
    with pytest.raises(TableTooLargeProblem):
        read_table(packed.getvalue())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_that_declares_entities_is_no_table(encoding: str) -> None:
    """A few kilobytes of them make a gigabyte; Office programs write none."""
    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(["a", "b"], ["x", "y"]))) as book, zipfile.ZipFile(data, "w") as armed:
        for name in book.namelist():
            text = book.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                root = text[text.index("<worksheet") :].replace("<t>x</t>", "<t>&a;</t>")
                text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE worksheet [<!ENTITY a "z">]>{root}'
                assert "&a;" in text
            armed.writestr(name, text.encode(encoding if "DOCTYPE" in text else "utf-8"))
    with pytest.raises(NoTableProblem):
        read_table(data.getvalue())


def test_a_workbook_whose_parts_lie_about_their_size_is_no_table() -> None:
    data = workbook(["a", "b"], [1, 2])
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        sheet = book.getinfo("xl/worksheets/sheet1.xml")
    lied = data.replace(sheet.file_size.to_bytes(4, "little"), (1).to_bytes(4, "little"))
    assert lied != data
    with pytest.raises(NoTableProblem):
        read_table(lied)


def test_a_stray_cell_in_the_last_corner_is_refused_and_costs_nothing() -> None:
    book = Workbook()
    book.active["A1"], book.active["B1"], book.active["XFD1048576"] = "a", "b", "x"
    data = io.BytesIO()
    book.save(data)
    with pytest.raises(TableTooLargeProblem):
        read_table(data.getvalue())


def test_a_title_that_begins_like_a_formula_comes_back_from_our_own_export() -> None:
    text = csv_table(["a", "b"], [["=Com ho fem?", "'s-Hertogenbosch"]])
    assert read_table(text.encode()).rows[0].cells == ("=Com ho fem?", "'s-Hertogenbosch")
    assert armed("'=x") == "=x"


def test_a_form_carries_a_table_and_no_other_text() -> None:
    assert Table.unpacked(READ.packed()) == READ
    for text in ("", "{}", "[1]", '[["a"], [["x", ["b"]]]]', '[["a"], [[2, "b"]]]', '[["a"], [[2, [1]]]]'):
        with pytest.raises(NoTableProblem):
            Table.unpacked(text)
    with pytest.raises(TableTooLargeProblem):
        Table(("a", "b"), tuple(Row(n, ("x" * 1000,)) for n in range(1000))).packed()


@pytest.mark.parametrize("text", ["21/09/2023", "21-9-2023", "21.09.23", "2023-09-21", "2023-09-21 00:00"])
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    assert day_of(text) == date(2023, 9, 21)


@pytest.mark.parametrize("text", ["", "ahir", "31/02/2023", "2023", "9/2023", "21/09/20234"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert day_of(text) is None


def test_times_and_numbers_are_read_as_people_write_them() -> None:
    assert [time_of(text) for text in ("9:30", "9.30 h", "09:30:00", "2023-09-21 09:30")] == [time(9, 30)] * 4
    assert time_of("10 h") == time(10)
    assert [time_of(text) for text in ("", "25:00", "al matí", "10:75")] == [None] * 4
    assert (whole_of("60"), whole_of("60.0"), whole_of("seixanta"), whole_of("-1"), whole_of("٣")) == (
        60,
        60,
        *[None] * 3,
    )
    assert str(number_of("8,43")) == "8.43"
    assert [number_of(text) for text in ("Molt bé", "", "nan", "1e999999999", "inf")] == [None] * 5


COLUMNS = (Column("date", "Date", "data", is_required=True), Column("entity", "Entity", "nom de l ens"))


def test_columns_are_found_by_their_headings_and_chosen_by_hand() -> None:
    header = ("Títol", "DATA", "Nom de l'ens")
    assert guessed(COLUMNS, header) == {"date": 1, "entity": 2}
    by_hand = chosen(COLUMNS, header, {"column_date": "0", "column_entity": "7", "column_x": "1"})
    assert by_hand == {"date": 0}
    assert missing(COLUMNS, by_hand) == []
    assert missing(COLUMNS, {}) == [COLUMNS[0]]
    assert cells_of(Row(2, ("a", "", "c")), {"date": 0, "entity": 1, "more": 9}) == {"date": "a"}


@pytest.mark.parametrize(
    ("heading", "cell"),
    [("Cognoms", "Puig"), ("Nom", "Núria"), ("Nom i cognoms", "x"), ("Correu electrònic", "-"), ("Notes", "a@b.cat")],
)
def test_a_column_of_people_is_refused(heading: str, cell: str) -> None:
    table = Table(("Data", heading), (Row(2, ("21/09/2023", cell)),))
    with pytest.raises(PeopleInTheFileProblem, match=heading):
        refuse_people(table, {"date": 0})


def test_the_name_of_a_council_is_no_person() -> None:
    table = Table(("Data", "Nom", "Nombre de respostes"), (Row(2, ("21/09/2023", "Abrera", "12")),))
    refuse_people(table, {"date": 0, "entity": 1})
