"""The SMTP relay: its address, TLS and login."""

import smtplib
import ssl
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

_ACCEPTED = (
    "the SMTP server's URL is smtp://host[:25], smtp+starttls://[user:password@]host[:587] or "
    "smtps://[user:password@]host[:465]; with user@host and ?token_file=/path the access token for XOAUTH2 is read "
    "from that file at every login"
)

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Security(StrEnum):
    """How a connection is protected, by the scheme of its URL. Certificates are always verified."""

    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


_PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


class RelayRefusesError(Exception):
    """The relay answers but refuses to serve us: the operator has to act, another try is of no use."""


@dataclass(frozen=True, slots=True, repr=False)
class SmtpRelay:
    host: str
    port: int
    security: Security = Security.NONE
    user: str = ""
    password: str = ""
    token_file: str = ""
    """Holds the OAuth 2 access token for XOAUTH2. Tokens live for about an hour, so something must renew the file."""

    def __repr__(self) -> str:
        """Without user and password."""
        return f"{self.security}://{self.host}:{self.port}"


def parse_smtp_url(url: str) -> SmtpRelay:
    """The relay that a URL names.

    Raises:
        ValueError: no accepted URL, or one that sends a password unprotected over a network. The message does not
            repeat the URL.
    """
    try:
        parts = urlsplit(url)
        security, port = Security(parts.scheme), parts.port
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        raise ValueError(_ACCEPTED) from None
    if not parts.hostname or parts.path.strip("/") or options.keys() - {"token_file"}:
        raise ValueError(_ACCEPTED)
    if parts.username and security is Security.NONE and parts.hostname not in _LOOPBACK:
        raise ValueError(f"a password is not sent unprotected: {_ACCEPTED}")
    return SmtpRelay(
        host=parts.hostname,
        port=port or _PORTS[security],
        security=security,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        token_file=options.get("token_file", [""])[0],
    )


def connect(server: SmtpRelay, helo_name: str, timeout: float) -> smtplib.SMTP:
    """A connection with TLS and login as the URL says; `timeout` in seconds for each step.

    Raises:
        RelayRefusesError: wrong credentials or certificate, or TLS or authentication are missing.
        OSError, smtplib.SMTPException: the relay cannot be reached or does not serve just now.
    """
    smtp = _greeted(server, helo_name, timeout)
    try:
        smtp.ehlo_or_helo_if_needed()
        if server.security is Security.STARTTLS:
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
        if server.user:
            _log_in(smtp, server)
    except BaseException as error:  # whatever ends the attempt, the connection must not stay open; it is raised again
        smtp.close()
        if isinstance(error, (ssl.SSLCertVerificationError, smtplib.SMTPNotSupportedError)) or _is_final(error):
            raise RelayRefusesError(error_text(error)) from error
        raise
    return smtp


def error_text(error: BaseException) -> str:
    """An error in a few words, without the server's reply, which may name a person."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    words = error.strerror if isinstance(error, OSError) else ""
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _greeted(server: SmtpRelay, helo_name: str, timeout: float) -> smtplib.SMTP:
    if server.security is not Security.TLS:
        return smtplib.SMTP(server.host, server.port, helo_name, timeout)
    try:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, helo_name, timeout=timeout, context=context)
    except ssl.SSLCertVerificationError as error:
        raise RelayRefusesError(error_text(error)) from error


def _log_in(smtp: smtplib.SMTP, server: SmtpRelay) -> None:
    if not server.token_file:
        smtp.login(server.user, server.password)
        return
    token = Path(server.token_file).read_text().strip()

    def answer(challenge: bytes | None = None) -> str:
        """The initial response, and an empty line to a challenge, which reports an error."""
        return "" if challenge else f"user={server.user}\x01auth=Bearer {token}\x01\x01"

    smtp.auth("XOAUTH2", answer)


def _is_final(error: BaseException) -> bool:
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500
