"""Write the JSON Schema of every event: `python -m tests.contracts.regenerate`.

It refuses to overwrite a schema with one that breaks it; samples are written by hand and never changed.
"""

import json
import sys
from pathlib import Path

from shared.events import EVENTS_BY_TYPE
from tests.contracts.schema_growth import Schema, breaking_changes, schema_of

SCHEMAS = Path(__file__).parent / "schemas"
SAMPLES = Path(__file__).parent / "samples"
PUBLIC_EVENTS = {
    event_type: event for event_type, event in EVENTS_BY_TYPE.items() if event.__module__.startswith("shared.events.")
}
"""The events of the contract, without those that other tests make up."""


def as_text(schema: Schema) -> str:
    """A schema as it lies in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def regenerate(folder: Path) -> list[str]:
    """Write the schemas of all events; what was refused, one line each."""
    folder.mkdir(parents=True, exist_ok=True)
    refused = []
    for event_type, event in sorted(PUBLIC_EVENTS.items()):
        path, schema = folder / f"{event_type}.json", schema_of(event)
        problems = breaking_changes(json.loads(path.read_text()), schema) if path.exists() else []
        if problems:
            refused += [f"{event_type}: {problem}" for problem in problems]
        else:
            path.write_text(as_text(schema))
    return refused


if __name__ == "__main__":
    broken = regenerate(SCHEMAS)
    print("\n".join([*broken, "A new event, or a new schema number of it, is needed."]) if broken else "written")
    sys.exit(bool(broken))
