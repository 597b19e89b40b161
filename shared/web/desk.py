"""What the pages of the office share: roles, forms that keep their values, fields of forms."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ValidationError

from shared import ids
from shared.clock import Clock
from shared.events.vocabulary import Language
from shared.problems import mark
from shared.staff import Role, StaffMember
from shared.web.pages import Form, Pages
from shared.web.problems import VALIDATION_MESSAGES, field_errors
from shared.web.staff_cookie import require_role

REQUIRED = VALIDATION_MESSAGES["missing"]
NO_SUCH_TIME = mark("There is no such date and time. Choose another.")
ROLE_NAMES = {Role.VIEWER: mark("reads"), Role.EDITOR: mark("edits"), Role.ADMIN: mark("administers")}

_NEW_ID = re.compile("[a-z2-7]{16}")

M = TypeVar("M", bound=BaseModel)
Staff = Callable[[Request], Awaitable[StaffMember]]


@dataclass(frozen=True)
class Desk:
    """Each noun adds the use cases that its pages call."""

    pages: Pages
    clock: Clock

    @property
    def viewer(self) -> Staff:
        """Requires somebody of the office."""
        return require_role(self.pages.office, Role.VIEWER)

    @property
    def accompanying_viewer(self) -> Staff:
        """Requires somebody of the office or of a body: the page filters by `member.body`."""
        return require_role(self.pages.office, Role.VIEWER, bodies=True)

    @property
    def accompanying_editor(self) -> Staff:
        """Requires who may edit, of the office or of a body: the page filters by `member.body`."""
        return require_role(self.pages.office, Role.EDITOR, bodies=True)

    @property
    def editor(self) -> Staff:
        """Requires somebody who may edit."""
        return require_role(self.pages.office, Role.EDITOR)

    @property
    def admin(self) -> Staff:
        """Requires an administrator."""
        return require_role(self.pages.office, Role.ADMIN)

    def checked(self, request: Request, model: type[M], sent: Mapping[str, Any]) -> tuple[M | None, dict[str, str]]:
        """The model, or the errors in the reader's language by the form's field names.

        A text in several languages has the fields `title_ca`, `title_es`, …; an error of the whole goes to `title_ca`.
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
        """A form with its errors, if there are any: then the status is 422."""
        return self.pages.render(request, template, status=422 if errors else 200, errors=errors, **values)


def _field_name(pointer: str, sent: Mapping[str, Any]) -> str:
    """`/title/ca` is the field `title_ca`, and so is `/title`, if that is a text in several languages.

    The rest of a pointer, such as the type that was tried, is left out.
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


def texts(form: Form, name: str) -> dict[str, str]:
    """A text in several languages from the fields `name_ca`, `name_es`, `name_en`, without the empty ones."""
    written = {language.value: form.get(f"{name}_{language}") for language in Language}
    return {language: text for language, text in written.items() if text}


def text_values(name: str, stored: Mapping[Language, str] | None) -> dict[str, str]:
    return {f"{name}_{language}": (stored or {}).get(language, "") for language in Language}


def sent_id(form: Form, name: str) -> str:
    """The id that the form brings, so that sending it twice makes one thing; a new one if it brings none."""
    return form.get(name) if _NEW_ID.fullmatch(form.get(name)) else ids.new_id()


def changed_fields(stored: BaseModel, wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if getattr(stored, name) != value}
