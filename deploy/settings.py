"""Broken settings reported in one clear line each, instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

EXIT_BROKEN_SETTING = 2
"""The exit code of a command with broken settings: trying again changes nothing."""


class ServingSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="DIJOUS_", frozen=True, extra="ignore")

    trusted_proxy: str = ""
    """Addresses or networks of the reverse proxies to trust for X-Forwarded-For, such as `10.0.0.0/8`, separated by
    commas. Empty: the client is the peer of the connection."""

    public_url: str = "http://127.0.0.1:8080"

    @property
    def trusted_proxies(self) -> list[str]:
        proxies = filter(None, map(str.strip, self.trusted_proxy.split(",")))
        return [str(ip_network(proxy, strict=False)) for proxy in proxies]

    @field_validator("trusted_proxy")
    @classmethod
    def _are_networks(cls, proxies: str) -> str:
        """Check here: with a mistyped network all requests would count as one client's, the proxy's."""
        for proxy in filter(None, proxies.split(",")):
            try:
                ip_network(proxy.strip(), strict=False)
            except ValueError:
                raise ValueError(f"{proxy.strip()!r} is no address or network such as 10.0.0.0/8") from None
        return proxies


class MailboxSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="DIJOUS_", frozen=True, extra="ignore")

    data: Path = Path("var")
    mailbox_port: Annotated[int, Field(ge=0, le=65535)] = 1025
    """SMTP without password or encryption: it belongs on a network of its own."""


class BrokenSettingError(Exception):
    """Settings that do not work; the message has one line for each, its variable first."""


@contextmanager
def explained_settings() -> Iterator[None]:
    """Turn pydantic's errors into a BrokenSettingError with lines for the person who set the variables."""
    try:
        yield
    except ValidationError as error:
        raise BrokenSettingError("\n".join(_line(item) for item in error.errors())) from error


def _said(error: ErrorDetails) -> str:
    if error["type"] == "too_short":  # a secret, which pydantic calls a list
        return f"must have at least {error['ctx']['min_length']} characters"
    return error["msg"].removeprefix("Value error, ")


def _line(error: ErrorDetails) -> str:
    """Never repeat the value: it may be a secret."""
    variable = "DIJOUS_" + "_".join(str(part) for part in error["loc"]).upper()
    what = "is not set" if error["type"] == "missing" else _said(error)
    return f"{variable}: {what[0].lower()}{what[1:]}"
