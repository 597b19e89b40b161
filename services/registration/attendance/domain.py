"""Attendance marked by the office: by hand, or from the report of the meeting."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.registration.registrations.domain import Decision, Registration, RegistrationState
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

_SECTION = re.compile(r"^\d+\. ")
_MAX_ROWS = 5000


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
    """Lower-case; none where the person joined without an account."""


@dataclass(frozen=True, slots=True)
class Matches:
    """The report compared with the registrations."""

    found: tuple[tuple[Registration, Attendee], ...]
    strangers: tuple[Attendee, ...]
    """Who was in the meeting and is not registered, or under a name that several have: the office decides."""
    absent: tuple[Registration, ...]
    """Registered with a seat and not in the report."""


def set_attended(registration: Registration, now: datetime | None) -> Decision:
    """Came (`now`) or did not (None), as the office says; the first time that is known stays."""
    if registration.state is not RegistrationState.REGISTERED or bool(registration.attended_at) == bool(now):
        return registration, []
    return registration.model_copy(update={"attended_at": now}), []


def read_report(data: bytes) -> list[Attendee]:
    """The people in an attendance report of Teams: UTF-16 with tabs and sections, or UTF-8 with commas.

    Raises:
        ReportProblem: there is no list of participants in it.
    """
    try:
        rows = list(_rows(data))[:_MAX_ROWS]
    except csv.Error:
        raise ReportProblem from None
    for place, row in enumerate(rows):
        titles = [" ".join(words_of(cell)) for cell in row]
        if any(title in _NAMES for title in titles) and len(titles) > 1:
            # Old reports have a line for every time that somebody came or left.
            return list(dict.fromkeys(_attendees(titles, rows[place + 1 :])))
    raise ReportProblem


def match(attendees: Sequence[Attendee], registrations: Sequence[Registration]) -> Matches:
    """By address first, then by name where it is the name of one registration alone.

    Whoever gave up the seat, waits, or is found by address has a namesake too: any of them may be the guest.
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
    for attendee in nameless:
        namesakes = [item for item in registrations if _same_name(item.name, attendee.name)]
        if len(namesakes) == 1 and namesakes[0] in seated and namesakes[0].id not in found:
            found[namesakes[0].id] = (namesakes[0], attendee)
        else:
            strangers.append(attendee)
    absent = tuple(item for item in seated if item.id not in found)
    return Matches(tuple(found.values()), tuple(strangers), absent)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _rows(data: bytes) -> Iterator[list[str]]:
    plain = _decoded(data).replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    delimiter = max("\t;,", key=plain.count)
    return csv.reader(io.StringIO(plain), delimiter=delimiter)


def _attendees(titles: list[str], rows: list[list[str]]) -> Iterator[Attendee]:
    name = next(place for place, title in enumerate(titles) if title in _NAMES)
    addresses = [place for place, title in enumerate(titles) if title in _ADDRESSES]
    for row in rows:
        if not any(cell.strip() for cell in row) or _SECTION.match(row[0]):
            return
        cells = dict(enumerate(cell.strip() for cell in row))
        if cells.get(name):
            written = (cells.get(place, "").lower() for place in addresses)
            yield Attendee(cells[name][:200], tuple(dict.fromkeys(text for text in written if "@" in text)))


def _same_name(one: str, other: str) -> bool:
    """The same words in any order: Teams writes «Puig, Núria (Ajuntament)» too."""
    return bool(_name_words(one)) and _name_words(one) == _name_words(other)


def _name_words(name: str) -> list[str]:
    return sorted(words_of(re.sub(r"\(.*?\)|\[.*?\]", " ", name)))
