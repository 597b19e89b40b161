"""What is looked at: a page in one of its states, and where it is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import Page

from shared.staff import Role
from tests.support.world import World

Address = Callable[[World], str]
Step = Callable[[Page], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class State:
    """A page in one of its states."""

    name: str
    address: Address
    status: int = 200
    """Of the page that is looked at in the end."""
    role: Role | None = None
    """Who of the office looks; None for the public."""
    step: Step | None = None
    """What is done on the page before it is looked at."""

    def __str__(self) -> str:
        return self.name


def at(path: str) -> Address:
    """An address that every installation has."""
    return lambda _: path


def session(name: str, path: str = "/sessions/{}") -> Address:
    """The page of a session of the world."""
    return lambda world: path.format(world.sessions[name])


def link(purpose: str) -> Address:
    """The page behind a personal link."""
    return lambda world: world.link(purpose)


def under(purpose: str, rest: str) -> Address:
    """A page below the one behind a personal link."""
    return lambda world: world.link(purpose).partition("?")[0] + rest


def standing(name: str, rest: str = "") -> Address:
    """The page of a registration by how it stands."""
    return lambda world: world.standings[name] + rest


def proposal(name: str, path: str = "/proposals/{}") -> Address:
    """The page of a proposal of the world."""
    return lambda world: path.format(world.proposals[name])
