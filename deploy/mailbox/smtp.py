"""The mailbox's SMTP server: it accepts every mail and answers 250 when the mail is on disk."""

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.mailbox.store import MailStore

MAX_BYTES = 10_000_000
log = structlog.get_logger()


class _Keeper:
    """aiosmtpd's handler."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        recipients = [recipient.lower() for recipient in envelope.rcpt_tos]
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        try:
            await asyncio.to_thread(self._store.add, recipients, raw)
        except Exception:  # whatever failed, the sender must learn that the mail was not kept
            log.exception("mail not kept", action="mail_not_kept")
            return "451 4.3.0 Not kept, try again"
        return "250 2.0.0 Kept"


@asynccontextmanager
async def running_smtp(store: MailStore, host: str, port: int) -> AsyncIterator[int]:
    """Take mails until the block ends. Yields the port, which the system chooses for 0."""
    protocol = functools.partial(
        SMTP,
        _Keeper(store),
        data_size_limit=MAX_BYTES,
        enable_SMTPUTF8=True,
        hostname="mailbox",
        ident="Dijous mailbox",
        loop=asyncio.get_running_loop(),
    )
    server = await asyncio.get_running_loop().create_server(protocol, host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
