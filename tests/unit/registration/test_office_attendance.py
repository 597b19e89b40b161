import time
from datetime import UTC, datetime

import pytest

from services.registration.attendance.domain import Attendee, ReportProblem, match, read_report, set_attended
from services.registration.registrations.domain import Registration, RegistrationState

NOW = datetime(2026, 12, 3, 10, tzinfo=UTC)


def _registration(name: str, email: str = "", state: RegistrationState = RegistrationState.REGISTERED) -> Registration:
    return Registration(
        id=name.replace(" ", ""),
        session_id="s",
        programme="dijous",
        state=state,
        name=name,
        email=email or f"{name.replace(' ', '.').lower()}@alamus.example",
        entity_code="2500450006",
        entity_name="Ajuntament dels Alamús",
        arrived_at=NOW,
        changed_at=NOW,
    )


def _found(report: str, *registrations: Registration) -> tuple[list[str], list[str]]:
    matches = match(read_report(report.encode()), registrations)
    return [item.name for item, _ in matches.found], [item.name for item in matches.strangers]


@pytest.mark.parametrize(
    "header",
    [
        "Name,First Join,Email",
        "Full Name\tUser Action\tEmail",
        "Nombre;Primera unión;Correo electrónico",
        "Nom\tPrimera unió\tCorreu electrònic",
        "Name,Role,Participant ID (UPN)",
    ],
)
def test_the_columns_are_found_in_each_language_and_form(header: str) -> None:
    separator = next(char for char in "\t;," if char in header)
    row = separator.join(["N. P.", "x", "nuria@alamus.example"])
    assert _found(f"{header}\n{row}\n", _registration("Núria Puig", "nuria@alamus.example")) == (["Núria Puig"], [])


def test_a_name_matches_in_any_order_without_accents_and_additions() -> None:
    report = 'Name,Email\n"Puig, NURIA (Ajuntament)",\n'
    assert _found(report, _registration("Núria Puig")) == (["Núria Puig"], [])


def test_a_name_that_two_have_is_nobody_s() -> None:
    report = "Name,Email\nNúria Puig,\n"
    pair = _registration("Núria Puig", "a@x.example"), _registration("Núria Puig", "b@x.example")
    assert _found(report, *pair) == ([], ["Núria Puig"])


@pytest.mark.parametrize("rows", ["Núria Puig,\nNúria Puig,b@x.example", "Núria Puig,b@x.example\nNúria Puig,"])
def test_a_name_that_two_have_is_nobody_s_though_one_of_them_is_found_by_address(rows: str) -> None:
    first = _registration("Núria Puig", "a@x.example").model_copy(update={"id": "first"})
    second = _registration("Núria Puig", "b@x.example").model_copy(update={"id": "second"})
    matches = match(read_report(f"Name,Email\n{rows}\n".encode()), [first, second])
    assert [item.id for item, _ in matches.found] == ["second"]
    assert matches.strangers == (Attendee("Núria Puig", ()),)
    assert [item.id for item in matches.absent] == ["first"]


@pytest.mark.parametrize("state", [RegistrationState.WAITING, RegistrationState.CANCELLED])
@pytest.mark.parametrize("address", ["", "b@x.example"])
def test_a_name_that_somebody_without_a_seat_has_too_is_nobody_s(state: RegistrationState, address: str) -> None:
    seated = _registration("Núria Puig", "a@x.example")
    other = _registration("Núria Puig", "b@x.example", state)
    assert _found(f"Name,Email\nNúria Puig,{address}\n", seated, other) == ([], ["Núria Puig"])


def test_what_stands_in_brackets_makes_no_name_its_own() -> None:
    pair = _registration("Núria Puig (Lleida)", "a@x.example"), _registration("Núria Puig", "b@x.example")
    assert _found("Name,Email\nNúria Puig,\n", *pair) == ([], ["Núria Puig"])


def test_a_second_guest_of_one_name_is_shown_to_be_decided_on() -> None:
    report = 'Name,Email\nNúria Puig,\n"Puig, Núria",\n'
    assert _found(report, _registration("Núria Puig")) == (["Núria Puig"], ["Puig, Núria"])


@pytest.mark.parametrize("state", [RegistrationState.WAITING, RegistrationState.CANCELLED])
def test_who_has_no_seat_did_not_come(state: RegistrationState) -> None:
    registration = _registration("Núria Puig", state=state)
    assert _found("Name,Email\nNúria Puig,\n", registration) == ([], ["Núria Puig"])
    assert set_attended(registration, NOW) == (registration, [])


def test_somebody_who_came_twice_is_one() -> None:
    assert len(read_report(b"Full Name,User Action\nPau,Joined\nPau,Left\nPau,Joined\n")) == 1


def test_an_erased_registration_is_matched_by_nothing() -> None:
    erased = _registration("x").model_copy(update={"name": "", "email": ""})
    assert _found("Name,Email\n(),\nPau,\n", erased) == ([], ["()", "Pau"])


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_machine(line_end: str) -> None:
    assert len(read_report(line_end.join(["Name,Email", "Pau,", '"Puig, Núria",', ""]).encode())) == 2


NAMES_THAT_MISLED = [
    '"Pep Puig',
    '"Pep" Puig',
    "Puig, Núria (Ajuntament, Secretaria)",
    "2. Pau Puig",
    "Nom",
    "7. Pol; Puig",
    "Ot Puig",
]


@pytest.mark.parametrize("heading", ["", "2. Participants\n"])
@pytest.mark.parametrize("after", ["", "\n3. Activitats\nNom\tHora\nAltra\t10:00\n", "3. Activitats\t\t\nNom\tHora\n"])
def test_every_row_of_the_list_is_read(heading: str, after: str) -> None:
    rows = "\n\n".join(f"{name}\t3/12/26, 10:00\t" for name in NAMES_THAT_MISLED)
    report = f"{heading}Nom\tPrimera unió\tCorreu electrònic\n{rows}\n{after}"
    assert [item.name for item in read_report(report.encode("utf-16"))] == NAMES_THAT_MISLED


@pytest.mark.parametrize(
    ("report", "names"),
    [
        ("Nom\tCorreu electrònic\n" + "Puig, Núria (X, Y)\t\n", ["Puig, Núria (X, Y)"]),
        ('Name,Email\n"Puig, Núria (X, Y)",\n,,\n\n\n"""Pep"" Puig",\n', ["Puig, Núria (X, Y)", '"Pep" Puig']),
        ('Name,Email\n"Pau,\n"Pol,\nOt\n', ['"Pau', '"Pol', "Ot"]),
        ("Name,Email\n2. Pau,\n3. Pol,\n", ["2. Pau", "3. Pol"]),
        ("2. Participants,\nName,Email\n3. Pau\n\n3. Activities,\nName,Time\nPol,10:00\n", ["3. Pau"]),
        ("Name,Email\n,pau@alamus.example\n", ["pau@alamus.example"]),
        ("Resum: a, b, c, d\nNom;Correu electrònic\nPau;\n", ["Pau"]),
    ],
)
def test_no_row_is_lost_by_guessing(report: str, names: list[str]) -> None:
    assert [item.name for item in read_report(report.encode())] == names


def test_a_long_report_is_read_to_its_end() -> None:
    report = "Full Name,User Action\n" + "Pau,Joined\nPau,Left\n" * 5000 + "Pol,Joined\n"
    assert [item.name for item in read_report(report.encode())] == ["Pau", "Pol"]


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02", b"Name\nPau\n", b"\xff\xfe\x00", b"PK\x03\r\x04"])
def test_what_is_no_report_is_refused(data: bytes) -> None:
    with pytest.raises(ReportProblem):
        read_report(data)


def test_a_quote_that_is_never_closed_ends_with_its_line() -> None:
    assert len(read_report(b'Name,Email\n"' + b"Pau,\n" * 40_000)) == 2


def test_hundreds_of_people_are_matched_with_a_thousand_lines_at_once() -> None:
    people = [_registration(f"Persona Número {number}") for number in range(500)]
    attendees = [Attendee(f"{number}, Persona Número (Ajuntament)", ()) for number in range(250, 1250)]
    began = time.process_time()
    matches = match(attendees, people)
    assert time.process_time() - began < 0.3, "every name was compared with every other"
    assert [len(each) for each in (matches.found, matches.strangers, matches.absent)] == [250, 750, 250]


def test_the_first_time_that_is_known_stays() -> None:
    came, _ = set_attended(_registration("Pau"), NOW)
    again, _ = set_attended(came, datetime(2026, 12, 4, tzinfo=UTC))
    assert again.attended_at == NOW
    assert set_attended(again, None)[0].attended_at is None
