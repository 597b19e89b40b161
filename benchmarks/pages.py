"""Time and weight of pages: whole answers of a running installation, one by one.

The promise is a median under 50 ms and less than 100 kB for each page, style sheet included. Lists are measured again
among hundreds of sessions, half of them over, as a programme has them after years.
"""

import asyncio
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles

import httpx

from shared.staff import Role
from tests.security.people import office_cookie
from tests.support.embedded import Embedded, running_embedded
from tests.support.world import PROGRAMME, World, make_world, schedule

PROMISED_MS = 50
PROMISED_BYTES = 100_000
ROUNDS = 40
ADDRESSES = (
    "/",
    "/sessions",
    "/sessions/{coming}",
    "/sessions/{published}",
    "{registration}",
    "{join}",
    "{survey}",
    "/results",
    "/results/{published}",
    "/proposals",
    "/proposals/{received}",
    "{preferences}",
    "/office",
    "/office/sessions",
    "/office/sessions/{coming}",
    "/office/proposals",
    "/office/results",
    "/office/mails",
    "/office/entities",
)
LISTS = (
    "/",
    f"/programmes/{PROGRAMME}",
    "/sessions",
    "/sessions?page=8",
    f"/sessions?q=transparencia+77&programme={PROGRAMME}",
    "/office/sessions",
)
CROWDS = (300, 1000)
"""How many sessions there are when the lists are measured."""
_AT_A_TIME = 8
_SHOWN = {
    "recording_url": "https://video.example/1",
    "materials": [{"title": "Presentació", "url": "https://materials.example/presentacio.pdf"}],
}


@dataclass(frozen=True, slots=True)
class Figures:
    address: str
    median_ms: float
    p95_ms: float
    bytes: int

    @property
    def keeps_the_promise(self) -> bool:
        return self.median_ms < PROMISED_MS and self.bytes < PROMISED_BYTES


async def measure(rounds: int) -> dict[str, list[Figures]]:
    """Figures of every page, by the size of the world. A missing page is reported and left out."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_embedded(Path(folder)) as installation:
            world = await make_world(installation)
            found = {"A small world": await _measure_pages(world, ADDRESSES, rounds)}
            for crowd in CROWDS:
                await _crowd(world, crowd)
                found[f"{crowd:,} sessions"] = await _measure_pages(world, LISTS, rounds)
    return found


async def _measure_pages(world: World, addresses: Sequence[str], rounds: int) -> list[Figures]:
    found = [await _measure_page(world.installation, address, _filled(world, address), rounds) for address in addresses]
    return [figures for figures in found if figures]


async def _crowd(world: World, crowd: int) -> None:
    """Fill up to that many sessions, a day apart; every other one is over and has a recording and materials."""
    places = asyncio.Semaphore(_AT_A_TIME)

    async def add(number: int) -> None:
        async with places:
            description = {
                "ca": f"Dubte {number} sobre la publicació activa i el portal de transparència de l'ajuntament. " * 8,
                "es": f"Duda {number} sobre la publicación activa y el portal de transparencia municipal. " * 8,
            }
            session = await schedule(
                world.installation, f"núm. {number}", timedelta(days=number), description=description
            )
            world.sessions[str(number)] = session
            if number % 2:
                await world.installation.staff("POST", f"/sessions/{session}/end", {})
                await world.installation.staff("POST", f"/sessions/{session}/materials", _SHOWN)

    await asyncio.gather(*(add(number) for number in range(len(world.sessions), crowd)))


async def _measure_page(installation: Embedded, address: str, path: str, rounds: int) -> Figures | None:
    headers = {**office_cookie(installation, Role.ADMIN), "Accept-Encoding": "identity"}
    first = await installation.api.get(path, headers=headers)
    if first.status_code != 200:
        print(f"  not measured: {address} answers {first.status_code}")
        return None
    seconds = [await _seconds(installation.api, path, headers) for _ in range(rounds)]
    return Figures(address, 1000 * median(seconds), 1000 * quantiles(seconds, n=20)[-1], len(first.content))


async def _seconds(api: httpx.AsyncClient, path: str, headers: Mapping[str, str]) -> float:
    started = time.perf_counter()
    await api.get(path, headers=headers)
    return time.perf_counter() - started


def _filled(world: World, address: str) -> str:
    links = {purpose: next(iter(links.values())) for purpose, links in world.links.items()}
    return address.format(**world.sessions, **world.proposals, **links)


def main(rounds: int = ROUNDS) -> None:
    print(f"Pages, {rounds} times each, one at a time; promised: median {PROMISED_MS} ms, {PROMISED_BYTES:,} bytes")
    for size, found in asyncio.run(measure(rounds)).items():
        print(size)
        for figures in found:
            kept = "" if figures.keeps_the_promise else "  <- not kept"
            times = f"{figures.median_ms:6.1f} ms | p95 {figures.p95_ms:6.1f} ms"
            print(f"| {figures.address:66} | {times} | {figures.bytes:7,} bytes |{kept}")


if __name__ == "__main__":
    main()
