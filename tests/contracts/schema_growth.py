"""The rule by which the schema of an event may change: optional fields may be added, nothing else.

Old readers meet new events and new readers meet old ones (both for a year, as long as the stream keeps them), so
widening breaks as surely as narrowing. Whatever needs another change is a new event, or a new schema number of it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.events import Event

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WORDS_ONLY = frozenset({"title", "description", "default", "examples", "$defs", "$id", "$schema"})
"""Keywords that tell people something and refuse nothing."""


def schema_of(event: type[Event]) -> Schema:
    """The JSON Schema of an event's data, as it is committed."""
    return {"$schema": DIALECT, "$id": f"urn:dijous:event:{event.event_type()}", **event.model_json_schema()}


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """What in `new` would break who wrote or reads events by `old`; one line each."""
    return list(_differences(_inlined(old, old), _inlined(new, new), "the event"))


def _inlined(node: Any, root: Schema) -> Any:
    """The schema with its references replaced by what they refer to."""
    if isinstance(node, list):
        return [_inlined(item, root) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(reference := node.get("$ref"), str):
        name = reference.removeprefix("#/$defs/")
        return _inlined({**root["$defs"][name], **{key: node[key] for key in node if key != "$ref"}}, root)
    return {key: value if key == "$defs" else _inlined(value, root) for key, value in node.items()}


def _differences(old: Any, new: Any, where: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _keywords(old, new, where)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for before, after in zip(old, new, strict=True):
            yield from _differences(before, after, where)
    elif old != new:
        yield f"{where}: {old!r} became {new!r}"


def _keywords(old: Schema, new: Schema, where: str) -> Iterator[str]:
    yield from _fields(old.get("properties", {}), new.get("properties", {}), where)
    yield from _duties(set(old.get("required", [])), set(new.get("required", [])), where)
    for keyword in sorted((old.keys() | new.keys()) - _WORDS_ONLY - {"properties", "required"}):
        if keyword in old and keyword in new:
            yield from _differences(old[keyword], new[keyword], where)
        else:
            yield f"{where}: {keyword} was {old.get(keyword, 'not there')!r}, is {new.get(keyword, 'not there')!r}"


def _fields(old: Mapping[str, Any], new: Mapping[str, Any], where: str) -> Iterator[str]:
    for name, schema in old.items():
        if name in new:
            yield from _differences(schema, new[name], f"{where}.{name}")
        else:
            yield f"{where}.{name} was removed"


def _duties(old: set[str], new: set[str], where: str) -> Iterator[str]:
    for name in sorted(new - old):
        yield f"{where}.{name} is required now"
    for name in sorted(old - new):
        yield f"{where}.{name} is not required any more"
