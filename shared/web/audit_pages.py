"""The audit as an office page, the same for every service."""

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
from shared.staff import API_CALLER, OPERATOR, PROVIDER, Role
from shared.text.dates import OFFICE_ZONE, instant_in_words
from shared.web.page_routes import PageRouter, page_router
from shared.web.pages import Pages
from shared.web.staff_cookie import require_role

AUDIT_PAGES = (
    ("/office/audit", mark("Sessions and people")),
    ("/office/audit/mails", mark("Mails")),
    ("/office/audit/results", mark("Results")),
    ("/office/audit/proposals", mark("Proposals")),
)
"""Each service has its own audit and its own page."""
MACHINES = {
    API_CALLER.id: mark("a program, with the API's token"),
    OPERATOR.id: mark("who operates the installation, by a command"),
    PROVIDER.id: mark("the account of the organisation, at a sign-in"),
}
EXPORTED_PERSON = mark("Exported all that is kept of a person, at their request")
ERASED_PERSON = mark("Erased a person, at their request")
PAGE = 50

Names = Callable[[Language, Collection[str]], Awaitable[Mapping[str, str]]]
"""Names by id in a language, without what no longer exists."""


class Shape(Enum):
    TEXT = "text"
    ID = "id"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Act:
    words: str
    """A message id."""
    page: str = ""
    """The address of what it was done to, `{}` for the id; empty if that has no page."""


@dataclass(frozen=True, slots=True)
class Detail:
    label: str
    shape: Shape = Shape.TEXT
    codes: Mapping[Any, str] = field(default_factory=dict)
    """Message ids by code; the value holds one code, or several separated by commas."""


@dataclass(frozen=True, slots=True)
class Record:
    audit: Audit
    acts: Mapping[str, Act]
    details: Mapping[str, Detail]
    names: Names


@dataclass(frozen=True, slots=True)
class Line:
    sequence: int
    at: datetime
    who: str
    what: str
    subject: str
    page: str
    details: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Filter:
    member: Annotated[str, Query(max_length=100)] = ""
    act: Annotated[str, Query(max_length=100)] = ""
    day: Annotated[str, Query(max_length=10)] = ""
    """The last day, as a date field sends it."""
    before: Annotated[int | None, Query(ge=1, le=10**12)] = None

    @property
    def until(self) -> datetime | None:
        try:
            following = date.fromisoformat(self.day) + timedelta(days=1)
        except (ValueError, OverflowError):
            return None
        return datetime.combine(following, time(), ZoneInfo(OFFICE_ZONE)).astimezone(UTC)

    @property
    def chosen(self) -> dict[str, str]:
        wanted = {"member": self.member, "act": self.act, "day": self.day}
        return {name: value for name, value in wanted.items() if value}


def audit_routes(pages: Pages, path: str, record: Record) -> PageRouter:
    router = page_router(pages)
    administers = [Depends(require_role(pages.office, Role.ADMIN))]

    @router.get(path, dependencies=administers)
    async def show(request: Request, asked: Annotated[Filter, Depends()]) -> HTMLResponse:
        chain = await record.audit.read_chain()
        entries = await record.audit.entries(
            member_id=asked.member, action=asked.act, until=asked.until, before=asked.before, limit=PAGE
        )
        names = await record.names(pages.language(request), _ids(record, entries))
        acts = [(action, pages.text(request, act.words)) for action, act in record.acts.items()]
        return pages.render(
            request,
            "audit.html",
            lines=[_line(pages, request, record, names, entry) for entry in entries],
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

    return router


def who_acted(pages: Pages, request: Request, member_id: str, name: str) -> str:
    return pages.text(request, MACHINES[member_id]) if member_id in MACHINES else name


def _ids(record: Record, entries: list[AuditEntry]) -> set[str]:
    """The ids whose names the entries need."""
    kinds = {name for name, detail in record.details.items() if detail.shape is Shape.ID}
    named = {str(value) for entry in entries for name, value in entry.details.items() if name in kinds}
    return named | {entry.subject for entry in entries}


def _line(pages: Pages, request: Request, record: Record, names: Mapping[str, str], entry: AuditEntry) -> Line:
    act = record.acts.get(entry.action, Act(entry.action))
    details = [
        (record.details.get(name, Detail(name)), str(value))
        for name, value in entry.details.items()
        if value not in ("", None)
    ]
    return Line(
        sequence=entry.sequence,
        at=entry.at,
        who=who_acted(pages, request, entry.member_id, entry.member_name),
        what=pages.text(request, act.words),
        subject=names.get(entry.subject, entry.subject),
        page=act.page.replace("{}", entry.subject) if entry.subject in names else "",
        details=[
            (pages.text(request, detail.label), _value(pages, request, detail, value, names))
            for detail, value in details
        ],
    )


def _value(pages: Pages, request: Request, detail: Detail, value: str, names: Mapping[str, str]) -> str:
    if detail.shape is Shape.ID:
        return names.get(value, value)
    if detail.shape is Shape.INSTANT:
        return instant_in_words(datetime.fromisoformat(value), OFFICE_ZONE, pages.language(request))
    if not detail.codes:
        return value
    return ", ".join(pages.text(request, detail.codes.get(code, code)) for code in value.split(", "))
