"""Attendance that the office marks by hand or from the meeting's report."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from services.registration.registrations.domain import Decision, Registration, RegistrationState
from shared.imports.tables import decoded, delimiter_of
from shared.problems import Problem, mark
from shared.text.search_words import words_of

_NAMES = {"name", "full name", "nom", "nom complet", "nombre", "nombre completo"}

_ADDRESSES = {
    "email",
    "e mail",
    "correu electronic",
    "adreca electronica",
    "correo electronico",
    "participant id upn",
    "id del participant upn",
    "id de participante upn",
    "id participante upn",
}

_HEADING = re.compile(r"\d+\. ")
_DELIMITERS = "\t;,"


class ReportProblem(Problem):
    status = 422
    code = "no-report"
    title = mark(
        "No list of participants was found in this file. Download the attendance report in Teams as CSV and choose it."
    )


@dataclass(frozen=True, slots=True)
class Attendee:
    name: str
    addresses: tuple[str, ...]
    """Lower-case; none if the person joined without an account."""


@dataclass(frozen=True, slots=True)
class Matches:
    """The report compared with the registrations."""

    found: tuple[tuple[Registration, Attendee], ...]
    strangers: tuple[Attendee, ...]
    """Attendees who are not registered, or whose name several registrations have: the office decides."""
    absent: tuple[Registration, ...]
    """Registered with a seat and not in the report."""


def set_attended(registration: Registration, now: datetime | None) -> Decision:
    """Mark as present (`now`) or absent (None). The first known time stays."""
    if registration.state is not RegistrationState.REGISTERED or bool(registration.attended_at) == bool(now):
        return registration, []
    return registration.model_copy(update={"attended_at": now}), []


def read_report(data: bytes) -> list[Attendee]:
    """The people in an attendance report of Teams: UTF-16 with tabs and sections, or UTF-8 with commas.

    Raises:
        ReportProblem: there is no list of participants in it.
    """
    lines = _lines(data)
    for place, line in enumerate(lines):
        delimiter = delimiter_of(line)
        if titles := _titles(_cells(line, delimiter)):
            rows = [_cells(row, delimiter) for row in _before_the_next_list(lines[place + 1 :], delimiter)]
            # Old reports have a line for every time that somebody came or left.
            return list(dict.fromkeys(_attendees(titles, rows)))
    raise ReportProblem


def match(attendees: Sequence[Attendee], registrations: Sequence[Registration]) -> Matches:
    """By address first, then by a name that only one registration has.

    Registrations that were cancelled, wait, or were found by address count as namesakes too: any may be the guest.
    """
    seated = [item for item in registrations if item.state is RegistrationState.REGISTERED]
    by_address = {item.email: item for item in seated if item.email}
    found: dict[str, tuple[Registration, Attendee]] = {}
    nameless: list[Attendee] = []
    for attendee in attendees:
        known = next((by_address[address] for address in attendee.addresses if address in by_address), None)
        if known:
            found.setdefault(known.id, (known, attendee))
        else:
            nameless.append(attendee)
    strangers: list[Attendee] = []
    by_name = _with_one_name(registrations)
    for attendee in nameless:
        known = by_name.get(_name_words(attendee.name))
        if known and known.state is RegistrationState.REGISTERED and known.id not in found:
            found[known.id] = (known, attendee)
        else:
            strangers.append(attendee)
    absent = tuple(item for item in seated if item.id not in found)
    return Matches(tuple(found.values()), tuple(strangers), absent)


def _lines(data: bytes) -> list[str]:
    """The lines that are not blank."""
    plain = decoded(data).replace("\0", "").replace("\r", "\n")
    return [line for line in plain.split("\n") if line.strip(f"{_DELIMITERS} ")]


def _cells(line: str, delimiter: str) -> list[str]:
    """One line at a time, as a name may hold an unclosed quote; such a line is split without quotes."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return line.split(delimiter)


def _titles(row: list[str]) -> list[str]:
    """The titles of a list of people; empty for any other row."""
    titles = [" ".join(words_of(cell)) for cell in row]
    return titles if len(titles) > 1 and not _NAMES.isdisjoint(titles) else []


def _before_the_next_list(lines: list[str], delimiter: str) -> list[str]:
    """A line such as «3. Activities» is a heading only if titles follow; else it may be a name."""
    for place, (line, following) in enumerate(pairwise(lines)):
        is_alone = delimiter not in line.rstrip(delimiter)
        if is_alone and _HEADING.match(line) and _titles(_cells(following, delimiter)):
            return lines[:place]
    return lines


def _attendees(titles: list[str], rows: list[list[str]]) -> Iterator[Attendee]:
    name = next(place for place, title in enumerate(titles) if title in _NAMES)
    columns = [place for place, title in enumerate(titles) if title in _ADDRESSES]
    for row in rows:
        cells = dict(enumerate(cell.strip() for cell in row))
        written = (cells.get(place, "").lower() for place in columns)
        addresses = tuple(dict.fromkeys(text for text in written if "@" in text))
        if shown := cells.get(name) or next(iter(addresses), ""):
            yield Attendee(shown[:200], addresses)


def _with_one_name(registrations: Sequence[Registration]) -> dict[tuple[str, ...], Registration]:
    """The registrations with a unique name, by name."""
    named = [(words, item) for item in registrations if (words := _name_words(item.name))]
    times = Counter(words for words, _ in named)
    return {words: item for words, item in named if times[words] == 1}


def _name_words(name: str) -> tuple[str, ...]:
    """Sorted, since Teams also writes «Puig, Núria (Ajuntament)»."""
    return tuple(sorted(words_of(re.sub(r"\(.*?\)|\[.*?\]", " ", name))))
