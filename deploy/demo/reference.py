"""The two reference programmes, and what is invented around them."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


def reference() -> dict[str, Any]:
    """Programmes, sessions, survey and resources of `reference.json`, which names their source."""
    return _content("reference.json")


def invented() -> dict[str, Any]:
    """Titles of other sessions, offers, and what people write."""
    return _content("invented.json")


@cache
def _content(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(files("deploy.demo").joinpath(name).read_text())
    return loaded
