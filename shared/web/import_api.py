"""Bringing in a file by the API: all of it or nothing, and first, if asked, only what it would do."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from shared.events.vocabulary import Language
from shared.imports.columns import COLUMN_NEEDED, Column, guessed, missing
from shared.imports.files import FileImport, read_file
from shared.imports.plans import Line, LineState, Plan
from shared.staff import StaffMember
from shared.text.catalogues import Translations
from shared.web.problems import FieldError, located_error, request_language

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TABLE_BODY: Mapping[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            XLSX_TYPE: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
HOW = (
    "The first line names the columns; CSV may be as Excel writes it. All lines or none: a wrong one is answered with "
    "422 and pointers `/<line>/<column>`. With `dry_run` nothing is stored and every line is told, also a wrong one. "
    "The same file again changes nothing. Columns: {columns}."
)
DryRun = Annotated[bool, Query(description="Only say what each line would do.")]
_HEADINGS = 1


class ChangeOut(BaseModel):
    """What a line changes in one column."""

    column: str
    before: str
    after: str


class LineOut(BaseModel):
    """What one line of the file does, or what is wrong with it."""

    line: int
    about: str
    state: LineState
    changes: list[ChangeOut]
    errors: list[FieldError]


class ImportOut(BaseModel):
    """What a file did, or with `dry_run` would do."""

    stored: bool
    new: int
    changed: int
    same: int
    wrong: int
    mails: int
    """How many mails leave because of it."""
    lines: list[LineOut]


def describe(columns: Sequence[Column]) -> str:
    names = (f"`{each.name}`{'' if each.is_required else ' (optional)'}" for each in columns)
    return HOW.format(columns=", ".join(names))


async def answer_import(request: Request, member: StaffMember, file_import: FileImport, dry_run: bool) -> ImportOut:
    """Raises RequestValidationError where a column is missing or, unless nothing is to be stored, a line is wrong."""
    table = await read_file(await request.body())
    places = guessed(file_import.columns, table.header)
    if lacking := missing(file_import.columns, places):
        faults = [
            located_error(("body", _HEADINGS, column.name), COLUMN_NEEDED, column=column.name) for column in lacking
        ]
        raise RequestValidationError(faults)
    plan = await file_import.plan(table, places)
    if not dry_run:
        if plan.is_wrong:
            raise RequestValidationError(_errors(plan))
        await file_import.carry_out(member, plan)
    return _told(plan, request.app.state.words, request_language(request), stored=not dry_run)


def _errors(plan: Plan) -> list[dict[str, object]]:
    return [
        located_error(("body", line.number, fault.column), fault.message, **fault.values)
        for line in plan.lines
        for fault in line.faults
    ]


def _told(plan: Plan, words: Translations, language: Language, *, stored: bool) -> ImportOut:
    return ImportOut(
        stored=stored,
        **{state.value: count for state, count in plan.counts.items()},
        mails=plan.mails,
        lines=[_line(line, words, language) for line in plan.lines],
    )


def _line(line: Line, words: Translations, language: Language) -> LineOut:
    return LineOut(
        line=line.number,
        about=line.about,
        state=line.state,
        changes=[ChangeOut(column=each.column, before=each.before, after=each.after) for each in line.changes],
        errors=[
            FieldError(
                pointer=f"/{line.number}/{fault.column}", detail=words.text(language, fault.message, **fault.values)
            )
            for fault in line.faults
        ],
    )
