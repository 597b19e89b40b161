"""The mailbox as a process of its own, for trying out an installation in containers."""

import socket

from deploy.mailbox.pages import mailbox_routes
from deploy.mailbox.smtp import running_smtp
from deploy.mailbox.store import MailStore
from deploy.serving import serve
from deploy.settings import MailboxSettings, explained_settings
from shared.observability import configure_logging
from shared.text.catalogues import Translations
from shared.web.application import make_application


class _AlwaysReady:
    async def check(self) -> dict[str, str]:
        return {"mailbox": "ok"}


async def serve_mailbox(host: str, listening: socket.socket) -> None:
    configure_logging("json", "info")
    with explained_settings():
        settings = MailboxSettings()
    store = MailStore(settings.data / "mailbox.sqlite3")
    try:
        app = make_application("mailbox", "Bústia de proves", [mailbox_routes(store)], Translations(), _AlwaysReady())
        async with running_smtp(store, host, settings.mailbox_port):
            await serve(app, listening)
    finally:
        store.close()
