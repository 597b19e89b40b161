"""Settings of the single-machine run, and the two secrets that it makes for itself once."""

import secrets
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class EmbeddedSettings(BaseSettings):
    """What `dijous up` reads from the environment; what is not set, it provides."""

    model_config = SettingsConfigDict(env_prefix="DIJOUS_", env_ignore_empty=True, frozen=True, extra="ignore")

    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    data: Path = Path("var")
    """The one folder where everything is kept."""
    store_url: str | None = None
    """Another store than SQLite files in the data folder."""
    nats_url: str | None = None
    """Another broker than the one started here."""
    smtp_url: str | None = None
    """A mail relay; without one, mails go to the mailbox in the browser."""
    public_url: str | None = None
    """The address in mails, where people reach this machine under another one than its own."""
    secret: str | None = None
    staff_token: str | None = None


def kept_secret(path: Path) -> tuple[str, bool]:
    """The secret in a file that only its owner reads, and whether it was made just now."""
    try:
        return path.read_text().strip(), False
    except FileNotFoundError:
        pass
    made = secrets.token_urlsafe(32)
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(made + "\n")
    new.replace(path)
    return made, True
