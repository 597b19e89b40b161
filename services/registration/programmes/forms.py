"""The office's forms: what a browser sends as the API's models take it, and what is stored as a form shows it."""

from typing import Any

from services.registration.programmes.domain import Programme
from shared.web.office_forms import text_values, texts
from shared.web.pages import Form


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
