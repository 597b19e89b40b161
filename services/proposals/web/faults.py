"""What is wrong with a form, in words beside its fields."""

from collections.abc import Mapping

from fastapi import Request
from pydantic import ValidationError

from shared.problems import mark
from shared.text.catalogues import Translations
from shared.web.pages import Pages
from shared.web.problems import field_errors

EMPTY = {
    "programme": mark("Choose the programme."),
    "title": mark("Write your proposal in one line."),
    "body": mark("Write what you would like to know."),
    "reason": mark("Write the reason: author and supporters will read it."),
    "email": mark("Write your email address."),
    "session": mark("Choose the session."),
    "into": mark("Choose the proposal in which this one will go on."),
    "proposals": mark("Choose the proposals."),
}
"""What to say of a field that was left empty."""


def faults_of(
    error: ValidationError, request: Request, pages: Pages, words: Translations, names: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Messages in the reader's language by field; `names` are fields that a page calls otherwise than its model."""
    found: dict[str, str] = {}
    for fault in error.errors():
        field = str(fault["loc"][0])
        [said] = field_errors([{**fault, "loc": ("body", field)}], words, pages.language(request))
        is_empty = not fault["input"]
        message = pages.text(request, EMPTY[field]) if is_empty and field in EMPTY else said.detail
        found.setdefault((names or {}).get(field, field), message)
    return found
