"""Every page in every state, and how one gets there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import Page

from shared.web.office import Role
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
    heading: str = ""
    """Words of its h1 in Catalan, where another page could be taken for it."""

    def __str__(self) -> str:
        return self.name


async def send_empty(page: Page) -> None:
    """Send the form of the page with nothing filled in; what the browser itself would refuse is let through."""
    form = page.locator("main form[method=post]").first
    await form.evaluate("form => form.noValidate = true")
    async with page.expect_navigation():
        await form.locator("button").first.click()


def _at(path: str) -> Address:
    return lambda _: path


def _session(name: str, path: str = "/sessions/{}") -> Address:
    return lambda world: path.format(world.sessions[name])


def _link(purpose: str) -> Address:
    return lambda world: world.link(purpose)


FORGED = "a" * 64

PUBLIC = [
    State("nothing here", _at("/sessions/nothing/here"), 404),
    State("registration", _link("registration")),
    State("registration link forged", _at(f"/registration/{FORGED}"), 404),
    State("join", _link("join")),
    State("join link forged", _at(f"/join/{FORGED}"), 404),
    State("survey", _link("survey")),
    State("survey errors", _link("survey"), 422, step=send_empty),
    State("survey link forged", _at(f"/survey/{FORGED}"), 404),
    State("results of a session", _session("published", "/results/{}")),
    State("results unknown", _at("/results/aaaaaaaaaaaaaaaa"), 404),
    State("support", _link("support")),
    State("support link forged", _at(f"/support/{FORGED}"), 404),
    State("preferences", _link("preferences")),
    State("preferences link forged", _at(f"/preferences/{FORGED}"), 404),
]
OFFICE: list[State] = []
STATES = [*PUBLIC, *OFFICE]
