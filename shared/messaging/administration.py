"""A short connection to the broker for a command; it fails at once if the broker is away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
import nats.errors
from nats.aio.client import Client as NatsClient
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from shared.settings import broker_servers


@asynccontextmanager
async def administering(url: str) -> AsyncIterator[JetStreamContext]:
    """The broker's JetStream within the block. `url` may name several servers, separated by commas.

    Raises nats.errors.Error if no server answers or all refuse us, for instance for a wrong password.
    """
    connection = await _connect(broker_servers(url))
    try:
        yield connection.jetstream()
    finally:
        await connection.close()


async def stored_messages(js: JetStreamContext, stream: str, subject: str = ">") -> AsyncIterator[RawStreamMsg]:
    """The stream's messages of a subject, oldest first, read without a consumer."""
    state = (await js.stream_info(stream)).state
    sequence = state.first_seq
    while state.messages and sequence <= state.last_seq:
        try:
            message = await js.get_msg(stream, seq=sequence, next=True, subject=subject)
        except NotFoundError:
            return
        assert message.seq is not None
        sequence = message.seq + 1
        yield message


async def _connect(servers: list[str]) -> NatsClient:
    failures: list[Exception] = []

    async def note(failure: Exception) -> None:  # the client's default would log each with its traceback
        failures.append(failure)

    try:
        return await nats.connect(
            servers,
            name="dijous-administration",
            # Two tries for each server; without a limit the client goes on for two minutes.
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            error_cb=note,
        )
    except nats.errors.NoServersError as error:  # also raised if a server answers and refuses us
        raise next((failure for failure in failures if isinstance(failure, nats.errors.Error)), error) from None
