"""The process of the tests' SMTP server: aiosmtpd with a ledger that is fsynced before a mail is acknowledged.

It answers as the rules file says, which may change at any time.
"""

import argparse
import asyncio
import base64
import json
import os
import ssl
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Handler:
    """Writes what is accepted into the ledger, refuses what the rules say."""

    def __init__(self, ledger: Path, rules: Path, *, pipelining: bool) -> None:
        self._ledger = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._rules = rules
        self._pipelining = pipelining

    async def handle_EHLO(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [responses[0], *(["250-PIPELINING"] if self._pipelining else []), *responses[1:]]

    async def handle_MAIL(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := await self._rule(server, "MAIL", [address]):
            return refusal
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := await self._rule(server, "RCPT", [address]):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        if refusal := await self._rule(server, "DATA", envelope.rcpt_tos):
            return refusal
        assert isinstance(envelope.content, bytes)
        entry = {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "tls": server.transport.get_extra_info("sslcontext") is not None,
            "user": session.auth_data.decode() if isinstance(session.auth_data, bytes) else "",
            "raw": base64.b64encode(envelope.content).decode(),
        }
        os.write(self._ledger, json.dumps(entry).encode() + b"\n")
        os.fsync(self._ledger)
        return await self._rule(server, "ACCEPTED", envelope.rcpt_tos) or "250 2.0.0 OK"

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802  aiosmtpd's name
        user, token = base64.b64decode(args[1]).decode().split("\x01")[:2]
        return AuthResult(success=token == "auth=Bearer the-token", auth_data=user.removeprefix("user=").encode())

    async def _rule(self, server: SMTP, stage: str, addresses: list[str]) -> str:
        """The reply that the rules give for the stage and these addresses; empty for none."""
        for rule in json.loads(self._rules.read_text()):
            if rule["stage"] == stage and rule["address"] in ("*", *addresses):
                await asyncio.sleep(rule["delay"])
                if rule["reply"] == "drop":
                    server.transport.abort()
                return str(rule["reply"])
        return ""


def _authenticator(user: str, password: str) -> Any:
    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        known = isinstance(data, LoginPassword) and data == LoginPassword(user.encode(), password.encode())
        return AuthResult(success=known, auth_data=user.encode())

    return check


async def serve(options: argparse.Namespace) -> None:
    """Serve until the process is ended."""
    handler = Handler(options.ledger, options.rules, pipelining=options.pipelining)
    tls = None
    if options.certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(options.certificate)
    security: dict[str, Any] = {}
    if options.user:
        security = {"authenticator": _authenticator(options.user, options.password), "auth_required": True}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="smtp.test", tls_context=tls, require_starttls=bool(tls), loop=loop, **security),
        "127.0.0.1",
        options.port,
    )
    await server.serve_forever()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--rules", type=Path, required=True)
    parser.add_argument("--pipelining", action="store_true")
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
