"""The office's forms: what a browser sends as the API's models take it, and what is stored as a form shows it."""

from typing import Any

from services.registration.sessions.domain import Session
from shared.text.dates import wall_clock
from shared.web.office_forms import local_instant, text_values, texts
from shared.web.pages import Form

MOST_MATERIALS = 50
EMPTY_ROWS = 3


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
