"""`make bench`: all measurements one after the other, or the named ones; each prints ratios to its yardstick.

python -m benchmarks [registrations|events|fanout|pages …]
"""

import sys
from collections.abc import Callable
from importlib import import_module

MEASUREMENTS = ("registrations", "events", "fanout", "pages")


def main(names: list[str]) -> None:
    if unknown := set(names) - set(MEASUREMENTS):
        sys.exit(f"There is no measurement {', '.join(sorted(unknown))}; there are {', '.join(MEASUREMENTS)}.")
    for name in names or MEASUREMENTS:
        measure: Callable[[], None] = import_module(f"benchmarks.{name}").main
        measure()
        print()


if __name__ == "__main__":
    main(sys.argv[1:])
