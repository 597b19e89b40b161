"""What all pages of the office share: who may see them, forms that keep their values."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ValidationError

from shared.clock import Clock
from shared.problems import mark
from shared.staff import Role, StaffMember
from shared.web.pages import Pages
from shared.web.problems import VALIDATION_MESSAGES, field_errors
from shared.web.staff_cookie import page_staff

REQUIRED = VALIDATION_MESSAGES["missing"]
ROLE_NAMES = {Role.VIEWER: mark("reads"), Role.EDITOR: mark("edits"), Role.ADMIN: mark("administers")}

M = TypeVar("M", bound=BaseModel)
Staff = Callable[[Request], Awaitable[StaffMember]]


@dataclass(frozen=True)
class Desk:
    """What the pages of a noun share at the office; each noun adds the use cases that it calls."""

    pages: Pages
    clock: Clock

    @property
    def viewer(self) -> Staff:
        return page_staff(self.pages.office, Role.VIEWER)

    @property
    def editor(self) -> Staff:
        return page_staff(self.pages.office, Role.EDITOR)

    @property
    def admin(self) -> Staff:
        return page_staff(self.pages.office, Role.ADMIN)

    def checked(self, request: Request, model: type[M], sent: Mapping[str, Any]) -> tuple[M | None, dict[str, str]]:
        """What was sent as the model has it, or the errors by the form's field names in the reader's language.

        A field in several languages is `title_ca`, `title_es`, …; an error of the whole is the Catalan one's.
        """
        try:
            return model.model_validate(sent, strict=False), {}
        except ValidationError as error:
            located = [{**item, "loc": ("body", *item["loc"])} for item in error.errors()]
            language = self.pages.language(request)
            found = field_errors(located, self.pages.words, language)
        errors: dict[str, str] = {}
        for item in found:
            errors.setdefault(_field_name(item.pointer, sent), item.detail)
        return None, errors

    def again(self, request: Request, template: str, errors: Mapping[str, str], **values: Any) -> HTMLResponse:
        """The form again, with what was sent and what is wrong, if anything is."""
        return self.pages.render(request, template, status=422 if errors else 200, errors=errors, **values)


def _field_name(pointer: str, sent: Mapping[str, Any]) -> str:
    """`/title/ca` is the field `title_ca`; `/title`, of which there are several, is that of the first language.

    What a pointer says beyond a field, such as which type of several was tried, does not count.
    """
    name, *rest = pointer.strip("/").split("/")
    value = sent.get(name)
    if not rest and isinstance(value, dict):
        return f"{name}_ca"
    for part in rest:
        if isinstance(value, list) and isinstance(value[0], dict):
            value = value[int(part)]
        elif isinstance(value, dict):
            value = value.get(part)
        else:
            break
        name = f"{name}_{part}"
    return name
