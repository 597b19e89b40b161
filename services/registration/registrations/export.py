"""The list of those registered as a spreadsheet."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime

from services.registration.registrations.domain import Registration, RegistrationState
from shared.problems import mark
from shared.storage.contract import Scalar
from shared.text.dates import wall_clock
from shared.text.spreadsheets import defused

COLUMNS = (
    mark("Name"),
    mark("Email address"),
    mark("Local entity"),
    mark("Code of the entity"),
    mark("Role at work"),
    mark("Language"),
    mark("State"),
    mark("Registered on"),
    mark("Came"),
)

_WIDTHS = (28, 34, 34, 14, 24, 10, 14, 18, 18)


def rows(
    registrations: Sequence[Registration], time_zone: str, states: Mapping[RegistrationState, str]
) -> list[list[Scalar]]:
    """Instants in the programme's time zone, `2026-12-17 10:00`; states in the reader's words."""

    def when(instant: datetime) -> str:
        return wall_clock(instant, time_zone).replace("T", " ")

    return [
        [
            item.name,
            item.email,
            item.entity_name,
            item.entity_code,
            item.role,
            item.language,
            states[item.state],
            when(item.arrived_at),
            when(item.attended_at) if item.attended_at else "",
        ]
        for item in registrations
    ]


def as_xlsx(header: Sequence[str], table: Sequence[Sequence[Scalar]]) -> bytes:
    """The table as a workbook in which every cell is text, no formula and no link."""
    from xlsxwriter import Workbook  # type: ignore[import-untyped]  # ships no types; a tenth of the service's start

    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(file, options) as workbook:
        sheet = workbook.add_worksheet()
        bold = workbook.add_format({"bold": True})
        for column, (title, width) in enumerate(zip(header, _WIDTHS, strict=False)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, title, bold)
        for number, row in enumerate(table, start=1):
            for column, value in enumerate(row):
                sheet.write_string(number, column, str(defused(value)))
        sheet.freeze_panes(1, 0)
    return file.getvalue()
