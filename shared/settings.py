"""Settings that every service reads from the environment (prefix `DIJOUS_`), validated once at start."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What all four services need. Each service adds its own in its `settings.py`."""

    # An error at start names the setting and not its value, which may be a secret.
    model_config = SettingsConfigDict(env_prefix="DIJOUS_", frozen=True, extra="ignore", hide_input_in_errors=True)

    store_url: str = "sqlite:///./var"
    """`sqlite:///folder` (one file per service) or `mongodb://…` (one database per service)."""
    mongo_driver: Literal["motor", "pymongo"] = "motor"
    """Which client speaks to MongoDB; docs/decisions/0002 says why there are two."""
    nats_url: Annotated[str, Field(pattern=r"^(nats|tls|ws|wss)://\S+$")] = "nats://127.0.0.1:4222"
    public_url: Annotated[str, Field(pattern=r"^https?://[^/\s]+(/[^\s]*)?$")] = "http://127.0.0.1:8080"
    """The address under which people reach the installation; links in mails begin with it."""
    site_name: Annotated[str, Field(min_length=1, max_length=80)] = "Dijous"
    """What the pages call the installation."""
    secret: Annotated[SecretStr, Field(min_length=32)]
    """Signs personal links and keys identifiers. The same in all services; never changed while links are out."""
    staff_token: Annotated[SecretStr, Field(min_length=16)]
    """The programme office's bearer token."""
    mail_from: Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")] = "dijous@localhost"
    """The bare address that mails come from; the display name is the programme's."""
    message_id_domain: Annotated[str, Field(pattern=r"^[a-z0-9.-]*$")] = ""
    """The domain of Message-IDs and of calendar entries' UIDs; empty for that of `mail_from`. Never changed while
    calendars hold entries: another UID is another entry."""
    keep_followers_days: Annotated[int, Field(ge=1)] = 90
    """So long after a proposal was answered or declined the addresses of who followed it are erased."""
    inventory_seconds: Annotated[float, Field(gt=0)] = 30
    """How often the reconcile sweep lists what was announced."""
    clock_offset_file: Path | None = None
    """Shifts the clock by the seconds in that file: for demonstrations and tests only."""
    log_format: Literal["json", "pretty"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def mail_domain(self) -> str:
        """The domain of Message-IDs and UIDs, by which this installation also introduces itself to the relay."""
        return self.message_id_domain or self.mail_from.rpartition("@")[2]
