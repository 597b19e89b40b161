"""Registrations per second through the API against a bare FastAPI route with one SQLite insert, side by side.

Rounds alternate on the same machine, each server a process of its own on a fresh database with `synchronous=FULL`.
The registration service runs whole: directory, idempotence per person, event in its outbox, relay to a real broker.
"""

import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from statistics import median

import httpx
import orjson

from benchmarks.http_load import post_all
from tests.support.nats import running_broker
from tests.support.ports import free_port
from tests.support.probes import eventually

CONNECTIONS = 32
STAFF_TOKEN = "staff-token-of-the-bench"


@contextmanager
def process(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    running = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        yield
    finally:
        running.terminate()
        running.wait(15)


async def finished(command: list[str], environment: dict[str, str]) -> None:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed.
    """
    running = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    if code := await running.wait():
        raise RuntimeError(f"{' '.join(command)} ended with {code}")


async def answering(url: str) -> None:
    """Wait until the address answers, with whatever status."""

    def check() -> None:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except urllib.error.HTTPError:
            return
        except OSError as error:
            raise AssertionError(f"{url}: {error}") from None

    await eventually(check, within=30)


def bodies(count: int) -> list[bytes]:
    person = {"name": "Núria Puig", "entity": "2500450006", "role": "Secretària", "language": "ca", "consent": True}
    return [orjson.dumps({**person, "email": f"{secrets.token_hex(6)}@alamus.example"}) for _ in range(count)]


async def bare_round(count: int) -> float:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {"BARE_DATABASE": f"{folder}/people.sqlite3", "BARE_PORT": str(port)}
        with process([sys.executable, "-m", "benchmarks.bare_route"], environment):
            await answering(f"http://127.0.0.1:{port}/")
            url = f"http://127.0.0.1:{port}/people"
            await post_all(url, bodies(200), connections=CONNECTIONS, expected_status=202)
            return count / await post_all(url, bodies(count), connections=CONNECTIONS, expected_status=202)


@asynccontextmanager
async def running_registration() -> AsyncIterator[tuple[str, str]]:
    """The service on a fresh database, with a broker of its own; the addresses of both."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        async with running_broker() as broker:
            environment = {
                "DIJOUS_STORE_URL": f"sqlite:///{folder}",
                "DIJOUS_NATS_URL": broker.url,
                "DIJOUS_SECRET": secrets.token_hex(32),
                "DIJOUS_STAFF_TOKEN": STAFF_TOKEN,
                "DIJOUS_LOG_LEVEL": "warning",
                # All come from one place, for one session.
                "DIJOUS_REGISTRATIONS_PER_CLIENT": "0",
                "DIJOUS_REGISTRATIONS_PER_ADDRESS": "0",
                "DIJOUS_REGISTRATIONS_PER_SESSION": "0",
                "DIJOUS_REGISTRATIONS_AT_ONCE": "0",
            }
            dijous = [sys.executable, "-m", "deploy.cli"]
            await finished([*dijous, "streams", "apply"], environment)
            with process([*dijous, "run", "registration", "--port", str(port)], environment):
                base = f"http://127.0.0.1:{port}"
                await answering(f"{base}/health/live")
                yield base, broker.url


async def dijous_round(count: int, *, capacity: int | None) -> float:
    """Registrations per second, for a session with that many seats; None is any number."""
    async with running_registration() as (base, _):
        url = f"{base}/api/v1/sessions/{await schedule(base, capacity)}/registrations"
        await post_all(url, bodies(200), connections=CONNECTIONS, expected_status=202)
        return count / await post_all(url, bodies(count), connections=CONNECTIONS, expected_status=202)


async def schedule(base: str, capacity: int | None) -> str:
    """Make a session with that many seats, None for any number; its id."""
    headers = {"Authorization": f"Bearer {STAFF_TOKEN}"}
    async with httpx.AsyncClient(base_url=f"{base}/api/v1", headers=headers) as client:
        programme = {"slug": "bench", "name": {"ca": "Banc de proves"}, "kind": "series"}
        (await client.post("/programmes", json=programme)).raise_for_status()
        session = {
            "programme": "bench",
            "title": {"ca": "Treu-li suc a l'eina de seguiment"},
            "starts_at": (datetime.now(UTC) + timedelta(days=10)).isoformat(),
            "duration_minutes": 60,
            "capacity": capacity,
        }
        return str((await client.post("/sessions", json=session)).raise_for_status().json()["id"])


async def measure(rounds: int, count: int) -> list[tuple[str, float, float]]:
    """Rows of (what, median per second, median ratio to the bare route of the same round)."""
    bare, open_, seats = [], [], []
    for number in range(rounds):
        bare.append(await bare_round(count))
        open_.append(await dijous_round(count, capacity=None))
        seats.append(await dijous_round(count, capacity=100))
        print(f"  round {number + 1} of {rounds}: {bare[-1]:.0f} / {open_[-1]:.0f} / {seats[-1]:.0f} per second")
    return [
        ("bare FastAPI route, one SQLite insert", median(bare), 1.0),
        ("registration, any number of seats", median(open_), median(a / b for a, b in zip(open_, bare, strict=True))),
        (
            "registration, 100 seats and a waiting list",
            median(seats),
            median(a / b for a, b in zip(seats, bare, strict=True)),
        ),
    ]


def main(rounds: int = 3, count: int = 2000) -> None:
    print(f"Registrations per second, {CONNECTIONS} connections, {count} people a round")
    for what, per_second, ratio in asyncio.run(measure(rounds, count)):
        print(f"| {what:45} | {per_second:7.0f} /s | {ratio:5.2f} |")


if __name__ == "__main__":
    main()
