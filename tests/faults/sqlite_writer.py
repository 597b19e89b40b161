"""A process to be killed: it writes to an SQLite store and tells on its output what was acknowledged.

`python -m tests.faults.sqlite_writer <file> inserts|changes <clients>`
"""

import asyncio
import os
import sys
from pathlib import Path

from shared.events.base import Event
from shared.storage.aggregates import Aggregate, Aggregates
from shared.storage.sqlite import SqliteStore


class Stepped(Event, name="tests.stepped", source="tests", key="counter"):
    counter: str
    steps: int


class Counter(Aggregate):
    steps: int = 0


def say(line: str) -> None:
    """In one system call, so that a kill leaves no half line of something acknowledged."""
    os.write(1, f"{line}\n".encode())


async def insert_for_ever(store: SqliteStore, client: int) -> None:
    """Single documents and small bulks in turn, so that group commits hold both."""
    number = 0
    while True:
        names = [f"{client}-{os.getpid()}-{number}-{i}" for i in range(1 + number % 3)]
        if len(names) == 1:
            await store.insert("things", {"_id": names[0], "text": "x" * 300})
        else:
            await store.insert_many("things", [{"_id": name, "text": "x" * 300} for name in names])
        say(" ".join(names))
        number += 1


async def change_for_ever(store: SqliteStore, client: int) -> None:
    """Steps of one counter among many, each with its event."""
    counters = Aggregates(store, "counters", Counter)
    name = f"counter-{client % 5}"
    await counters.create(Counter(id=name))

    def step(counter: Counter) -> tuple[Counter, list[Event]]:
        steps = counter.steps + 1
        return counter.model_copy(update={"steps": steps}), [Stepped(counter=name, steps=steps, version=0)]

    while True:
        changed = await counters.change(name, step)
        say(f"{name} {changed.steps}")


async def main(path: str, work: str, clients: str) -> None:
    """Run until killed."""
    store = SqliteStore(Path(path))
    await store.prepare({"things": [], "counters": []})
    endless = insert_for_ever if work == "inserts" else change_for_ever
    await asyncio.gather(*(endless(store, client) for client in range(int(clients))))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
