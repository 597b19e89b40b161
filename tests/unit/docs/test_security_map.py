"""The map of OWASP ASVS is whole, and names what there is."""

import re
from collections import Counter

import pytest

from tests.unit.docs.security_map import DOCUMENT, MAP, MARK, ROOT, Row, read_map, rendered, share_tested

STATES = {"met", "partly", "not", "n/a"}
LEVELS = {
    "1.1": "22",
    "1.2": "111112222",
    "1.3": "11222222222",
    "1.4": "222",
    "1.5": "12",
    "2.1": "122",
    "2.2": "112",
    "2.3": "1222",
    "2.4": "2",
    "3.2": "11",
    "3.3": "1222",
    "3.4": "112222",
    "3.5": "11122",
    "3.7": "22",
    "4.1": "122",
    "4.2": "2",
    "4.3": "22",
    "4.4": "1222",
    "5.1": "2",
    "5.2": "112",
    "5.3": "11",
    "5.4": "222",
    "6.1": "122",
    "6.2": "111111112222",
    "6.3": "1122",
    "6.4": "1122",
    "6.5": "22222",
    "6.6": "222",
    "6.8": "2222",
    "7.1": "222",
    "7.2": "1111",
    "7.3": "22",
    "7.4": "11222",
    "7.5": "22",
    "7.6": "22",
    "8.1": "12",
    "8.2": "112",
    "8.3": "1",
    "8.4": "2",
    "9.1": "111",
    "9.2": "1222",
    "10.1": "22",
    "10.2": "22",
    "10.3": "2222",
    "10.4": "11111222222",
    "10.5": "22222",
    "10.6": "22",
    "10.7": "222",
    "11.1": "22",
    "11.2": "222",
    "11.3": "112",
    "11.4": "1222",
    "11.5": "2",
    "11.6": "2",
    "12.1": "122",
    "12.2": "11",
    "12.3": "2222",
    "13.1": "2",
    "13.2": "22222",
    "13.3": "22",
    "13.4": "12222",
    "14.1": "22",
    "14.2": "1222",
    "14.3": "122",
    "15.1": "122",
    "15.2": "122",
    "15.3": "1222222",
    "16.1": "2",
    "16.2": "22222",
    "16.3": "2222",
    "16.4": "222",
    "16.5": "222",
    "17.1": "2",
    "17.2": "2222",
    "17.3": "22",
}
"""Of ASVS 5.0.0, by section: the level of each requirement in turn. Those of level 3 stand last and are left out."""
REQUIREMENTS = {
    f"{section}.{place}": int(level) for section, all_ in LEVELS.items() for place, level in enumerate(all_, 1)
}


def faults(rows: list[Row]) -> set[str]:
    """What is wrong with the map, in words."""
    return {fault for row in rows for fault in _faults_of_state(row) | _faults_of_proof(row)}


def _faults_of_state(row: Row) -> set[str]:
    found = set()
    if row.state not in STATES:
        found.add(f"{row.id}: no such state")
    if row.state != "met" and not row.why:
        found.add(f"{row.id}: say why")
    if row.state in ("met", "partly") and not row.by:
        found.add(f"{row.id}: say by what")
    return found


def _faults_of_proof(row: Row) -> set[str]:
    return {f"{row.id}: {each} is not there" for each in row.by if not _is_there(each)}


def _is_there(proof: str) -> bool:
    path, _, test = proof.partition("::")
    file = ROOT / path
    return file.is_file() and (not test or bool(re.search(rf"^(async )?def {test}\(", file.read_text(), re.MULTILINE)))


def test_every_requirement_of_levels_1_and_2_has_one_row() -> None:
    written = Counter(re.findall(r"^([\d.]+):", MAP.read_text(), re.MULTILINE))
    assert {row.id: row.level for row in read_map()} == REQUIREMENTS
    assert set(written.values()) == {1}


def test_every_row_names_tests_and_documents_that_are_there() -> None:
    assert not faults(read_map())


def test_most_of_what_applies_is_tested() -> None:
    assert share_tested(read_map()) >= 0.6


def test_the_document_shows_the_map() -> None:
    shown = DOCUMENT.read_text().partition(MARK)[2]
    assert shown == rendered(read_map()), "run: python -m tests.unit.docs.security_map"


def test_the_security_events_are_those_that_the_code_logs() -> None:
    said = DOCUMENT.read_text().partition("### Security events")[2].partition("##")[0]
    rows = re.findall(r"^\| (`.+?) \|", said, re.MULTILINE)
    named = {action for row in rows for action in re.findall(r"`(\w+)`", row)} - {"action"}
    code = "".join(file.read_text() for room in ("services", "shared") for file in (ROOT / room).rglob("*.py"))
    assert len(named) > 10
    assert named <= set(re.findall(r'action="(\w+)"', code))


@pytest.mark.parametrize(
    "row",
    [
        Row("1.1.1", 2, "done", "x", ("README.md",), "x"),
        Row("1.1.1", 2, "met", "x", (), ""),
        Row("1.1.1", 2, "partly", "x", ("README.md",), ""),
        Row("1.1.1", 2, "met", "x", ("docs/nothing.md",), ""),
        Row("1.1.1", 2, "met", "x", ("tests/unit/docs/test_security_map.py::test_nothing",), ""),
    ],
)
def test_a_planted_fault_is_found(row: Row) -> None:
    assert len(faults([row])) == 1
