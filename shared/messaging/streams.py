"""The broker's streams and durable consumers, created and updated by one idempotent step.

Services never create them: an existing durable would silently keep its old settings, and no service may delete a
stream.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, StorageType, StreamConfig, StreamInfo
from nats.js.errors import NotFoundError

from shared.events import Stream
from shared.messaging.administration import administering
from shared.messaging.consuming import ConsumerSpec
from shared.messaging.dead_letters import ADVISORIES, DEADLETTERS, MAX_DELIVERIES_SUBJECT, TERMINATED_SUBJECT
from shared.messaging.subscriber import ACK_WAIT_SECONDS

C = TypeVar("C", StreamConfig, ConsumerConfig)
Put = Callable[[C], Awaitable[object]]

KEYS = "DIJOUS_KEYS"
MAX_DELIVERIES = 12
"""More than `MAX_TRIES` of a failing handler: only a message that kills its process gets that far."""
MAX_UNSETTLED = 10_000
"""How many messages of a consumer may wait for a retry before the broker holds back new ones."""
DUPLICATE_WINDOW = timedelta(minutes=10)
SERVICES_OWN = "dijous"
"""Metadata `owner` of our consumers; others are never removed."""


@dataclass(frozen=True, slots=True)
class StreamSpec:
    name: str
    subjects: tuple[str, ...]
    keep: timedelta
    """0: until deleted."""
    description: str


STREAMS = (
    StreamSpec(
        Stream.EVENTS,
        tuple(
            f"evt.{domain}.>"
            for domain in (
                *("programmes", "sessions", "surveys", "proposals", "office", "entities"),
                *("offers", "petitions", "memberships"),
            )
        ),
        timedelta(days=365),
        "Events without personal data, for integrators too",
    ),
    StreamSpec(
        Stream.PEOPLE, ("evt.people.>",), timedelta(days=30), "Events with a person's contact, for named readers"
    ),
    StreamSpec(Stream.SYNC, ("evt.sync.>",), timedelta(days=1), "Talk among the services, of no use to others"),
    StreamSpec(DEADLETTERS, ("dlq.>",), timedelta(days=30), "Messages that could not be handled"),
    StreamSpec(
        ADVISORIES,
        # A wildcard stands for a whole token, so each stream is named.
        tuple(f"{kind}.{name}.>" for kind in (MAX_DELIVERIES_SUBJECT, TERMINATED_SUBJECT) for name in Stream),
        timedelta(days=30),
        "The broker's word on messages that were never settled",
    ),
    StreamSpec(KEYS, ("keys.>",), timedelta(0), "Keys of open surveys, for feedback alone; never back it up"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change by `apply_streams`; `action` is created, updated or removed."""

    action: str
    what: str
    details: str = ""

    def __str__(self) -> str:
        return f"{self.action} {self.what}" + (f": {self.details}" if self.details else "")


@dataclass(frozen=True, slots=True)
class ConsumerRow:
    """State of one consumer; None if the broker lacks it."""

    name: str
    pending: int | None
    unsettled: int | None
    redelivered: int | None


@dataclass(frozen=True, slots=True)
class StreamRow:
    """State of one stream; None if the broker lacks it."""

    name: str
    messages: int | None
    size: int | None
    consumers: tuple[ConsumerRow, ...]


async def apply_streams(url: str, specs: Sequence[ConsumerSpec], *, replicas: int = 1) -> list[Change]:
    """Create what is missing, update what differs, remove our consumers that no service uses; list the changes.

    Raises nats.errors.Error if the broker cannot be reached or refuses a change.
    """
    async with administering(url) as js:
        changes: list[Change] = []
        for stream in STREAMS:
            config, found = _stream_config(stream, replicas), js.stream_info(stream.name)
            changes += await _apply(f"stream {stream.name}", config, found, js.add_stream, js.update_stream)
        for spec in specs:
            put = partial(js.add_consumer, spec.stream)  # also updates
            info = js.consumer_info(spec.stream, spec.durable)
            changes += await _apply(f"consumer {spec.durable}", _consumer_config(spec), info, put, put)
        return changes + await _remove_unused(js, specs)


async def _apply(what: str, wanted: C, info: Awaitable[Any], add: Put[C], update: Put[C]) -> list[Change]:
    try:
        found = (await info).config
    except NotFoundError:
        await add(wanted)
        return [Change("created", what)]
    differences = _differences(wanted.as_dict(), found.as_dict())
    if not differences:
        return []
    await update(wanted)
    return [Change("updated", what, differences)]


async def _remove_unused(js: JetStreamContext, specs: Sequence[ConsumerSpec]) -> list[Change]:
    known = {(spec.stream, spec.durable) for spec in specs}
    changes = []
    for stream in STREAMS:
        for info in await js.consumers_info(stream.name):
            ours = (info.config.metadata or {}).get("owner") == SERVICES_OWN
            if ours and (stream.name, info.name) not in known:
                await js.delete_consumer(stream.name, info.name)
                changes.append(Change("removed", f"consumer {info.name}"))
    return changes


def _stream_config(spec: StreamSpec, replicas: int) -> StreamConfig:
    return StreamConfig(
        name=spec.name,
        description=spec.description,
        subjects=list(spec.subjects),
        storage=StorageType.FILE,
        max_age=spec.keep.total_seconds(),
        duplicate_window=DUPLICATE_WINDOW.total_seconds(),
        num_replicas=replicas,
        allow_direct=True,
        # Inventories vanish sooner than the rest of their stream.
        allow_msg_ttl=spec.name == Stream.SYNC,
    )


def _consumer_config(spec: ConsumerSpec) -> ConsumerConfig:
    return ConsumerConfig(
        name=spec.durable,
        durable_name=spec.durable,
        description=f"{spec.service} handles {spec.event.__name__}",
        filter_subject=spec.event.subject_filter(),
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_SECONDS,
        max_deliver=MAX_DELIVERIES,
        max_ack_pending=MAX_UNSETTLED,
        metadata={"owner": SERVICES_OWN, "service": spec.service},
    )


def _differences(wanted: dict[str, Any], found: dict[str, Any]) -> str:
    """The settings that we set and that differ at the broker."""

    def brief(value: Any) -> str:
        return str(value) if value is not None else "unset"

    return ", ".join(
        f"{key} {brief(found.get(key))} -> {brief(value)}"
        for key, value in wanted.items()
        if value is not None and not _same(value, found.get(key))
    )


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, dict):
        # The broker adds metadata of its own.
        return isinstance(found, dict) and wanted.items() <= found.items()
    return bool(wanted == found) or (not wanted and not found)


async def show_streams(url: str, specs: Sequence[ConsumerSpec]) -> list[StreamRow]:
    """State of all streams and of these consumers. Raises nats.errors.Error if the broker cannot be reached."""
    async with administering(url) as js:
        return [await _stream_row(js, stream, specs) for stream in STREAMS]


async def _stream_row(js: JetStreamContext, stream: StreamSpec, specs: Sequence[ConsumerSpec]) -> StreamRow:
    try:
        info: StreamInfo = await js.stream_info(stream.name)
    except NotFoundError:
        return StreamRow(stream.name, None, None, ())
    rows = [await _consumer_row(js, spec) for spec in specs if spec.stream == stream.name]
    return StreamRow(stream.name, info.state.messages, info.state.bytes, tuple(rows))


async def _consumer_row(js: JetStreamContext, spec: ConsumerSpec) -> ConsumerRow:
    try:
        info: ConsumerInfo = await js.consumer_info(spec.stream, spec.durable)
    except NotFoundError:
        return ConsumerRow(spec.durable, None, None, None)
    return ConsumerRow(spec.durable, info.num_pending, info.num_ack_pending, info.num_redelivered)
