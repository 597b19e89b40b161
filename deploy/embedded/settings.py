"""Settings of the single-machine run, and its two secrets, made once."""

import secrets
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class EmbeddedSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="DIJOUS_", env_ignore_empty=True, frozen=True, extra="ignore")

    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """0: a free one."""
    data: Path = Path("var")
    store_url: str | None = None
    """None: SQLite files in the data folder."""
    nats_url: str | None = None
    """None: a broker started here."""
    smtp_url: str | None = None
    """None: the mailbox in the browser."""
    public_url: str | None = None
    """The address in mails. None: this machine's own."""
    secret: str | None = None
    staff_token: str | None = None


def kept_secret(path: Path) -> tuple[str, bool]:
    """The secret in the file, which only its owner can read, and whether it is new."""
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
