"""Settings that every service reads from the environment (prefix `DIJOUS_`), validated once at start."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

B64TOKEN = r"[A-Za-z0-9._~+/-]+=*"
"""A token in a header: `b64token` of RFC 6750 section 2.1."""
NO_B64TOKEN = "may hold letters without accents, digits and - . _ ~ + / alone"
MAIL_ADDRESS = r"[^@\s<>]+@[^@\s<>]+"
A_MAIL_ADDRESS = "a bare address such as oficina@dijous.example"


def broker_servers(nats_url: str) -> list[str]:
    """The addresses in `nats_url`, which may name several servers of one broker, separated by commas."""
    return nats_url.split(",")


def shaped(pattern: str, shape: str) -> AfterValidator:
    """Require a full match of the pattern; `shape` describes it in the error."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"must be {shape}")
        return text

    return AfterValidator(check)


class ServiceSettings(BaseSettings):
    """What all four services need. Each service adds its own in its `settings.py`."""

    # An error at start names the setting and not its value, which may be a secret.
    model_config = SettingsConfigDict(env_prefix="DIJOUS_", frozen=True, extra="ignore", hide_input_in_errors=True)

    store_url: str = "sqlite:///./var"
    """`sqlite:///folder` (one file per service) or `mongodb://…` (one database per service)."""
    mongo_driver: Literal["motor", "pymongo"] = "motor"
    """The client for MongoDB; docs/decisions/0002 says why there are two."""
    nats_url: Annotated[str, shaped(r"(nats|tls|ws|wss)://\S+", "an address such as nats://127.0.0.1:4222")] = (
        "nats://127.0.0.1:4222"
    )
    public_url: Annotated[
        str,
        shaped(r"[\x00-\x7f]*", "in ASCII: a host with accents as xn--…, a path percent-encoded"),
        shaped(r"https?://[^/?#\s]+(/[^?#\s]*)?", "an address such as https://dijous.example, without ? and #"),
    ] = "http://127.0.0.1:8080"
    """The address under which people reach the installation; links in mails begin with it."""
    site_name: Annotated[str, Field(min_length=1, max_length=80)] = "Dijous"
    """What the pages call the installation."""
    secret: Annotated[SecretStr, Field(min_length=32)]
    """Signs personal links and keys identifiers. The same in all services; never change it while links are in use."""
    staff_token: Annotated[SecretStr, Field(min_length=16)]
    office_idle_minutes: Annotated[int, Field(ge=1)] = 60
    """Somebody of the office who opens no page for so long has to sign in again."""
    mail_from: Annotated[str, shaped(MAIL_ADDRESS, A_MAIL_ADDRESS)] = "dijous@localhost"
    """The bare sender address of mails; the display name is the programme's."""
    message_id_domain: Annotated[str, shaped(r"[a-z0-9.-]*", "a domain in small letters, such as dijous.example")] = ""
    """The domain of Message-IDs and of calendar entries' UIDs; empty for that of `mail_from`. Never change it while
    calendars hold entries: another UID is another entry."""
    keep_followers_days: Annotated[int, Field(ge=1)] = 90
    """Days from a proposal's answer or decline until its followers' addresses are erased."""
    keep_waiting_followers_days: Annotated[int, Field(ge=1)] = 365
    """Days without news of a proposal until its followers' addresses are erased."""
    compact_seconds: Annotated[float, Field(gt=0)] = 6 * 3600
    """How often the store is compacted. One that is busy is tried again the next time, so nothing that was erased is
    in its files after a day."""
    inventory_seconds: Annotated[float, Field(gt=0)] = 30
    """How often the reconcile sweep lists what the service announced."""
    clock_offset_file: Path | None = None
    """Shifts the clock by the seconds in that file: for demonstrations and tests only."""
    log_format: Literal["json", "pretty"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("staff_token")
    @classmethod
    def _goes_into_a_header(cls, token: SecretStr) -> SecretStr:
        if not re.fullmatch(B64TOKEN, token.get_secret_value()):
            raise ValueError(NO_B64TOKEN)
        return token

    @property
    def mail_domain(self) -> str:
        """The domain of Message-IDs and UIDs; this installation also names it to the mail relay."""
        return self.message_id_domain or self.mail_from.rpartition("@")[2]
