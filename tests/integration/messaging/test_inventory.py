"""The reconcile sweep between an owner (registration) and a keeper (feedback), each with its store and broker."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from faststream.nats import NatsRouter
from nats.js import JetStreamContext

from shared.clock import system_clock
from shared.events.registration import SessionEnded
from shared.messaging import reconciler as sweep
from shared.messaging.broker import make_broker
from shared.messaging.consuming import ConsumerSpec, consumer_specs, consumes
from shared.messaging.outbox import OutboxRelay
from shared.messaging.reconciler import Reconciler, sweep_routes
from shared.messaging.streams import apply_streams
from shared.storage.contract import Index, Store
from shared.storage.sqlite import SqliteStore
from tests.integration.messaging.conftest import closed, session_ended
from tests.integration.messaging.relaying import document
from tests.support.nats import RunningBroker
from tests.support.probes import eventually

KIND = "registration-sessions"


class Owner:
    """Has ended sessions and tells of them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.republished: list[str] = []

    async def republish(self, session_id: str) -> None:
        current = await self.store.get("sessions", session_id)
        assert current is not None
        self.republished.append(session_id)
        again = session_ended(session_id, version=current["announced"]).envelope().model_dump(mode="json")
        await self.store.update(
            "sessions", session_id, guard={"version": current["version"]}, assign={"outbox": [again], "pending": 1}
        )


class Keeper:
    """Remembers the version of every ended session that it was told of."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}
        self.told: list[str] = []
        self.delay = 0.0

    async def lacking(self, entries: Sequence[tuple[str, int]]) -> list[str]:
        return [key for key, version in entries if self.versions.get(key, 0) < version]

    def routes(self, reconciler: Reconciler) -> NatsRouter:
        router = NatsRouter()

        @consumes(router, SessionEnded, by="feedback")
        async def on_session_ended(event: SessionEnded) -> None:
            await asyncio.sleep(self.delay)
            self.versions[event.session_id] = event.version
            self.told.append(event.session_id)

        sweep_routes(router, reconciler, by="feedback")
        return router


@asynccontextmanager
async def both(
    server: RunningBroker, owner: Owner, keeper: Keeper, keeper_store: Store
) -> AsyncIterator[list[ConsumerSpec]]:
    async with AsyncExitStack() as stack:
        owners_broker = make_broker(server.url, service="registration", on_closed=closed)
        keepers_broker = make_broker(server.url, service="feedback", on_closed=closed)
        announcing = Reconciler(owner.store, owners_broker, service="registration", every=0.5)
        announcing.announces(KIND, "sessions", {}, owner.republish)
        keeping = Reconciler(keeper_store, keepers_broker, service="feedback", every=0.5)
        keeping.keeps(KIND, keeper.lacking)
        owners_routes = NatsRouter()
        sweep_routes(owners_routes, announcing, by="registration")
        keepers_routes = keeper.routes(keeping)
        specs = consumer_specs(owners_routes) + consumer_specs(keepers_routes)
        await apply_streams(server.url, specs)
        for broker, routes in ((owners_broker, owners_routes), (keepers_broker, keepers_routes)):
            broker.include_router(routes)
            await broker.start()
            stack.push_async_callback(broker.stop)
        relay = OutboxRelay(
            owner.store, owners_broker, service="registration", collections=["sessions"], clock=system_clock
        )
        for run in (relay.run, announcing.loop().run, keeping.loop().run):
            task = asyncio.create_task(run())
            stack.push_async_callback(_ended, task)
        yield specs


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def keeper_store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "keeper.db")
    await store.prepare({"surveys": [Index(("pending",))]})
    yield store
    await store.close()


@pytest.fixture(autouse=True)
def settle_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "SETTLE_SECONDS", 0.2)
    monkeypatch.setattr(sweep, "PAGE", 3)


def knows_all(keeper: Keeper, versions: dict[str, int]) -> Callable[[], None]:
    def check() -> None:
        assert keeper.versions == versions

    return check


async def test_what_a_keeper_lacks_or_has_older_is_announced_again_with_the_same_version(
    server: RunningBroker, store: SqliteStore, keeper_store: SqliteStore
) -> None:
    owner, keeper = Owner(store), Keeper()
    for number in range(8):
        settled = {"_id": f"s{number}", "outbox": [], "pending": 0, "announced": 7}
        await store.insert("sessions", settled)
    keeper.versions = {"s0": 7, "s1": 6, "s2": 7}

    async with both(server, owner, keeper, keeper_store):
        await eventually(knows_all(keeper, {f"s{number}": 7 for number in range(8)}), within=15)
        await asyncio.sleep(1.5)  # three more inventories: a whole keeper asks for nothing

    assert sorted(keeper.told) == sorted(owner.republished) == ["s1", "s3", "s4", "s5", "s6", "s7"]


async def test_a_wiped_broker_is_repaired_by_the_sweep(
    server: RunningBroker, store: SqliteStore, keeper_store: SqliteStore
) -> None:
    owner, keeper = Owner(store), Keeper()
    async with both(server, owner, keeper, keeper_store) as specs:
        keeper.delay = 0.3
        for number in range(12):
            await store.insert("sessions", document(f"s{number}", session_ended(f"s{number}")))

        async def published() -> None:
            assert await store.count("sessions", {"pending": 1}) == 0

        await eventually(published)
        server.wipe_store()
        keeper.delay = 0.0
        assert len(keeper.versions) < 12, "the wipe came too late to lose anything"
        await server.start()
        await apply_streams(server.url, specs)

        await eventually(knows_all(keeper, {f"s{number}": 1 for number in range(12)}), within=30)


async def test_what_is_still_on_its_way_is_not_asked_for(
    server: RunningBroker, store: SqliteStore, keeper_store: SqliteStore
) -> None:
    owner, keeper = Owner(store), Keeper()
    keeper.delay = 0.3
    for number in range(10):
        await store.insert("sessions", document(f"s{number}", session_ended(f"s{number}")))

    async with both(server, owner, keeper, keeper_store):
        await eventually(knows_all(keeper, {f"s{number}": 1 for number in range(10)}), within=15)

    # The one whose handling ends just as the inventory comes may be asked for: it is told twice, which changes nothing.
    assert len(owner.republished) <= 1, owner.republished


async def test_inventories_vanish_before_their_stream_does(
    server: RunningBroker, js: JetStreamContext, store: SqliteStore, keeper_store: SqliteStore
) -> None:
    await store.insert("sessions", {"_id": "s0", "outbox": [], "pending": 0, "announced": 1})
    async with both(server, Owner(store), Keeper(), keeper_store):

        async def announced() -> None:
            assert (await js.stream_info("DIJOUS_SYNC")).state.messages > 0

        await eventually(announced)

    async def gone() -> None:
        assert (left := (await js.stream_info("DIJOUS_SYNC")).state.messages) == 0, f"{left} left"

    await eventually(gone, within=15)
