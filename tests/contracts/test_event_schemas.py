"""The public contract only grows: old samples parse for ever, and old and new readers understand old and new events."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from string import ascii_letters, digits
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict

from shared.events import CONTENT_TYPE, Event, Stream
from tests.contracts.regenerate import PUBLIC_EVENTS, SAMPLES, SCHEMAS, as_text, regenerate
from tests.contracts.schema_growth import Schema, breaking_changes, schema_of

SAMPLE_FILES = sorted(SAMPLES.glob("*/*.json"))
FEWEST_SAMPLES = 82
"""How many samples there were at some time: they are kept for ever. Raise it with each that is added."""
UNKNOWN = "field_of_tomorrow"


def committed(event_type: str) -> Schema:
    schema: Schema = json.loads((SCHEMAS / f"{event_type}.json").read_text())
    return schema


def read(path: Path) -> tuple[type[Event], dict[str, Any]]:
    data: dict[str, Any] = json.loads(path.read_text())
    return PUBLIC_EVENTS[path.parent.name], data


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def schema_errors(schema: Schema, data: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(data)]


all_events = pytest.mark.parametrize("event_type", sorted(PUBLIC_EVENTS))
all_samples = pytest.mark.parametrize("path", SAMPLE_FILES, ids=name_of)


@all_events
def test_a_schema_only_grows(event_type: str) -> None:
    assert breaking_changes(committed(event_type), schema_of(PUBLIC_EVENTS[event_type])) == []


@all_events
def test_the_committed_schema_is_the_present_one(event_type: str) -> None:
    present = as_text(schema_of(PUBLIC_EVENTS[event_type]))
    assert (SCHEMAS / f"{event_type}.json").read_text() == present, "run python -m tests.contracts.regenerate"


def test_no_event_and_no_sample_was_ever_removed() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(PUBLIC_EVENTS)
    assert {path.name for path in SAMPLES.iterdir()} == set(PUBLIC_EVENTS)
    assert len(SAMPLE_FILES) >= FEWEST_SAMPLES


@all_events
def test_samples_show_an_event_with_every_field_and_one_with_the_least(event_type: str) -> None:
    samples = [json.loads(path.read_text()) for path in (SAMPLES / event_type).glob("*.json")]
    schema = committed(event_type)
    assert {name for sample in samples for name in sample} == set(schema["properties"])
    assert any(set(sample) == set(schema["required"]) for sample in samples)


@all_samples
def test_an_old_sample_still_parses(path: Path) -> None:
    """Backward: what was once published is understood by this code, and nothing of it is lost."""
    event, data = read(path)
    parsed = event.model_validate(data)
    assert schema_errors(schema_of(event), data) == []
    assert set(data) <= set(parsed.model_dump())
    assert event.model_validate_json(parsed.model_dump_json()) == parsed


@all_samples
def test_what_is_published_now_follows_the_committed_schema(path: Path) -> None:
    """Forward: who reads by the committed schema understands what this code publishes."""
    event, data = read(path)
    envelope = event.model_validate(data).envelope()
    assert schema_errors(committed(event.event_type()), envelope.data) == []


@all_samples
def test_a_field_of_tomorrow_is_ignored(path: Path) -> None:
    """Forward: a newer publisher's field, at any depth, changes nothing for this code and breaks no schema."""
    event, data = read(path)
    newer = add_everywhere(data, objects_of(schema_of(event)))
    assert newer[UNKNOWN] == 1
    assert event.model_validate(newer) == event.model_validate(data)
    assert schema_errors(committed(event.event_type()), newer) == []


@all_samples
def test_an_event_travels_as_cloudevents_in_binary_mode(path: Path) -> None:
    event, data = read(path)
    envelope = event.model_validate(data).envelope(correlation_id="c1")
    prefix, _, key = envelope.subject.rpartition(".")
    assert event.subject_filter() == f"{prefix}.*"
    assert key
    assert set(key) <= set(f"{ascii_letters}{digits}-:"), "one token; of capitals, the codes of the directory have some"
    assert envelope.headers["ce-specversion"] == "1.0"
    assert envelope.headers["ce-type"] == event.event_type()
    assert envelope.headers["ce-id"] == envelope.id
    assert envelope.headers["ce-source"].startswith("/dijous/")
    assert envelope.headers["content-type"] == CONTENT_TYPE
    assert envelope.stream in list(Stream)


def test_only_the_people_stream_carries_contacts() -> None:
    carriers = {event for event in PUBLIC_EVENTS.values() if {"email"} & set(event.model_fields)}
    assert carriers
    assert {event.event_stream for event in carriers} == {Stream.PEOPLE}


def objects_of(schema: Schema) -> set[frozenset[str]]:
    """The field names of every kind of object in a schema: texts by language and the like are none of them."""
    kinds = [schema, *schema.get("$defs", {}).values()]
    return {frozenset(kind["properties"]) for kind in kinds if "properties" in kind}


def add_everywhere(value: Any, kinds: set[frozenset[str]]) -> Any:
    """The value with an unknown field in every object that is of one of those kinds."""
    if isinstance(value, list):
        return [add_everywhere(item, kinds) for item in value]
    if not isinstance(value, dict):
        return value
    grown = {name: add_everywhere(inner, kinds) for name, inner in value.items()}
    return {**grown, UNKNOWN: 1} if any(value and set(value) <= kind for kind in kinds) else grown


class Inner(BaseModel):
    """Part of the planted event."""

    model_config = ConfigDict(extra="ignore")

    url: str


class Planted(BaseModel):
    """An event to be broken."""

    session_id: str
    answers: int | None
    status: Literal["open", "closed"]
    parts: list[Inner]
    role: str = ""


Break = Callable[[dict[str, Any], list[str]], object]


def planted(change: Break | None = None) -> Schema:
    """The planted event's schema, changed."""
    schema = copy.deepcopy(Planted.model_json_schema())
    if change:
        change(schema["properties"], schema["required"])
    return schema


def breaks() -> Iterator[tuple[str, Break, str]]:
    yield "removed", lambda p, r: p.pop("role"), "the event.role was removed"
    yield "narrowed", lambda p, r: p["answers"].update(anyOf=[{"type": "integer"}]), "the event.answers: "
    yield "widened", lambda p, r: p["answers"]["anyOf"].append({"type": "string"}), "the event.answers: "
    yield "another type", lambda p, r: p["session_id"].update(type="integer"), "the event.session_id: 'string' became"
    yield "newly required", lambda p, r: r.append("role"), "the event.role is required now"
    yield "no longer required", lambda p, r: r.remove("session_id"), "the event.session_id is not required any more"
    yield "value removed", lambda p, r: p["status"].update(enum=["open"]), "the event.status: "
    yield "value added", lambda p, r: p["status"].update(enum=["open", "closed", "new"]), "the event.status: "
    yield "limit added", lambda p, r: p["role"].update(maxLength=10), "the event.role: maxLength was 'not there', is 10"
    yield "list became one", lambda p, r: p["parts"].update(type="object"), "the event.parts: 'array' became 'object'"


@pytest.mark.parametrize(("change", "words"), [(c, w) for _, c, w in breaks()], ids=[name for name, _, _ in breaks()])
def test_a_breaking_change_is_noticed(change: Break, words: str) -> None:
    found = breaking_changes(planted(), planted(change))
    assert len(found) == 1
    assert found[0].startswith(words)


def test_a_new_field_that_is_required_at_once_is_noticed() -> None:
    new = planted(lambda p, r: p.update(more={"type": "string"}))
    new["required"].append("more")
    assert breaking_changes(planted(), new) == ["the event.more is required now"]


def test_a_breaking_change_inside_is_noticed() -> None:
    new = planted()
    del new["$defs"]["Inner"]["properties"]["url"]
    new["$defs"]["Inner"]["required"] = []
    assert breaking_changes(planted(), new) == [
        "the event.parts.url was removed",
        "the event.parts.url is not required any more",
    ]


def test_growing_and_rewording_break_nothing() -> None:
    new = planted(lambda p, r: p.update(more={"type": "string", "default": ""}))
    new["$defs"]["Inner"]["properties"]["title"] = {"type": "string", "default": ""}
    new["properties"]["role"]["description"] = "In other words."
    assert breaking_changes(planted(), new) == []


def test_regenerating_refuses_to_break_what_is_committed(tmp_path: Path) -> None:
    assert regenerate(tmp_path) == []
    path = tmp_path / "dijous.surveys.survey-opened.v1.json"
    older = json.loads(path.read_text())
    older["properties"]["opened_by"] = {"type": "string"}
    path.write_text(as_text(older))
    assert regenerate(tmp_path) == ["dijous.surveys.survey-opened.v1: the event.opened_by was removed"]
    assert json.loads(path.read_text()) == older


def test_a_reader_that_is_strict_would_be_noticed() -> None:
    """The forward tests can fail: a model that forbids unknown fields refuses the field of tomorrow."""

    class Strict(Inner):
        model_config = ConfigDict(extra="forbid")

    newer = add_everywhere({"url": "x"}, objects_of(Strict.model_json_schema()))
    assert schema_errors(Strict.model_json_schema(), newer)
    assert not schema_errors(Inner.model_json_schema(), newer)
