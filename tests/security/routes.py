"""Every route of every service, read from the applications themselves, and who may do what there."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from deploy.composition import compose
from deploy.routes import SERVICES

NOBODYS_ID = "aaaaaaaaaaaaaaaa"
NOBODYS_TOKEN = "a" * 48


class Access(StrEnum):
    """Whom a route lets in."""

    PUBLIC = "public"
    TOKEN = "token"
    """Calls with the installation's token only."""
    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"
    REGISTRATION = "registration"
    """From here on: who holds the personal link of that purpose."""
    JOIN = "join"
    SURVEY = "survey"
    SUPPORT = "support"
    FOLLOWING = "following"
    PREFERENCES = "preferences"
    MEMBERSHIP = "membership"
    PETITION = "petition"
    SIGN_IN = "sign-in"
    """Who holds a first-run link or comes back from the identity provider; nobody else gets further."""


OFFICE = (Access.VIEWER, Access.EDITOR, Access.ADMIN)
LINKS = (
    Access.REGISTRATION,
    Access.JOIN,
    Access.SURVEY,
    Access.SUPPORT,
    Access.FOLLOWING,
    Access.PREFERENCES,
    Access.MEMBERSHIP,
    Access.PETITION,
)


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address."""

    method: str
    path: str

    @property
    def is_api(self) -> bool:
        """Whether programs ask here, not people."""
        return self.path.startswith("/api/")

    @property
    def is_personal(self) -> bool:
        """Whether somebody's data is behind it."""
        return "{token}" in self.path or self.path.startswith("/office")

    def filled(self, token: str = NOBODYS_TOKEN) -> str:
        """The address with ids that nothing has."""
        known = {"token": token, "step": "review", "kind": "confirmation", "language": "ca"}
        return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], NOBODYS_ID), self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@cache
def all_routes() -> list[Route]:
    """Every method of every address, sorted; those that only describe (`HEAD`, health) come along with the others."""
    found: set[Route] = set()
    with TemporaryDirectory() as folder, _environment(_settings(Path(folder))):
        for name in SERVICES:
            contexts = iter_route_contexts(compose(name).web().routes)
            found |= {Route(method, context.path or "") for context in contexts for method in context.methods or ()}
    return sorted((route for route in found if route.method != "HEAD"), key=str)


def _settings(folder: Path) -> Mapping[str, str]:
    return {
        "DIJOUS_SECRET": "x" * 40,
        "DIJOUS_STAFF_TOKEN": "y" * 20,
        "DIJOUS_STORE_URL": f"sqlite:///{folder}",
    }


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: value for name, value in os.environ.items() if name.startswith("DIJOUS_")}
    for name in before:
        del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        for name in values:
            del os.environ[name]
        os.environ.update(before)


def read_matrix(text: str) -> dict[Route, Access]:
    """The rows of the matrix, one a line: method, address, access."""
    rows = [line.split() for line in text.splitlines() if line.strip()]
    matrix = {Route(method, path): Access(access) for method, path, access in rows}
    assert len(matrix) == len(rows), "a route has two rows"
    return matrix


@cache
def _parameters() -> dict[Route, set[str]]:
    found: dict[Route, set[str]] = {}
    with TemporaryDirectory() as folder, _environment(_settings(Path(folder))):
        for name in SERVICES:
            for route in compose(name).web().routes:
                names = {each.alias for each in getattr(route, "dependant", Dependant()).query_params}
                found |= {Route(method, route.path): names for method in route.methods or ()}
    return found


def parameters(route: Route) -> set[str]:
    """The names of the query parameters that the route declares."""
    return _parameters().get(route, set())
