"""Where the parts of a chart stand: plain geometry, in the units of an SVG's view box; templates draw it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from services.feedback.domain.results import Counts
from services.feedback.domain.tallies import HIGHEST, LOWEST

_WIDTH = 288
"""The room on a phone of 320 pixels: there a unit is a pixel."""
_COLUMN = _WIDTH // (HIGHEST + 2)
"""One for each score, and half of one at either side."""
_BAR = _COLUMN - 6
_BAR_FLOOR, _BAR_CEILING = 124, 20
_FLOOR, _CEILING = 112, 22
_LEFT, _RIGHT = 42, _WIDTH - 14
"""At the left there is room for the axis' own figures beside half of the first point's."""
_PROMISED = 5
"""A service of the reference promises that every question has at least this mean."""


@dataclass(frozen=True, slots=True)
class Bar:
    """How many gave a score; `middle` is where its texts stand."""

    score: int
    times: int
    x: float
    y: float
    middle: float
    width: int = _BAR

    @property
    def height(self) -> float:
        return round(_BAR_FLOOR - self.y, 1)


@dataclass(frozen=True, slots=True)
class Distribution:
    bars: Sequence[Bar]
    width: int = _WIDTH
    height: int = 148
    floor: int = _BAR_FLOOR


@dataclass(frozen=True, slots=True)
class Point:
    """The mean of a session, not rounded yet; None where it is hidden."""

    x: float
    y: float
    mean: Fraction | float | None


@dataclass(frozen=True, slots=True)
class Trend:
    points: Sequence[Point]
    runs: Sequence[str]
    """The points of each line; it breaks where a mean is hidden."""
    width: int = _WIDTH
    height: int = 140
    left: int = _LEFT
    right: int = _RIGHT
    floor: int = _FLOOR
    ceiling: int = _CEILING
    promised: int = round(_FLOOR - (_FLOOR - _CEILING) * _PROMISED / HIGHEST)


def distribution(counts: Counts) -> Distribution:
    most = max(*counts, 1)
    bars = [
        Bar(
            score=score,
            times=times,
            x=round(_COLUMN * (score + 0.5) + (_COLUMN - _BAR) / 2, 1),
            y=round(_BAR_FLOOR - (_BAR_FLOOR - _BAR_CEILING) * times / most, 1),
            middle=_COLUMN * (score + 1),
        )
        for score, times in enumerate(counts, LOWEST)
    ]
    return Distribution(bars)


def trend(means: Sequence[Fraction | float | None]) -> Trend:
    """The line of the means from left to right, always from 0 to 10 so that charts can be compared."""
    step = (_RIGHT - _LEFT) / max(len(means) - 1, 1)
    points = [Point(round(_LEFT + step * place, 1), _height(mean), mean) for place, mean in enumerate(means)]
    lines = [" ".join(f"{point.x},{point.y}" for point in run) for run in _runs(points) if len(run) > 1]
    return Trend(points, lines)


def _height(mean: Fraction | float | None) -> float:
    return round(_FLOOR - (_FLOOR - _CEILING) * float(mean or LOWEST) / HIGHEST, 1)


def _runs(points: Sequence[Point]) -> list[list[Point]]:
    runs: list[list[Point]] = [[]]
    for point in points:
        if point.mean is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return runs
