"""The service whole: its events on a real broker, its loops, the sweep's repair."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import nats
import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.registration.accounts.domain import Account
from services.registration.accounts.store import AccountStore
from services.registration.app import make_service
from services.registration.entities.store import EntityStore
from services.registration.entities.usecases import Entities
from services.registration.settings import Settings
from shared.entities.csv_files import decode_entities
from shared.events.inventory import InventoryGapFound
from shared.messaging.consuming import consumer_specs
from shared.messaging.office_access import OFFICE_PEOPLE_KIND
from shared.messaging.streams import apply_streams
from shared.security.audit import Audit
from shared.staff import API_CALLER, Role
from shared.storage.opening import open_store
from tests.integration.registration.conftest import PROGRAMME, SECRET, STAFF, STAFF_TOKEN, MovingClock
from tests.support.nats import RunningBroker, running_broker
from tests.support.probes import eventually


def _settings(folder: Path, url: str) -> Settings:
    return Settings(
        store_url=f"sqlite:///{folder}",
        nats_url=url,
        secret=SECRET,  # type: ignore[arg-type]  # read as a secret
        staff_token=STAFF_TOKEN,  # type: ignore[arg-type]  # read as a secret
        inventory_seconds=1,
        sweep_seconds=0.2,
    )


@asynccontextmanager
async def running_service(folder: Path, broker: RunningBroker) -> AsyncIterator[httpx.AsyncClient]:
    service = make_service(_settings(folder, broker.url), clock=MovingClock())
    await apply_streams(broker.url, consumer_specs(service.events))
    app = service.web()
    async with (
        service.running(),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", headers=STAFF) as client,
    ):
        yield client


class Ear:
    """Everything published since it began to listen, by event name."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []

    async def hear(self, message: Msg) -> None:
        name = str((message.headers or {})["ce-type"]).split(".")[2]
        self.heard.append((name, orjson.loads(message.data)))

    def named(self, *names: str) -> list[Any]:
        return [event for name, event in self.heard if name in names]


@asynccontextmanager
async def listening(broker: RunningBroker) -> AsyncIterator[tuple[Ear, Client]]:
    connection, ear = await nats.connect(broker.url), Ear()
    try:
        await connection.subscribe("evt.>", cb=ear.hear)
        yield ear, connection
    finally:
        await connection.close()


async def test_events_reach_the_broker_and_what_a_consumer_lacks_is_told_again(tmp_path: Path) -> None:
    async with (
        running_broker() as broker,
        listening(broker) as (ear, connection),
        running_service(tmp_path, broker) as api,
    ):
        await api.post("/api/v1/programmes", json=PROGRAMME)
        body = {"programme": "dijous", "title": {"ca": "Títol"}, "starts_at": "2026-12-03T10:00:00Z", "capacity": 1}
        session = (await api.post("/api/v1/sessions", json=body)).json()["id"]
        person = {"name": "Núria", "entity": "2500450006", "consent": True}
        for number in (1, 2):
            answer = await api.post(
                f"/api/v1/sessions/{session}/registrations", json={**person, "email": f"p{number}@x.example"}
            )
            assert answer.status_code == 202

        def all_is_told_and_listed() -> None:
            assert sorted(event["status"] for event in ear.named("entity-registered")) == ["registered", "waiting"]
            kinds = {event["kind"] for event in ear.named("inventory-published") if event["entries"]}
            assert kinds == {f"registration-{noun}" for noun in ("programmes", "sessions", "registrations")}

        await eventually(all_is_told_and_listed)
        registered = ear.named("entity-registered")[0]
        for kind, key in (
            ("registration-registrations", registered["registration_id"]),
            ("registration-sessions", session),
            ("registration-programmes", "dijous"),
        ):
            gap = InventoryGapFound(version=0, kind=kind, consumer="test", keys=[key, "unknown"]).envelope()
            await connection.jetstream().publish(gap.subject, orjson.dumps(gap.data), headers=gap.headers)

        def told_again() -> None:
            assert ear.named("entity-registered").count(registered) == 2, "the same event with the same version"
            assert len(ear.named("session-scheduled")) == len(ear.named("programme-defined")) == 2

        await eventually(told_again)


async def test_what_another_replica_imported_is_known_at_once(tmp_path: Path) -> None:
    async with running_broker() as broker, running_service(tmp_path, broker) as api:
        await api.post("/api/v1/programmes", json=PROGRAMME)
        await api.get("/api/v1/entities?q=lleida")  # the directory is in memory from here on
        header = "code,kind,name,comarca_code,comarca,province_code,province"
        rows = f"{header}\nCC44,comarcal_council,Consell Comarcal del Lluçanès,44,Lluçanès,08,Barcelona\n"
        other = open_store(f"sqlite:///{tmp_path}", "registration")
        imported = decode_entities(rows.encode())
        clock = MovingClock()
        entities = Entities(EntityStore(other, clock), Audit(other, clock))
        assert await entities.import_entities(API_CALLER, imported) == 1
        await other.close()
        body = {"programme": "dijous", "title": {"ca": "Títol"}, "starts_at": "2026-12-03T10:00:00Z"}
        session = (await api.post("/api/v1/sessions", json=body)).json()["id"]
        person = {"name": "Núria", "email": "n@x.example", "entity": "CC44", "consent": True}
        answers = await asyncio.gather(
            *(api.post(f"/api/v1/sessions/{session}/registrations", json=person) for _ in range(3))
        )
        assert [answer.status_code for answer in answers] == [202] * 3, "found though not reloaded yet"
        ready = (await api.get("/health/ready")).json()
        assert ready["status"] == "ok", ready


async def test_what_somebody_of_the_office_may_do_is_told_listed_and_told_again(tmp_path: Path) -> None:
    async with (
        running_broker() as broker,
        listening(broker) as (ear, connection),
        running_service(tmp_path, broker),
    ):
        store = open_store(f"sqlite:///{tmp_path}", "registration")
        await AccountStore(store, MovingClock()).create(pere := somebody(), pere.access_changed())
        told = {"version": 1, "person_id": pere.id, "role": Role.EDITOR, "sessions": [], "body": ""}

        def told_and_listed() -> None:
            assert ear.named("office-access-changed") == [told]
            listed = [
                event["entries"] for event in ear.named("inventory-published") if event["kind"] == OFFICE_PEOPLE_KIND
            ]
            assert [[pere.id, 1]] in listed

        await eventually(told_and_listed)
        gap = InventoryGapFound(version=0, kind=OFFICE_PEOPLE_KIND, consumer="test", keys=[pere.id]).envelope()
        await connection.jetstream().publish(gap.subject, orjson.dumps(gap.data), headers=gap.headers)

        def told_again() -> None:
            assert ear.named("office-access-changed") == [told, told], "with the same version"

        await eventually(told_again)
        await store.close()


def somebody() -> Account:
    return Account(
        id="p" * 26, user_name="pere@diputacio.example", name="Pere", role=Role.EDITOR, added_at=MovingClock()()
    )
