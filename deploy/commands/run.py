"""`dijous run`: one service as a process of its own."""

import os
import socket
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import click

from deploy.routes import SERVICES
from deploy.settings import BrokenSettingError

if TYPE_CHECKING:
    from shared.service import Service


@click.command()
@click.argument("service", type=click.Choice([*SERVICES, "mailbox"]))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="The port to listen on.")
@click.option("--core", type=click.IntRange(min=0), help="Keep the process on this core of the machine (Linux).")
def run(service: str, host: str, port: int, core: int | None) -> None:
    """Run SERVICE as a process of its own until SIGTERM or Ctrl-C.

    The mailbox is for trying out: it takes every mail by SMTP (DIJOUS_MAILBOX_PORT, 1025) and shows it at /mailbox.

    \b
    Examples:
      dijous run registration --port 8001
      dijous run notifications --host 0.0.0.0 --port 8000
    \b
    It needs DIJOUS_SECRET and DIJOUS_STAFF_TOKEN, the same for all services, and reads DIJOUS_STORE_URL,
    DIJOUS_NATS_URL, DIJOUS_SMTP_URL and DIJOUS_PUBLIC_URL. `/health/live` and `/health/ready` tell how it is.

    The threads of a service take turns, and they do it faster on one core than across two: where a core can be kept for
    notifications, `--core` makes it send a quarter more mails.
    """
    import uvloop

    if core is not None:
        _keep_on(core)
    with _bound(host, port) as listening:
        if service == "mailbox":
            from deploy.embedded.mailbox.process import serve_mailbox

            uvloop.run(serve_mailbox(host, listening))
        else:
            from deploy.composition import compose, start_logs

            start_logs()
            uvloop.run(_serve(compose(service), listening))


def _keep_on(core: int) -> None:
    try:
        os.sched_setaffinity(0, {core})
    except (AttributeError, OSError) as error:
        raise BrokenSettingError(f"--core {core}: this machine does not let the process be kept there") from error


async def _serve(service: "Service", listening: socket.socket) -> None:
    from deploy.serving import serve
    from shared.storage.contract import StoreError

    web = service.web()
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(service.running())
        except StoreError as error:
            raise BrokenSettingError(f"DIJOUS_STORE_URL: {error}") from error
        await serve(web, listening)


def _bound(host: str, port: int) -> socket.socket:
    from deploy.serving import listen

    try:
        return listen(host, port)
    except OSError as error:
        raise BrokenSettingError(f"--host {host} --port {port}: {error.strerror}") from error
