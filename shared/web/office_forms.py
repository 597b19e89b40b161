"""The office's forms: what a browser sends as the API's models take it, and what is stored as a form shows it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from shared.events.vocabulary import Language
from shared.problems import mark
from shared.web.pages import Form

NO_SUCH_TIME = mark("There is no such date and time. Choose another.")


def texts(form: Form, name: str) -> dict[str, str]:
    """A text in several languages, from the fields `name_ca`, `name_es`, `name_en`; without the empty ones."""
    written = {language.value: form.get(f"{name}_{language}") for language in Language}
    return {language: text for language, text in written.items() if text}


def text_values(name: str, stored: Mapping[Language, str] | None) -> dict[str, str]:
    return {f"{name}_{language}": (stored or {}).get(language, "") for language in Language}


def local_instant(text: str, time_zone: str) -> datetime | None:
    """The instant of a `datetime-local` field on the zone's wall clock; None where there is no such time.

    An hour that comes twice, in October, is the first one.
    """
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return None
    if local.tzinfo is not None:
        return None
    zone = ZoneInfo(time_zone)
    instant = local.replace(tzinfo=zone).astimezone(UTC)
    return instant if instant.astimezone(zone).replace(tzinfo=None) == local else None


def changed_fields(stored: BaseModel, wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if getattr(stored, name) != value}
