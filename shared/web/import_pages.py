"""Pages that bring in a file: choose it, look at what each line would do, confirm. Nothing is kept in between.

The form of the preview carries the table, so that the columns can be corrected without choosing the file again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from shared.imports.columns import COLUMN_NEEDED, Column, Places, chosen, guessed, missing
from shared.imports.files import FileImport, read_file
from shared.imports.plans import LineState, Plan
from shared.imports.tables import NoTableProblem, Table
from shared.problems import Problem, mark
from shared.staff import StaffMember
from shared.web.pages import CONFIRMED, Form, Pages, see_other

STATE_NAMES = {
    LineState.NEW: mark("new"),
    LineState.CHANGED: mark("changed"),
    LineState.SAME: mark("as it is already"),
    LineState.WRONG: mark("wrong"),
}
COUNTED = {
    LineState.NEW: mark("New lines"),
    LineState.CHANGED: mark("Changed lines"),
    LineState.SAME: mark("Lines as they are already"),
    LineState.WRONG: mark("Wrong lines"),
}
CHOOSE_A_FILE = mark("Choose a file.")
CHANGED_MEANWHILE = mark("Something has changed since you looked at this. Look again before you confirm.")
_TEMPLATE = "import.html"


@dataclass(frozen=True, slots=True)
class ImportPage:
    pages: Pages
    title: str
    """This and the next two are message ids."""
    about: str
    button: str
    back: str
    """Where the page was opened from, and leads to when it is done."""

    def choose(
        self, request: Request, file_import: FileImport, errors: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        return self._render(request, file_import, 422 if errors else 200, errors=errors or {})

    async def answer(self, request: Request, member: StaffMember, file_import: FileImport) -> Response:
        """The preview of the file that was sent, or of the table with other columns; the act, if that was seen."""
        form = await self.pages.form(request)
        if not form.files.get("file") and not form.get("table"):
            return self.choose(request, file_import, {"file": self.pages.text(request, CHOOSE_A_FILE)})
        try:
            table, places = await _sent(form, file_import.columns)
            packed = table.packed()
            errors = self._missing(request, file_import.columns, places)
            plan = Plan([]) if errors else await file_import.plan(table, places)
        except Problem as problem:
            if problem.status != NoTableProblem.status:
                raise
            return self.choose(request, file_import, {"file": self.pages.say(request, problem)})
        if form.get(CONFIRMED) and not errors and not plan.is_wrong:
            if form.get("seen") == plan.digest:
                await file_import.carry_out(member, plan)
                return see_other(self.back)
            errors = {CONFIRMED: self.pages.text(request, CHANGED_MEANWHILE)}
        status = 422 if errors or plan.is_wrong else 200
        shown = {"table": table, "packed": packed, "places": places, "plan": plan}
        return self._render(request, file_import, status, errors=errors, **shown)

    def _missing(self, request: Request, columns: Sequence[Column], places: Places) -> dict[str, str]:
        return {
            f"column_{column.name}": self.pages.text(request, COLUMN_NEEDED, column=self._label(request, column))
            for column in missing(columns, places)
        }

    def _render(
        self, request: Request, file_import: FileImport, status: int, *, errors: Mapping[str, str], **shown: Any
    ) -> HTMLResponse:
        labels = {each.name: self._label(request, each) for each in file_import.columns}
        given = {"table": None, "packed": "", "places": {}, "plan": None, **shown}
        return self.pages.render(
            request,
            _TEMPLATE,
            status=status,
            title=self.pages.text(request, self.title),
            about=self.pages.text(request, self.about),
            button=self.pages.text(request, self.button),
            back=self.back,
            path=request.url.path,
            columns=file_import.columns,
            labels=labels,
            headings=_headings(given["table"]),
            errors=errors,
            values={f"column_{name}": str(place) for name, place in given["places"].items()},
            faults=_faults(self.pages, request, given["plan"], labels),
            states=STATE_NAMES,
            counted=COUNTED,
            **given,
        )

    def _label(self, request: Request, column: Column) -> str:
        label = self.pages.text(request, column.label)
        return f"{label} {column.number}" if column.number else label


def _headings(table: Table | None) -> list[tuple[str, str]]:
    return [(str(place), title or f"{place + 1}") for place, title in enumerate(table.header)] if table else []


async def _sent(form: Form, columns: Sequence[Column]) -> tuple[Table, Places]:
    if data := form.files.get("file"):
        table = await read_file(data)
        return table, guessed(columns, table.header)
    table = Table.unpacked(form.get("table"))
    return table, chosen(columns, table.header, form.values)


def _faults(pages: Pages, request: Request, plan: Plan | None, labels: Mapping[str, str]) -> dict[int, list[str]]:
    """By line, in the reader's language, each with its column in front."""
    found: dict[int, list[str]] = {}
    for line in plan.lines if plan else ():
        for fault in line.faults:
            text = pages.text(request, fault.message, **fault.values)
            label = labels.get(fault.column)
            found.setdefault(line.number, []).append(f"{label}: {text}" if label else text)
    return found
