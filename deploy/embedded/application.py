"""The application process of the single-machine run: the four services and the mailbox behind one address.

It is a child of the supervisor, which passes the listening socket, and the settings in the environment.
"""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import click
import uvloop
from fastapi.params import Depends

from deploy.composition import compose, start_logs
from deploy.embedded.first_run import keep_first_run_link
from deploy.embedded.gateway import make_gateway
from deploy.embedded.streams import maintained_streams
from deploy.import_tuning import import_tuning
from deploy.mailbox.pages import mailbox_routes
from deploy.mailbox.smtp import running_smtp
from deploy.mailbox.store import MailStore
from deploy.routes import SERVICES
from deploy.serving import serve
from deploy.settings import EXIT_BROKEN_SETTING, BrokenSettingError
from shared.clock import clock_from
from shared.messaging.consuming import consumer_specs
from shared.messaging.office_access import OfficeAccess
from shared.settings import ServiceSettings
from shared.staff import Role
from shared.storage.contract import Store
from shared.text.catalogues import Translations
from shared.web.application import LOOPBACK_HOSTS
from shared.web.pages import Pages
from shared.web.staff_cookie import require_role


async def run_application(listening: socket.socket, data: Path) -> None:
    """Serve until SIGTERM."""
    async with AsyncExitStack() as stack:
        mails = None
        if "DIJOUS_SMTP_URL" not in os.environ:
            mails, port = await stack.enter_async_context(_running_mailbox(data))
            os.environ["DIJOUS_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
        with import_tuning():
            services = [compose(name) for name in SERVICES]
        specs = [spec for service in services for spec in consumer_specs(service.events)]
        pages = _page_frame(services[SERVICES.index("notifications")].store)
        extra = [mailbox_routes(mails, guards=_mailbox_guards(pages))] if mails else []
        gateway = make_gateway(services, extra, pages)
        await stack.enter_async_context(maintained_streams(os.environ["DIJOUS_NATS_URL"], specs))
        await stack.enter_async_context(enter_all([service.running() for service in services]))
        registration = services[SERVICES.index("registration")]
        await keep_first_run_link(registration.store, os.environ["DIJOUS_PUBLIC_URL"], data)
        await serve(gateway, listening)


def _page_frame(store: Store) -> Pages:
    """The frame of the installation's own pages; `store` knows the people of the office."""
    settings = ServiceSettings()
    clock = clock_from(settings.clock_offset_file)
    return Pages(settings, Translations(), clock=clock, access=OfficeAccess(store))


def _mailbox_guards(pages: Pages) -> list[Depends]:
    """On this machine alone the mailbox is open, as whoever tries it out is its only user; else for administrators."""
    return [] if pages.host in LOOPBACK_HOSTS else [Depends(require_role(pages.office, Role.ADMIN))]


@asynccontextmanager
async def _running_mailbox(data: Path) -> AsyncIterator[tuple[MailStore, int]]:
    store = MailStore(data / "mailbox.sqlite3")
    try:
        async with running_smtp(store, "127.0.0.1", 0) as port:
            yield store, port
    finally:
        store.close()


@asynccontextmanager
async def enter_all(contexts: Sequence[AbstractAsyncContextManager[None]]) -> AsyncIterator[None]:
    """Enter all contexts concurrently and leave them concurrently.

    Raises ExceptionGroup if some cannot be entered; the others have been left again.
    """
    leave = asyncio.Event()
    entered = [asyncio.Event() for _ in contexts]

    async def live(context: AbstractAsyncContextManager[None], is_entered: asyncio.Event) -> None:
        async with context:
            is_entered.set()
            await leave.wait()

    async with asyncio.TaskGroup() as group:
        for context, is_entered in zip(contexts, entered, strict=True):
            group.create_task(live(context, is_entered))
        try:
            for is_entered in entered:
                await is_entered.wait()
            yield
        finally:
            leave.set()


def main(descriptor: str, data: str) -> None:
    """The program: `descriptor` is the listening socket's file number."""
    try:
        start_logs()
        uvloop.run(run_application(socket.socket(fileno=int(descriptor)), Path(data)))
    except BrokenSettingError as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_BROKEN_SETTING)
