"""The fields that tell who comes, checked: the same when registering and when correcting."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from fastapi import Request
from pydantic import ValidationError

from services.registration.entities.usecases import Entities
from services.registration.registrations.schemas import CONSENT_NEEDED, PersonIn
from shared.entities.domain import Entity
from shared.entities.picker import choose
from shared.problems import mark
from shared.web.pages import LANGUAGE_NAMES, Form, Pages
from shared.web.problems import field_errors

LANGUAGES = [(str(language), name) for language, name in LANGUAGE_NAMES.items()]

_NEEDED = {
    "name": mark("Write your name and surname."),
    "email": mark("Write your email address."),
    "consent": CONSENT_NEEDED,
}

_ORDER = ("name", "email", "entity", "entity_code", "role", "language", "consent")
M = TypeVar("M", bound=PersonIn)


@dataclass(frozen=True, slots=True)
class CheckedForm(Generic[M]):
    values: Mapping[str, str]
    person: M | None
    """None where something is wrong."""
    entity: Entity | None
    errors: Mapping[str, str] = field(default_factory=dict)
    """In the reader's language, by field name, in the order of the fields."""
    matches: list[Entity] = field(default_factory=list)
    """Entities to choose from, where the words mean several."""
    has_more: bool = False
    """Whether the words mean others too."""


async def filled(pages: Pages, request: Request, entities: Entities, form: Form, model: type[M]) -> CheckedForm[M]:
    """Check a form against its model; no text that was typed is lost."""
    choice = await choose(entities, form.get("entity"), form.get("entity_code"))
    errors = {name: pages.text(request, message) for name, message in choice.errors.items()}
    sent = {name: form.get(name) for name in model.model_fields if name not in ("entity", "consent")}
    sent["entity"] = choice.entity.code if choice.entity else "none"
    if "consent" in model.model_fields:
        sent["consent"] = "true" if form.get("consent") else "false"
    person = None
    try:
        person = model.model_validate(sent, strict=False)
    except ValidationError as error:
        errors |= _errors(pages, request, error, sent)
    ordered = {name: errors[name] for name in _ORDER if name in errors}
    return CheckedForm(form.values, None if errors else person, choice.entity, ordered, choice.matches, choice.has_more)


def _errors(pages: Pages, request: Request, error: ValidationError, sent: Mapping[str, str]) -> dict[str, str]:
    located = [{**item, "loc": ("body", *item["loc"])} for item in error.errors(include_url=False)]
    found = {item.pointer[1:]: item.detail for item in field_errors(located, pages.words, pages.language(request))}
    return {
        name: pages.text(request, _NEEDED[name]) if name in _NEEDED and not sent[name] else message
        for name, message in found.items()
    }
