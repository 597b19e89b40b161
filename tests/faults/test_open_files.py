"""R27: connections that only wait use up no files that mails need."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.e2e.office import Office
from tests.support.probes import eventually
from tests.support.stack import running_stack

OPEN_FILES = 128
PEOPLE = 20


@contextmanager
def idle_connections(port: int) -> Iterator[None]:
    """More connections than files, which make no request."""
    with ExitStack() as stack:
        for _ in range(3 * OPEN_FILES):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        yield


async def test_more_idle_connections_than_files_cost_nobody_their_mail(tmp_path: Path) -> None:
    async with running_stack(tmp_path) as stack:
        office = Office(stack, "files")
        await office.define_programme()
        session = await office.schedule()
        notifications = stack.services["notifications"]
        notifications.end(signal.SIGTERM)
        notifications.spawn(open_files=OPEN_FILES)
        await notifications.ready()
        people = sorted(f"p{number}@files.example" for number in range(PEOPLE))
        with idle_connections(notifications.port):
            await asyncio.gather(*(office.register(session, email) for email in people))

            def everybody_has_a_confirmation() -> None:
                assert sorted(mail.to for mail in stack.mails(kind="confirmation")) == people

            await eventually(everybody_has_a_confirmation, within=30)
            await notifications.ready()
