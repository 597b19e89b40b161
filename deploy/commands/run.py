"""`dijous run`: one service as a process of its own."""

import socket
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import click

from deploy.import_tuning import import_tuning
from deploy.listening import listen
from deploy.routes import SERVICES
from deploy.settings import BrokenSettingError

if TYPE_CHECKING:
    from shared.service import Service


@click.command()
@click.argument("service", type=click.Choice([*SERVICES, "mailbox"]))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="The port to listen on.")
def run(service: str, host: str, port: int) -> None:
    """Run SERVICE as a process of its own until SIGTERM or Ctrl-C.

    The mailbox is for trying out: it takes every mail by SMTP (DIJOUS_MAILBOX_PORT, 1025) and shows it at /mailbox.

    \b
    Examples:
      dijous run registration --port 8001
      dijous run notifications --host 0.0.0.0 --port 8000
    \b
    It needs DIJOUS_SECRET and DIJOUS_STAFF_TOKEN, the same for all services, and reads DIJOUS_STORE_URL,
    DIJOUS_NATS_URL, DIJOUS_SMTP_URL and DIJOUS_PUBLIC_URL. `/health/live` and `/health/ready` report its state.
    """
    import uvloop

    with _bound(host, port) as listening:
        if service == "mailbox":
            from deploy.mailbox.process import serve_mailbox

            uvloop.run(serve_mailbox(host, listening))
        else:
            with import_tuning():
                from deploy.composition import compose, start_logs

                start_logs()
                composed = compose(service)
            uvloop.run(_serve(composed, listening))


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
    try:
        return listen(host, port)
    except OSError as error:
        raise BrokenSettingError(f"--host {host} --port {port}: {error.strerror}") from error
