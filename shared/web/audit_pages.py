"""The record of the office's acts as a page, the same for every service: what was done, to what, by whom, when."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from fastapi.responses import HTMLResponse

from shared.events.vocabulary import Language
from shared.problems import mark
from shared.security.audit import Audit, AuditEntry
from shared.staff import API_CALLER, OPERATOR, Role
from shared.storage.contract import Scalar
from shared.text.dates import OFFICE_ZONE, instant_in_words
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Pages
from shared.web.staff_cookie import page_staff

AUDIT_PAGES = (
    ("/office/audit", mark("Sessions and people")),
    ("/office/audit/mails", mark("Mails")),
    ("/office/audit/results", mark("Results")),
    ("/office/audit/proposals", mark("Proposals")),
)
"""Each service keeps its own record and shows its own page of it."""
MACHINES = {
    API_CALLER.id: mark("a program, with the API's token"),
    OPERATOR.id: mark("who operates the installation, by a command"),
}
"""Who acts without being a person of the office."""
EXPORTED_PERSON = mark("Exported all that is kept of a person, at their request")
ERASED_PERSON = mark("Erased a person, at their request")
"""What every service that knows people does for who asks."""
PAGE = 50

Names = Callable[[Language, Collection[str]], Awaitable[Mapping[str, str]]]
"""What the things with these ids are called, in a language; what is there no more is left out."""


class Shape(Enum):
    """What the value of a detail is."""

    TEXT = "text"
    ID = "id"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Act:
    """How an action reads."""

    words: str
    """What was done, as a message id."""
    page: str = ""
    """The address of what it was done to, where that has a page; `{}` stands for the id."""


@dataclass(frozen=True, slots=True)
class Detail:
    """How a detail of an entry reads."""

    label: str
    shape: Shape = Shape.TEXT
    codes: Mapping[Any, str] = field(default_factory=dict)
    """Message ids of the codes that may stand in the value, alone or separated by commas."""


@dataclass(frozen=True, slots=True)
class Record:
    """The record of one service and the words for what stands in it."""

    audit: Audit
    acts: Mapping[str, Act]
    details: Mapping[str, Detail]
    names: Names


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in the reader's language."""

    sequence: int
    at: datetime
    who: str
    what: str
    subject: str
    page: str
    details: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are asked for; all of them where nothing is said."""

    member: Annotated[str, Query(max_length=100)] = ""
    act: Annotated[str, Query(max_length=100)] = ""
    day: Annotated[str, Query(max_length=10)] = ""
    """The last day, as a date field sends it."""
    before: Annotated[int | None, Query(ge=1, le=10**12)] = None

    @property
    def until(self) -> datetime | None:
        """The end of the last day; None where that is no date."""
        try:
            following = date.fromisoformat(self.day) + timedelta(days=1)
        except (ValueError, OverflowError):
            return None
        return datetime.combine(following, time(), ZoneInfo(OFFICE_ZONE)).astimezone(UTC)

    @property
    def chosen(self) -> dict[str, str]:
        """What was chosen, by field."""
        wanted = {"member": self.member, "act": self.act, "day": self.day}
        return {name: value for name, value in wanted.items() if value}


def audit_routes(pages: Pages, path: str, record: Record) -> PageRouter:
    """The page of a record, for administrators."""
    router = page_router(pages)
    administers = [Depends(page_staff(pages.office, Role.ADMIN))]

    @router.get(path, dependencies=administers)
    async def show(request: Request, asked: Annotated[Filter, Depends()]) -> HTMLResponse:
        return await audit_page(pages, request, path, record, asked)

    return router


async def audit_page(pages: Pages, request: Request, path: str, record: Record, asked: Filter) -> HTMLResponse:
    """A page of the record: the entries asked for, who and what can be chosen, and whether the chain is whole."""
    chain = await record.audit.read_chain()
    entries = await record.audit.entries(
        member_id=asked.member, action=asked.act, until=asked.until, before=asked.before, limit=PAGE
    )
    acts = [(action, pages.text(request, act.words)) for action, act in record.acts.items()]
    return pages.render(
        request,
        "audit.html",
        lines=await _lines(pages, request, record, entries),
        chain=chain,
        zone=OFFICE_ZONE,
        path=path,
        parts=AUDIT_PAGES,
        members=[(id_, who_acted(pages, request, id_, name)) for id_, name in chain.members.items()],
        acts=sorted(acts, key=lambda act: act[1]),
        values=asked.chosen,
        older={**asked.chosen, "before": entries[-1].sequence} if len(entries) == PAGE else None,
        is_latest=asked.before is None,
    )


async def _lines(pages: Pages, request: Request, record: Record, entries: list[AuditEntry]) -> list[Line]:
    names = await record.names(pages.language(request), _ids(record, entries))

    def line(entry: AuditEntry) -> Line:
        act = record.acts.get(entry.action, Act(entry.action))
        is_there = entry.subject in names
        return Line(
            sequence=entry.sequence,
            at=entry.at,
            who=who_acted(pages, request, entry.member_id, entry.member_name),
            what=pages.text(request, act.words),
            subject=names.get(entry.subject, entry.subject),
            page=act.page.replace("{}", entry.subject) if is_there else "",
            details=[
                _detail(pages, request, record.details.get(name, Detail(name)), value, names)
                for name, value in entry.details.items()
                if value not in ("", None)
            ],
        )

    return [line(entry) for entry in entries]


def _ids(record: Record, entries: list[AuditEntry]) -> set[str]:
    """Of all things whose names the lines need."""
    kinds = {name for name, detail in record.details.items() if detail.shape is Shape.ID}
    named = {str(value) for entry in entries for name, value in entry.details.items() if name in kinds}
    return named | {entry.subject for entry in entries}


def who_acted(pages: Pages, request: Request, member_id: str, name: str) -> str:
    """The person's name, or words for what is nobody of the office."""
    return pages.text(request, MACHINES[member_id]) if member_id in MACHINES else name


def _detail(pages: Pages, request: Request, detail: Detail, value: Scalar, names: Mapping[str, str]) -> tuple[str, str]:
    return pages.text(request, detail.label), _value(pages, request, detail, str(value), names)


def _value(pages: Pages, request: Request, detail: Detail, value: str, names: Mapping[str, str]) -> str:
    if detail.shape is Shape.ID:
        return names.get(value, value)
    if detail.shape is Shape.INSTANT:
        return instant_in_words(datetime.fromisoformat(value), OFFICE_ZONE, pages.language(request))
    if not detail.codes:
        return value
    return ", ".join(pages.text(request, detail.codes.get(code, code)) for code in value.split(", "))
