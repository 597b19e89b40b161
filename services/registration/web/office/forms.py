"""The office's forms: what a browser sends as the API's models take it, and what is stored as a form shows it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from services.registration.domain.programmes import Programme
from services.registration.domain.sessions import Session
from shared.dates import wall_clock
from shared.events.vocabulary import Language
from shared.problems import mark
from shared.web.pages import Form

NO_SUCH_TIME = mark("There is no such date and time. Choose another.")
MOST_MATERIALS = 50
EMPTY_ROWS = 3


def texts(form: Form, name: str) -> dict[str, str]:
    """A text in several languages, from the fields `name_ca`, `name_es`, `name_en`; without the empty ones."""
    written = {language.value: form.get(f"{name}_{language}") for language in Language}
    return {language: text for language, text in written.items() if text}


def text_values(name: str, stored: Mapping[Language, str] | None) -> dict[str, str]:
    """The fields of a text in several languages."""
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


def session_fields(form: Form, time_zone: str) -> dict[str, Any]:
    """A session's form as `SessionIn` takes it."""
    return {
        "programme": form.get("programme"),
        "title": texts(form, "title"),
        "description": texts(form, "description") or None,
        "starts_at": local_instant(form.get("starts_at"), time_zone),
        "duration_minutes": form.get("duration_minutes"),
        "capacity": form.get("capacity") or None,
        "join_url": form.get("join_url"),
    }


def session_values(session: Session, time_zone: str) -> dict[str, str]:
    """A stored session as its form shows it."""
    return {
        "programme": session.programme,
        **text_values("title", session.title),
        **text_values("description", session.description),
        "starts_at": wall_clock(session.starts_at, time_zone),
        "duration_minutes": str(session.duration_minutes),
        "capacity": "" if session.capacity is None else str(session.capacity),
        "join_url": session.join_url,
    }


def programme_fields(form: Form) -> dict[str, Any]:
    """A programme's form as `ProgrammeIn` takes it."""
    return {
        "slug": form.get("slug"),
        "name": texts(form, "name"),
        "kind": form.get("kind"),
        "time_zone": form.get("time_zone"),
        "summary": texts(form, "summary") or None,
        "audience": texts(form, "audience") or None,
        "tool": form.get("tool"),
        "organiser": form.get("organiser"),
        "reply_to": form.get("reply_to"),
        "reminders_minutes": [part.strip() for part in form.get("reminders_minutes").split(",") if part.strip()],
    }


def programme_values(programme: Programme) -> dict[str, str]:
    """A stored programme as its form shows it."""
    return {
        "slug": programme.id,
        **text_values("name", programme.name),
        "kind": programme.kind,
        "time_zone": programme.time_zone,
        **text_values("summary", programme.summary),
        **text_values("audience", programme.audience),
        "tool": programme.tool,
        "organiser": programme.organiser,
        "reply_to": programme.reply_to,
        "reminders_minutes": ", ".join(map(str, programme.reminders_minutes)),
    }


def changed_fields(stored: BaseModel, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What is to become different from what is stored."""
    return {name: value for name, value in wanted.items() if getattr(stored, name) != value}


def materials_fields(form: Form) -> dict[str, Any]:
    """The form of recording and materials as `MaterialsIn` takes it; empty rows do not count."""
    pairs = [(form.get(f"material_{row}_title"), form.get(f"material_{row}_url")) for row in range(MOST_MATERIALS)]
    return {
        "recording_url": form.get("recording_url"),
        "materials": [{"title": title, "url": url} for title, url in pairs if title or url],
    }


def materials_values(session: Session) -> dict[str, str]:
    """What is published as its form shows it."""
    values = {"recording_url": session.recording_url}
    for row, material in enumerate(session.materials):
        values |= {f"material_{row}_title": material.title, f"material_{row}_url": material.url}
    return values
