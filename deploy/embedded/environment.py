"""How other commands find a running single-machine installation: by a file in its data folder."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

NAME = "environment"


@contextmanager
def published_environment(folder: Path, settings: Mapping[str, str]) -> Iterator[None]:
    """Keep the settings of the running installation in its folder, for its user alone, until the block ends."""
    file = folder / NAME
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def adopt_environment() -> None:
    """Take the settings of the installation that runs in DIJOUS_DATA (./var), where none are set here."""
    file = Path(os.environ.get("DIJOUS_DATA") or "var") / NAME
    if file.is_file():
        for line in file.read_text().splitlines():
            name, _, value = line.partition("=")
            os.environ.setdefault(name, value)
