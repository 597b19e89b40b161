"""The settings of notifications, from the environment."""

from typing import Annotated

from pydantic import Field, SecretStr, field_validator

from services.notifications.transport.relay import SmtpRelay, parse_smtp_url
from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Settings of the notifications service. The defaults suit a relay of one's own.

    For Exchange Online (SMTP AUTH client submission) set `DIJOUS_SMTP_CONNECTIONS=3`, `DIJOUS_SMTP_PER_MINUTE=30` and
    `DIJOUS_SMTP_PER_DAY=10000`: the figures of its documented sending limits.
    """

    smtp_url: SecretStr = SecretStr("smtp://127.0.0.1:1025")
    """The relay: `smtp://`, `smtp+starttls://` or `smtps://`, then `[user:password@]host[:port]`; for XOAUTH2
    `user@host?token_file=/path` with a file that holds the access token."""
    smtp_connections: Annotated[int, Field(ge=1, le=64)] = 4
    """Connections to the relay at the same time."""
    smtp_per_minute: Annotated[int, Field(ge=0)] = 0
    """Mails a minute at the most; 0 for no limit."""
    smtp_per_day: Annotated[int, Field(ge=0)] = 0
    """Mails a day at the most; 0 for no limit."""
    answers_per_hour: Annotated[int, Field(ge=0)] = 20
    """Confirmations and other direct answers to one address in any hour. More are skipped, so that the forms cannot
    fill anybody's mailbox. 0 for no limit."""
    send_page: Annotated[int, Field(ge=1, le=5000)] = 500
    """Deliveries that the sender reads at a time."""
    send_lease_seconds: Annotated[float, Field(ge=5)] = 20
    """One process sends at a time and renews its lease. If it crashes, another takes over after this time."""
    fanout_page: Annotated[int, Field(ge=1, le=10_000)] = 1000
    """Recipients of a fan-out whose deliveries are stored at a time."""
    survey_part_size: Annotated[int, Field(ge=100, le=2000)] = 200
    """The least links in a part of a survey, if it has as many: each part is an anonymity set."""

    @field_validator("smtp_url")
    @classmethod
    def _smtp_url_names_a_server(cls, value: SecretStr) -> SecretStr:
        parse_smtp_url(value.get_secret_value())
        return value

    @property
    def smtp_relay(self) -> SmtpRelay:
        return parse_smtp_url(self.smtp_url.get_secret_value())
