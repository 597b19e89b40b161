"""The record of an act of the office: made from the decision, saved by the same write, then moved into the audit."""

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
    """One act of the office. Mail addresses in its texts are blotted out: it outlives the data of those registered."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str = Field(default_factory=new_id)
    """By it the audit knows a record that it has already."""
    at: StoredInstant
    """When it was decided."""
    member_id: str
    member_name: str
    """As it was shown at the time."""
    action: str
    """What was done, such as `session.rescheduled`."""
    subject: Annotated[str, AfterValidator(_without_addresses)]
    """The id of what it was done to."""
    details: dict[str, Annotated[Scalar, AfterValidator(_without_addresses)]]
    """What belongs to understanding it; nothing about the people registered."""


Recording = Callable[[T, T, datetime], ActRecord | None]
"""Makes the record of an act from a document before and after it and the time of the decision; None for no record."""


@final
@dataclass(frozen=True, slots=True)
class Author:
    """Who acts, and what the audit calls the act.

    Final, so that `by and by.record(…)` is known to be a record or None: what people and time do as well has no author.
    """

    member: StaffMember
    act: str

    def record(self, subject: str, details: Details | Callable[[T, T], Details] = NO_DETAILS) -> Recording[T]:
        """The record for the write that stores the act. A function finds the details in the document before and after;
        of a new document both are the same."""

        def make(before: T, after: T, at: datetime) -> ActRecord:
            found = details if isinstance(details, Mapping) else details(before, after)
            return self.record_at(at, subject, found)

        return make

    def record_at(self, at: datetime, subject: str, details: Details = NO_DETAILS) -> ActRecord:
        """The record of an act that was decided at that time."""
        return ActRecord(
            at=at,
            member_id=self.member.id,
            member_name=self.member.name,
            action=self.act,
            subject=subject,
            details=dict(details),
        )


def changed_fields(names: Iterable[str]) -> Callable[[BaseModel, BaseModel], Details]:
    """The details of an act that may change these fields: those that it did change."""

    def details(before: BaseModel, after: BaseModel) -> Details:
        return {"fields": ", ".join(name for name in names if getattr(before, name) != getattr(after, name))}

    return details
