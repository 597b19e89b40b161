"""The mailbox as a process of its own, for trying out an installation in containers."""

import socket
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.mailbox.pages import mailbox_routes
from deploy.mailbox.smtp import running_smtp
from deploy.mailbox.store import MailStore
from deploy.serving import serve
from deploy.settings import explained_settings
from shared.observability import configure_logging
from shared.text.catalogues import Translations
from shared.web.application import make_application


class MailboxSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="DIJOUS_", frozen=True, extra="ignore")

    data: Path = Path("var")
    mailbox_port: Annotated[int, Field(ge=0, le=65535)] = 1025
    """SMTP without password or encryption: it belongs on a network of its own."""


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
