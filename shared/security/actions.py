"""What the office can do: the role that it takes, the use case, and what the record calls it, together in one place.

A page and the API call the same action. What an act will do and whom it mails is said by the page that asks to confirm
it: the words differ from act to act, and whatever the page said, the decision decides.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Concatenate, Generic, ParamSpec, TypeVar

from shared.problems import ForbiddenProblem
from shared.staff import Role, StaffMember
from shared.storage.records import Author

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Action(Generic[P, R]):
    """One act of the office: `await steps.decline(member, proposal_id, reason)`."""

    act: str
    """What the audit calls it. Never renamed: entries that were written are never changed."""
    role: Role
    perform: Callable[Concatenate[Author, P], Awaitable[R]]
    """The use case: it hands the author's record to the write that it decides."""

    async def __call__(self, member: StaffMember, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Do it for a member of the office.

        Raises:
            ForbiddenProblem: the role is too low. What the use case raises comes through; neither leaves a record.
        """
        check_role(member, self.role)
        return await self.perform(Author(member, self.act), *args, **kwargs)


def check_role(member: StaffMember, role: Role) -> None:
    """Refuse whose role is too low.

    Raises:
        ForbiddenProblem: it is.
    """
    if member.role < role:
        raise ForbiddenProblem
