"""What every part of the story plays with."""

from dataclasses import dataclass

from deploy.demo.cast import Cast
from deploy.demo.office import Office
from deploy.demo.timeline import MovableClock


@dataclass(frozen=True, slots=True)
class Stage:
    office: Office
    clock: MovableClock
    cast: Cast
