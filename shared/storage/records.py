"""The record of an act of the office: saved by the write that decides it, then moved into the audit."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, TypeVar, final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.clock import StoredInstant
from shared.ids import new_id
from shared.staff import StaffMember
from shared.storage.contract import Scalar

_MAX_TEXT = 500
_ADDRESS = re.compile(r"[^\s<>\"',;:()]+@[^\s<>\"',;:()]+")

T = TypeVar("T")
Details = Mapping[str, Scalar]
NO_DETAILS: Details = MappingProxyType({})


def _without_addresses(value: Scalar) -> Scalar:
    return _ADDRESS.sub("[…]", value)[:_MAX_TEXT] if isinstance(value, str) else value


class ActRecord(BaseModel):
    """One act of the office. It holds no mail addresses, because it outlives the registrations."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str = Field(default_factory=new_id)
    at: StoredInstant
    member_id: str
    member_name: str
    action: str
    """Such as `session.rescheduled`."""
    subject: Annotated[str, AfterValidator(_without_addresses)]
    details: dict[str, Annotated[Scalar, AfterValidator(_without_addresses)]]
    """Nothing about the people registered."""


Recording = Callable[[T, T, datetime], ActRecord | None]
"""Makes the record from the document before and after the act and the time of the decision; None for no record."""


@final
@dataclass(frozen=True, slots=True)
class Author:
    """The acting member and the audit's code for the act.

    Final, so that mypy takes `by and by.record(…)` for a record or None: people and loops act without an author.
    """

    member: StaffMember
    act: str

    def record(self, subject: str, details: Details | Callable[[T, T], Details] = NO_DETAILS) -> Recording[T]:
        """The record for the write that stores the act. A function derives `details` from the document before and
        after the act; a new document stands for both."""

        def make(before: T, after: T, at: datetime) -> ActRecord:
            found = details if isinstance(details, Mapping) else details(before, after)
            return self.record_at(at, subject, found)

        return make

    def record_at(self, at: datetime, subject: str, details: Details = NO_DETAILS) -> ActRecord:
        return ActRecord(
            at=at,
            member_id=self.member.id,
            member_name=self.member.name,
            action=self.act,
            subject=subject,
            details=dict(details),
        )


def changed_fields(names: Iterable[str]) -> Callable[[BaseModel, BaseModel], Details]:
    """Details that list those of these fields that the act changed."""

    def details(before: BaseModel, after: BaseModel) -> Details:
        return {"fields": ", ".join(name for name in names if getattr(before, name) != getattr(after, name))}

    return details
