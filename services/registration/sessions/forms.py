"""The office's form of a session: what a browser sends, and what it shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.registration.entities.usecases import Entities
from services.registration.sessions.domain import Session
from shared.events.vocabulary import Audience, Language
from shared.problems import mark
from shared.text.dates import local_instant, wall_clock
from shared.web.desk import text_values, texts
from shared.web.pages import Form

AUDIENCES = {
    Audience.EVERYBODY: mark("everybody: it is in the public list and in the calendars"),
    Audience.MEMBERS: mark("the entities that take part in the programme"),
    Audience.ENTITIES: mark("only the entities named below"),
}
NOT_LISTED = mark("These are not the name or the code of a local entity: {names}.")


async def session_fields(
    entities: Entities, form: Form, time_zone: str, session: Session | None = None
) -> tuple[dict[str, Any], list[str]]:
    """The form as `SessionIn` takes it, and the lines that name no entity. For whom `session` is, stays if the form
    does not say it."""
    audience = form.get("audience") or (session.audience if session else Audience.EVERYBODY)
    codes, unknown = await _codes(entities, form.get("entities")) if audience == Audience.ENTITIES else ([], [])
    fields = {
        "programme": form.get("programme"),
        "title": texts(form, "title"),
        "description": texts(form, "description") or None,
        "starts_at": local_instant(form.get("starts_at"), time_zone),
        "duration_minutes": form.get("duration_minutes"),
        "capacity": form.get("capacity") or None,
        "join_url": form.get("join_url"),
        "audience": audience,
        "entities": codes if form.get("audience") or session is None else session.entities,
        "survey": not form.get("no_survey"),
        "tentative": bool(form.get("tentative")),
    }
    return fields, unknown


async def session_values(entities: Entities, session: Session, time_zone: str) -> dict[str, str]:
    return {
        "programme": session.programme,
        **text_values("title", session.title),
        **text_values("description", session.description),
        "starts_at": wall_clock(session.starts_at, time_zone),
        "duration_minutes": str(session.duration_minutes),
        "capacity": "" if session.capacity is None else str(session.capacity),
        "join_url": session.join_url,
        "audience": session.audience.value,
        "entities": "\n".join(await entity_names(entities, session)),
        "no_survey": "" if session.survey else "1",
        "tentative": "1" if session.tentative else "",
    }


async def entity_names(entities: Entities, session: Session) -> list[str]:
    """For whom it is, by name; by code where the directory has an entity no more."""
    found = {entity.code: entity.name for entity in await entities.many(session.entities)}
    return [found.get(code, code) for code in session.entities]


def with_titles(values: Mapping[str, str], titles: Sequence[str]) -> dict[str, str]:
    """The titles below every description there is, or as the Catalan one; none that it holds already."""
    fields = [f"description_{language}" for language in Language]
    prepared = {}
    for field in [field for field in fields if values.get(field)] or fields[:1]:
        text = values.get(field, "")
        new = "\n".join(line for title in titles if (line := f"– {title}") not in text.splitlines())
        prepared[field] = f"{text}\n\n{new}".strip() if new else text
    return {**values, **prepared}


async def _codes(entities: Entities, typed: str) -> tuple[list[str], list[str]]:
    """Codes of the entities that stand one a line, and the lines that mean none."""
    lines = [line.strip() for line in typed.splitlines() if line.strip()]
    found = {line: await entities.find(line) or await entities.named(line) for line in lines}
    return [entity.code for entity in found.values() if entity], [line for line, entity in found.items() if not entity]
