"""Actions of the office: the role, the use case and the audit's code for it in one place.

A page and the API call the same action. The page that asks for confirmation says what an action does and who gets mail.
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
    """The audit's code. Never renamed: written entries never change."""
    role: Role
    perform: Callable[Concatenate[Author, P], Awaitable[R]]
    """The use case; it passes the author's record to its write."""

    async def __call__(self, member: StaffMember, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Do it for a member of the office. An error leaves no record.

        Raises:
            ForbiddenProblem: the role is too low.
        """
        check_role(member, self.role)
        return await self.perform(Author(member, self.act), *args, **kwargs)


def check_role(member: StaffMember, role: Role) -> None:
    if member.role < role:
        raise ForbiddenProblem
