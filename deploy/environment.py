"""How other commands find a single-machine installation: by files in its data folder."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

NAME = "environment"


@contextmanager
def published_environment(folder: Path, settings: Mapping[str, str]) -> Iterator[None]:
    """Keep the running installation's settings in its folder, readable by its user only, until the block ends."""
    file = folder / NAME
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def adopt_environment() -> None:
    """Take the settings that the environment lacks from the installation in DIJOUS_DATA (./var), running or not."""
    folder = Path(os.environ.get("DIJOUS_DATA") or "var").expanduser().absolute()
    if os.environ.get("DIJOUS_PORT") == "0":  # the folder knows the port that was free
        del os.environ["DIJOUS_PORT"]
    for name, value in (_running(folder) or _resting(folder)).items():
        os.environ.setdefault(name, value)


def _running(folder: Path) -> Mapping[str, str]:
    file = folder / NAME
    lines = file.read_text().splitlines() if file.is_file() else []
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def _resting(folder: Path) -> Mapping[str, str]:
    secret, token = folder / "secret", folder / "staff-token"
    if not (secret.is_file() and token.is_file()):
        return {}
    return {
        "DIJOUS_STORE_URL": f"sqlite:///{folder}",
        "DIJOUS_SECRET": secret.read_text().strip(),
        "DIJOUS_STAFF_TOKEN": token.read_text().strip(),
        "DIJOUS_PUBLIC_URL": f"http://127.0.0.1:{os.environ.get('DIJOUS_PORT') or '8080'}",
    }
