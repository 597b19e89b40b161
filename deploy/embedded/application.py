"""The application process of the single-machine run: the four services and the mailbox behind one address.

A child of the supervisor, which gives it the listening socket and, in the environment, its settings.
"""

import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import click
import uvloop
from fastapi import APIRouter

from deploy.composition import compose, start_logs
from deploy.embedded.first_run import keep_first_run_link
from deploy.embedded.gateway import make_gateway
from deploy.embedded.streams import kept_topology
from deploy.embedded.together import together
from deploy.mailbox.pages import mailbox_routes
from deploy.mailbox.smtp import running_smtp
from deploy.mailbox.store import MailStore
from deploy.routes import SERVICES
from deploy.serving import serve
from deploy.settings import EXIT_BROKEN_SETTING, BrokenSettingError
from deploy.starting import being_read
from shared.clock import clock_from
from shared.messaging.consuming import consumer_specs
from shared.settings import ServiceSettings
from shared.text.catalogues import Words
from shared.web.pages import Pages


async def run_application(listening: socket.socket, data: Path) -> None:
    """Serve until SIGTERM."""
    async with AsyncExitStack() as stack:
        extra: list[APIRouter] = []
        if "DIJOUS_SMTP_URL" not in os.environ:
            mailbox, port = await stack.enter_async_context(_running_mailbox(data))
            os.environ["DIJOUS_SMTP_URL"] = f"smtp://127.0.0.1:{port}"
            extra.append(mailbox)
        with being_read():
            services = [compose(name) for name in SERVICES]
        specs = [spec for service in services for spec in consumer_specs(service.events)]
        gateway = make_gateway(services, extra, _frame())
        await stack.enter_async_context(kept_topology(os.environ["DIJOUS_NATS_URL"], specs))
        await stack.enter_async_context(together([service.running() for service in services]))
        registration = services[SERVICES.index("registration")]
        await keep_first_run_link(registration.store, os.environ["DIJOUS_PUBLIC_URL"], data)
        await serve(gateway, listening)


def _frame() -> Pages:
    """The frame of all pages, without those of a service."""
    settings = ServiceSettings()
    return Pages(settings, Words(), clock=clock_from(settings.clock_offset_file))


@asynccontextmanager
async def _running_mailbox(data: Path) -> AsyncIterator[tuple[APIRouter, int]]:
    store = MailStore(data / "mailbox.sqlite3")
    try:
        async with running_smtp(store, "127.0.0.1", 0) as port:
            yield mailbox_routes(store), port
    finally:
        store.close()


def main(descriptor: str, data: str) -> None:
    """The program: `descriptor` is the listening socket's file number."""
    try:
        start_logs()
        uvloop.run(run_application(socket.socket(fileno=int(descriptor)), Path(data)))
    except BrokenSettingError as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_BROKEN_SETTING)
