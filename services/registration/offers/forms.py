"""The form of an offer: its fields as the model takes them, and the other way round."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import zip_longest
from typing import Any

from services.registration.eligibility.domain import KINDS, Opening, Rule
from services.registration.offers.domain import DEFAULT_OFFER_DAYS, Offer
from services.registration.offers.questions import Question
from services.registration.offers.schemas import MAX_QUESTIONS
from services.registration.programmes.text_rows import TextRows, by_field
from shared.events.vocabulary import Language
from shared.text.dates import local_instant, wall_clock
from shared.web.desk import text_values, texts
from shared.web.pages import Form

ROWS = TextRows("questions", MAX_QUESTIONS, new=2)
WAVES = 6
"""How many openings the form has room for."""
INSTANTS = ("opens_at", "closes_at")
_DAYS = ("answer_days", "offer_days")
_LIMITS = ("population_min", "population_max", "per_entity", "finished_since")
DEFAULTS = {"offer_days": str(DEFAULT_OFFER_DAYS)}
_OPTIONS = re.compile(r"^(questions_\d+)_options_\d+_?(ca|es|en)?.*$")


def fields_of(form: Form, zone: str, resources: Iterable[str]) -> dict[str, Any]:
    """The form as `OfferTerms` takes it. An instant that there is not is None."""
    return {
        "title": texts(form, "title"),
        "text": texts(form, "text") or None,
        **{name: local_instant(form.get(name), zone) for name in INSTANTS},
        "places": form.get("places") or None,
        "answer_days": form.get("answer_days") or None,
        "offer_days": form.get("offer_days"),
        "rule": _rule(form, zone, resources),
        "questions": ROWS.read(form, lambda row: _question(form, row)),
    }


def _rule(form: Form, zone: str, resources: Iterable[str]) -> dict[str, Any]:
    return {
        "kinds": [kind for kind in KINDS if form.get(f"rule_kind_{kind}")],
        "provinces": _listed(form.get("rule_provinces")),
        **{name: form.get(f"rule_{name}") or None for name in _LIMITS},
        "finished_any": [slug for slug in resources if form.get(f"rule_finished_{slug}")],
        "members": bool(form.get("rule_members")),
        "openings": [
            {"at": local_instant(form.get(_wave(row)), zone), "provinces": _listed(form.get(_wave(row, "provinces")))}
            for row in range(WAVES)
            if form.get(_wave(row))
        ],
    }


def _wave(row: int, part: str = "at") -> str:
    return f"rule_openings_{row}_{part}"


def _listed(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]


def _question(form: Form, row: int) -> dict[str, Any]:
    lines = {each: form.get(f"questions_{row}_options_{each}").splitlines() for each in Language}
    options = [
        {language: text.strip() for language, text in zip(lines, each, strict=True) if text.strip()}
        for each in zip_longest(*lines.values(), fillvalue="")
    ]
    return {
        "kind": form.get(f"questions_{row}_kind") or "text",
        "required": bool(form.get(f"questions_{row}_required")),
        "weight": form.get(f"questions_{row}_weight") or 0,
        "options": [option for option in options if option],
    }


def instants_of(fields: Mapping[str, Any]) -> dict[str, datetime | None]:
    """By field of the form."""
    openings = fields["rule"]["openings"]
    return {name: fields[name] for name in INSTANTS} | {_wave(row): each["at"] for row, each in enumerate(openings)}


def provinces_of(fields: Mapping[str, Any]) -> dict[str, list[str]]:
    """By field of the form."""
    waves = {_wave(row, "provinces"): each["provinces"] for row, each in enumerate(fields["rule"]["openings"])}
    return {"rule_provinces": fields["rule"]["provinces"], **waves}


def errors_by_field(found: Mapping[str, str]) -> dict[str, str]:
    """The errors of the model, each at a field of the form."""
    named = {}
    for name, text in by_field(found).items():
        field = "closes_at" if not name else re.sub(r"^(questions_\d+)$", r"\1_kind", name)
        if options := _OPTIONS.match(field):
            field = f"{options[1]}_options_{options[2] or 'ca'}"
        named[field] = text
    return named


def values_of(offer: Offer, zone: str) -> dict[str, str]:
    """An offer as the fields of the form."""
    instants: dict[str, datetime | None] = {name: getattr(offer, name) for name in INSTANTS}
    return {
        **text_values("title", offer.title),
        **text_values("text", offer.text),
        **{name: wall_clock(instant, zone) if instant else "" for name, instant in instants.items()},
        "places": _number(offer.places),
        **{name: _number(getattr(offer, name)) for name in _DAYS},
        **_rule_values(offer.rule, zone),
        **ROWS.values(question.model_dump(mode="json") for question in offer.questions),
        **{name: value for row, each in enumerate(offer.questions) for name, value in _question_values(row, each)},
    }


def _rule_values(rule: Rule, zone: str) -> dict[str, str]:
    return {
        **{f"rule_kind_{kind}": "1" for kind in rule.kinds},
        "rule_provinces": ", ".join(rule.provinces),
        **{f"rule_{name}": _number(getattr(rule, name)) for name in _LIMITS},
        **{f"rule_finished_{slug}": "1" for slug in rule.finished_any},
        "rule_members": "1" if rule.members else "",
        **{name: value for row, each in enumerate(rule.openings) for name, value in _wave_values(row, each, zone)},
    }


def _wave_values(row: int, opening: Opening, zone: str) -> Iterable[tuple[str, str]]:
    yield _wave(row), wall_clock(opening.at, zone)
    yield _wave(row, "provinces"), ", ".join(opening.provinces)


def _question_values(row: int, question: Question) -> Iterable[tuple[str, str]]:
    yield f"questions_{row}_kind", question.kind.value
    yield f"questions_{row}_required", "1" if question.required else ""
    yield f"questions_{row}_weight", str(question.weight)
    for language in Language:
        options = "\n".join(option.get(language, "") for option in question.options)
        yield f"questions_{row}_options_{language}", options.rstrip()


def _number(value: object) -> str:
    return "" if value is None else str(value)
