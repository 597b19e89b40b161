"""A durable pull subscriber that loses nothing, never spins and settles every message itself."""

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import nats.errors
import structlog
from faststream.nats.subscriber.usecases import PullStreamSubscriber
from nats.aio.msg import Msg

from shared.events import Event
from shared.faults import failpoint
from shared.messaging.dead_letters import keep_dead_letter
from shared.messaging.retrying import dead_letter_reason, delay_after
from shared.storage.contract import StoreError

log = structlog.get_logger(__name__)

FETCH_SECONDS = 5.0
"""How long a request for the next message waits at the broker; also the delay if a restarting broker forgets it. With
less, a hundred workers that ask again would be most of what an idle installation takes of a processor."""
ACK_WAIT_SECONDS = 10.0
"""The broker delivers a message again after this time without an acknowledgement or a sign of progress."""
PROGRESS_SECONDS = 3.0
"""How often a running handler tells the broker that it is still at work."""
HANDLER_SECONDS = 600.0
"""A handler that runs longer hangs: it is cancelled and tried again later."""
MISSING_PAUSE_SECONDS = 1.0
"""Pause before the next request to a broker that lacks the consumer."""
STORE_PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Pauses within one delivery while the store does not answer, so that an outage does not use up the tries."""


class DurableSubscriber(PullStreamSubscriber):
    """Each worker pulls one message at a time from an existing durable consumer.

    It overrides two methods, because the framework's own loop creates a missing consumer with default settings, spins
    when the consumer vanishes, and takes more messages than it has workers.
    """

    __slots__ = ()

    event: type[Event]
    service: str
    durable: str
    workers: int
    trouble: str
    """Why the subscriber cannot pull now; empty if it can."""

    async def _create_subscription(self) -> None:
        if self.subscription:
            return
        self.trouble = ""
        self.subscription = await self.jetstream.pull_subscribe_bind(
            durable=self.durable, stream=self.event.event_stream
        )
        for _ in range(self.workers):
            self.add_task(self._pull)

    @property
    def alive(self) -> bool:
        return len([task for task in self.tasks if not task.done()]) >= self.workers

    async def _pull(self) -> None:
        while self.running:
            if message := await self._next():
                await self.consume(message)

    async def _next(self) -> Msg | None:
        """The next message; None if none came in time or the broker lacks the consumer."""
        assert self.subscription
        try:
            [message] = await self.subscription.fetch(batch=1, timeout=FETCH_SECONDS)
        except TimeoutError:
            self._recovered()
            return None
        except nats.errors.Error as error:
            await self._pause(error)
            return None
        self._recovered()
        return message

    async def _pause(self, error: nats.errors.Error) -> None:
        if not self.trouble:
            log.warning("consumer not available", action="consumer_missing", consumer=self.durable)
        self.trouble = str(error) or type(error).__name__
        await asyncio.sleep(MISSING_PAUSE_SECONDS)

    def _recovered(self) -> None:
        if self.trouble:
            log.info("consumer available again", action="consumer_back", consumer=self.durable)
        self.trouble = ""

    async def consume(self, msg: Msg) -> Any:
        """Handle one message and settle it: acknowledged, tried again later, or a dead letter."""
        if not self.running:
            # Fetched while stopping: another replica gets it at once instead of after the ack wait.
            await msg.nak()
            return
        headers = msg.headers or {}
        with structlog.contextvars.bound_contextvars(
            correlation_id=headers.get("correlation_id") or headers.get("ce-id", ""), consumer=self.durable
        ):
            try:
                await self._settle(msg)
            except (nats.errors.Error, TimeoutError) as error:
                # The broker delivers the message again after the ack wait: handlers are idempotent.
                log.warning("message not settled", action="settle_failed", error=type(error).__name__)

    async def _settle(self, msg: Msg) -> None:
        failpoint("on-receive")
        try:
            async with _progress(msg), asyncio.timeout(HANDLER_SECONDS):
                await self._handle(msg)
        except asyncio.CancelledError:
            # Stopping waits no longer: another replica gets it at once instead of after the ack wait.
            await msg.nak()
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises decides the message's fate here
            await self._failed(msg, error)
            return
        failpoint("after-handle")
        await msg.ack()
        failpoint("after-ack")

    async def _handle(self, msg: Msg) -> None:
        for pause in STORE_PAUSES_SECONDS:
            try:
                await self.process_message(msg)
            except StoreError as error:
                log.warning(
                    "store does not answer", action="store_awaited", error=type(error).__name__, cause=str(error)
                )
                await asyncio.sleep(pause)
            else:
                return
        await self.process_message(msg)

    async def _failed(self, msg: Msg, error: Exception) -> None:
        tries = msg.metadata.num_delivered
        reason = dead_letter_reason(error, tries)
        log.warning(
            "message not handled",
            action="message_failed",
            error=type(error).__name__,
            where=_where(error),
            tries=tries,
            dead_letter=bool(reason),
            stream=msg.metadata.stream,
            sequence=msg.metadata.sequence.stream,
        )
        if reason:
            with suppress(nats.errors.Error, TimeoutError):  # it may not have been kept: the message must come again
                await keep_dead_letter(self.jetstream, msg, service=self.service, error=error, reason=reason)
                return
        await msg.nak(delay=delay_after(tries))


@asynccontextmanager
async def _progress(msg: Msg) -> AsyncIterator[None]:
    async def tell() -> None:
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            await msg.in_progress()

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()


def _where(error: Exception) -> str:
    """File, line and function of the last two frames. The error's text may quote a person and stays out of the log."""
    frames = traceback.extract_tb(error.__traceback__)[-2:]
    return " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
