"""Rows of a form, each a text in several languages with a key, which can be moved and taken out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from shared import ids
from shared.web.desk import text_values, texts
from shared.web.pages import Form

_NEW_KEY_LENGTH = 12


@dataclass(frozen=True, slots=True)
class TextRows:
    field: str
    """Of the model that the rows fill."""
    most: int
    new: int
    """Empty rows to fill in."""

    def shown(self, count: int) -> range:
        return range(min(count + self.new, self.most))

    def read(self, form: Form, more: Callable[[int], Mapping[str, Any]] = lambda _: {}) -> list[dict[str, Any]]:
        """What was sent, in the order asked for, without removed and empty rows; `more` reads the other fields of a
        row."""
        found: list[tuple[tuple[int, int], dict[str, Any]]] = []
        for row in range(self.most):
            key, text, typed = form.get(f"key_{row}"), texts(form, self._text(row)), form.get(f"place_{row}")
            if (key or text) and not form.get(f"out_{row}"):
                own = row + 1
                place = int(typed) if typed.isdecimal() and len(typed) < 3 else own
                # A row moved up goes before the one at its new place, a row moved down after it.
                order = place, (place > own) - (place < own)
                found.append((order, {"key": key or f"q_{ids.new_id()[:_NEW_KEY_LENGTH]}", "text": text, **more(row)}))
        return [item for _, item in sorted(found, key=itemgetter(0))]

    def values(self, items: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        values: dict[str, str] = {}
        for row, item in enumerate(items):
            values |= {f"key_{row}": item["key"], f"place_{row}": str(row + 1)}
            values |= text_values(self._text(row), item["text"])
        return values

    def _text(self, row: int) -> str:
        """The field of a row's text, as errors of the model name it."""
        return f"{self.field}_{row}_text"


def places(count: int) -> list[tuple[str, str]]:
    return [(str(place), str(place)) for place in range(1, count + 1)]


def by_field(found: Mapping[str, str]) -> dict[str, str]:
    """The errors of the model, each at the Catalan text of its row."""
    return {f"{name}_ca" if name.endswith("_text") else name: text for name, text in found.items()}
