"""Members of the programme office and their roles."""

from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """What a member of the office may do; each includes those before it."""

    VIEWER = 1
    EDITOR = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person, or a program with the office's token, who acts for the programme office."""

    id: str
    name: str
    role: Role
    version: int = 0
    """Of the person's document in registration; 0 if there is none."""
    session: str = ""
    """The session in which they are signed in; empty for programs."""
    body: str = ""
    """Key of the body whose staff they are; empty for the office itself."""


API_CALLER = StaffMember("token", "API", Role.ADMIN)
OPERATOR = StaffMember("operator", "dijous", Role.ADMIN)
PROVIDER = StaffMember("oidc", "OIDC", Role.ADMIN)
