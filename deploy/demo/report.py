"""The demonstration's output: progress while it runs, a table at the end."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import click


@dataclass
class Report:
    steps: list[tuple[str, str, str, float]] = field(default_factory=list)
    """Day, step, outcome, seconds."""
    _began: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, day: str, name: str) -> Iterator[list[str]]:
        """Time a step and print it; the caller puts its outcome into the list."""
        outcome: list[str] = []
        started = time.monotonic()
        yield outcome
        self.steps.append((day, name, ", ".join(outcome), time.monotonic() - started))
        _, _, happened, seconds = self.steps[-1]
        click.echo(f"{len(self.steps):>2}. {day} {name}: {happened} ({seconds:.1f} s)")

    def table(self, mails: Mapping[str, int], results: Mapping[str, Any]) -> str:
        rows = [(*texts, f"{seconds:.1f}") for *texts, seconds in self.steps]
        total = ("", "in all", f"{sum(mails.values())} mails", f"{time.monotonic() - self._began:.1f}")
        lines = ["", *_columns([("day", "step", "what happened", "seconds"), *rows, total])]
        lines += ["", *_columns([("mails", ""), *((kind, str(count)) for kind, count in sorted(mails.items()))])]
        figures = [(item["text"], f"{item['mean']:.2f}") for item in results["questions"].values()]
        lines += ["", *_columns([(f"results of {results['n']} answers", "mean of 0-10"), *figures])]
        return "\n".join(lines)


def _columns(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [lines[0], "-" * (sum(widths) + 2 * (len(widths) - 1)), *lines[1:]]
