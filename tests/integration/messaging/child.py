"""A service in a process of its own that a test may kill: `consume <url> <ledger>` or `relay <url> <database>`."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from faststream.nats import NatsRouter

from shared.clock import system_clock
from shared.events.registration import SessionEnded
from shared.messaging.broker import make_broker
from shared.messaging.consuming import consumes
from shared.messaging.outbox import OutboxRelay
from shared.storage.sqlite import SqliteStore

DEADLY = "deadly"


async def consume(url: str, ledger: Path) -> None:
    """Write the id of every ended session into the ledger; the deadly one kills the process."""
    router = NatsRouter()

    @consumes(router, SessionEnded, by="feedback")
    async def on_session_ended(event: SessionEnded) -> None:
        if event.session_id == DEADLY:
            os.kill(os.getpid(), signal.SIGKILL)
        with ledger.open("a") as file:
            file.write(event.session_id + "\n")

    broker = make_broker(url, service="feedback")
    broker.include_router(router)
    await broker.start()
    await asyncio.Event().wait()


async def relay(url: str, database: Path) -> None:
    """Publish what waits in the outboxes of the database."""
    broker = make_broker(url, service="registration")
    await broker.start()
    store = SqliteStore(database)
    await OutboxRelay(store, broker, service="registration", collections=["sessions"], clock=system_clock).run()


if __name__ == "__main__":
    asyncio.run({"consume": consume, "relay": relay}[sys.argv[1]](sys.argv[2], Path(sys.argv[3])))
