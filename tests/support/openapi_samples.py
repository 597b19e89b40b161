"""A body that an operation of the API takes, made from its description."""

from collections.abc import Iterator, Mapping
from typing import Any

_FORMATS = {
    "date-time": "2027-01-14T10:00:00+01:00", "email": "a@x.example", "uri": "https://x.example/", "date": "2027-01-14",
}  # fmt: skip
Path = tuple[str | int, ...]


def sample(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """A value with all members; `schemas` are the named ones."""
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if chosen := schema.get("anyOf") or schema.get("oneOf"):
        return sample(chosen[0], schemas)
    if "enum" in schema or "const" in schema:
        return schema.get("const") or schema["enum"][0]
    match schema.get("type"):
        case "object":
            return _members(schema, schemas)
        case "array":
            return [sample(schema["items"], schemas)]
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case _:
            return _FORMATS.get(schema.get("format", ""), "x" * schema.get("minLength", 1))


def _members(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: sample(member, schemas) for name, member in schema.get("properties", {}).items()}
    names, value = schema.get("propertyNames"), schema.get("additionalProperties")
    if isinstance(value, Mapping) and names:
        named[sample(names, schemas)] = sample(value, schemas)
    return named


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """The places of a body that hold no other ones."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [found for key, member in members for found in leaves(member, (*path, key))]
    yield from below or [path]


def with_leaf(value: Any, path: Path, leaf: Any) -> Any:
    """A copy that holds `leaf` at that place."""
    if not path:
        return leaf
    key, *rest = path
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[key] = with_leaf(value[key], tuple(rest), leaf)
    return copied
