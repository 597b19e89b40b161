"""Every interleaving of a few replicas at one lease: the real `Lease`, stepped by hand from state to state.

A replica asks the store, the store carries it out, the replica gets the answer: three moments, with any pause between.
Every reading of a wall clock is as far off as it may be, either way; every stopwatch has a rate of its own.
"""

from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from shared.messaging import lease as leases
from shared.messaging.lease import MAX_SKEW, Lease

LENGTH = timedelta(seconds=2)
SKEW = MAX_SKEW.total_seconds() / 2
SLOW, FAST = 0.996, 1.004
"""Rates of stopwatches, further apart than those of real ones."""
LONG_AGO = -3.0
"""What was before, nothing depends on any more: states that differ only there are one."""

EPOCH = 1_000_000_000
"""The wall clocks' milliseconds when it begins."""

Key = tuple[Any, ...]


class Instant:
    """What the replica that is being stepped reads from its clocks."""

    now = skew = 0.0
    rate = 1.0

    def clock(self) -> datetime:
        return datetime.fromtimestamp(EPOCH / 1000 + self.now + self.skew, UTC)

    def stopwatch(self) -> float:
        return self.now * self.rate


@dataclass(frozen=True)
class Asked:
    """An operation on its way to the store."""

    name: str
    arguments: dict[str, Any]

    def __await__(self) -> Generator["Asked", Any, Any]:
        return (yield self)

    def carry_out(self, document: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """The document after it, and the answer."""
        if self.name == "get":
            return document, document
        if any(document[field] != value for field, value in self.arguments["guard"].items()):
            return document, False
        return {**document, **self.arguments["assign"], "version": document["version"] + 1}, True


class AskedStore:
    """A store with one document, which is there from the start. Its operations wait to be carried out."""

    async def insert(self, collection: str, document: dict[str, Any]) -> bool:
        return False

    async def get(self, collection: str, name: str) -> Any:
        return await Asked("get", {})

    async def update(self, collection: str, name: str, **arguments: Any) -> Any:
        return await Asked("update", arguments)


@dataclass(frozen=True)
class Replica:
    """One of them: `lease` as it is now, and what it was before the call that it is in the middle of."""

    name: str
    rate: float
    lease: Lease
    before: Lease
    call: str = ""
    inputs: tuple[tuple[float, float, Any], ...] = ()
    """Of that call so far: instant, skew and the store's answer at each step."""
    held: tuple[Any, ...] = ()
    """Where that call stands, and its variables."""
    asked: Asked | None = None
    answer: Any = None

    def trusts(self, now: float) -> bool:
        return now * self.rate < self.lease.term.ends


@dataclass(frozen=True)
class State:
    now: float
    document: dict[str, Any]
    replicas: tuple[Replica, ...]

    def change(self, replica: Replica, document: dict[str, Any] | None = None) -> "State":
        others = tuple(replica if each.name == replica.name else each for each in self.replicas)
        return State(self.now, document or self.document, others)

    def break_of_trust(self) -> str:
        """Who trusts a lease that another has; empty when nobody does."""
        owner = self.document["lease_owner"]
        return " ".join(each.name for each in self.replicas if each.trusts(self.now) and each.name != owner)

    def key(self) -> Key:
        """The state as seen from its own instant: after two with the same key, the same may follow."""
        return (self._contents(self.document), *map(self._replica_key, self.replicas))

    def _replica_key(self, replica: Replica) -> Key:
        lease, now = replica.lease, self.now * replica.rate
        seen = lease._seen and (lease._seen == self.document, lease._seen == replica.answer)
        times = [lease._renew_at, lease.term.ends]
        if seen and any(seen):  # or else whatever it sees next is new to it
            times.append(lease._free_at)
        ahead = [round(max(at - now, 0), 3) for at in times]
        kept = [
            round(max(each - now, LONG_AGO), 3) if isinstance(each, float) else self._known(each)
            for each in (replica.answer, *replica.held)
        ]
        return (replica.call, seen, *ahead, *kept, self._wanted(replica.asked))

    def _known(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return self._contents(value), value == self.document

    def _wanted(self, asked: Asked | None) -> Any:
        if asked is None or asked.name == "get":
            return asked and asked.name
        if any(self.document[field] != value for field, value in asked.arguments["guard"].items()):
            return "in vain"
        return asked.name, self._contents(asked.arguments["assign"])

    def _contents(self, document: dict[str, Any]) -> Key:
        ends = document["lease_until"]
        left = max((ends - EPOCH) / 1000 - self.now, LONG_AGO) if ends else "released"
        return document.get("lease_owner"), left


class Model:
    """Replicas with these rates of their stopwatches, and wall clocks that are off by so much, either way."""

    def __init__(
        self, rule: type[Lease], rates: tuple[float, ...], monkeypatch: pytest.MonkeyPatch, *, skew: float = SKEW
    ) -> None:
        self._skews = {-skew, skew}
        self._instant = Instant()
        monkeypatch.setattr(leases, "new_id", lambda: self._name)
        self._name = ""
        replicas = []
        for number, rate in enumerate(rates):
            self._name = "ABC"[number]
            lease = rule(
                AskedStore(),  # type: ignore[arg-type]  # the three operations that a lease needs
                "work",
                clock=self._instant.clock,
                length=LENGTH,
                stopwatch=self._instant.stopwatch,
            )
            replicas.append(Replica(self._name, rate, lease, lease))
        self.start = State(0, {"_id": "work", "lease_owner": "", "lease_until": 0, "version": 1}, tuple(replicas))

    def explore(self) -> tuple[int, list[str]]:
        """How many states can be reached, and the shortest way to a break of trust, if there is any."""
        first = self.start.key()
        came: dict[Key, tuple[Key, str]] = {first: ((), "")}
        frontier = deque([(first, self.start)])
        while frontier:
            before, state = frontier.popleft()
            for action, after in self._successors(state):
                key = after.key()
                if key in came:
                    continue
                came[key] = (before, action)
                if after.break_of_trust():
                    return len(came), _way(came, key)
                frontier.append((key, after))
        return len(came), []

    def walk(self, steps: int, chance: Random) -> list[str]:
        """Any one way of so many steps; empty where trust was never broken on it."""
        state, way = self.start, list[str]()
        while not state.break_of_trust():
            if len(way) == steps:
                return []
            action, state = chance.choice(list(self._successors(state)))
            way.append(action)
        return way

    def _successors(self, state: State) -> Iterator[tuple[str, State]]:
        yield "a second passes", State(state.now + 1, state.document, state.replicas)
        for replica in state.replicas:
            for action, after in self._steps(replica, state):
                yield f"{replica.name} {action}", after

    def _steps(self, replica: Replica, state: State) -> Iterator[tuple[str, State]]:
        if replica.asked:
            yield f"has its {replica.asked.name} carried out", _carry_out(replica, replica.asked, state)
        elif replica.call:
            for skew in self._skews if isinstance(replica.answer, dict) else (0,):  # a wall clock is read after a get
                after = self._run(replica, state, skew, replica.answer)
                yield f"has its answer, its clock is off by {skew:+} s", state.change(after)
        else:
            calls = ["hold", "release"] if state.document["lease_owner"] == replica.name else ["hold"]
            for call in calls:
                began = replace(replica, before=replica.lease, call=call)
                yield f"begins to {call}", state.change(self._run(began, state, 0, None))

    def _run(self, replica: Replica, state: State, skew: float, answer: Any) -> Replica:
        """The replica at its next operation, or at the end of its call, which is run again from its beginning."""
        inputs = (*replica.inputs, (state.now, skew, answer))
        lease = _copy(replica.before)
        call = getattr(lease, replica.call)()
        self._name, self._instant.rate = replica.name, replica.rate
        try:
            for self._instant.now, self._instant.skew, received in inputs:
                asked = call.send(received)
        except StopIteration:
            return Replica(replica.name, replica.rate, lease, lease)
        at = Replica(replica.name, replica.rate, _copy(lease), replica.before, replica.call, inputs, _held(call), asked)
        call.close()
        return at


def _carry_out(replica: Replica, asked: Asked, state: State) -> State:
    document, answer = asked.carry_out(state.document)
    return state.change(replace(replica, asked=None, answer=answer), document)


def _copy(lease: Lease) -> Lease:
    copied, copied.term = map(_twin, (lease, lease.term))
    return copied


def _twin(original: Any) -> Any:
    """What `copy.copy` makes, in a third of the time."""
    twin = object.__new__(type(original))
    twin.__dict__.update(original.__dict__)
    return twin


def _held(call: Any) -> tuple[Any, ...]:
    """Where a call of a lease stands, and the variables on the way there."""
    held: list[Any] = []
    while (frame := getattr(call, "cr_frame", None)) and isinstance(frame.f_locals["self"], Lease):
        variables = [each for each in frame.f_locals.values() if isinstance(each, float | dict | str)]
        held += [frame.f_lasti, *variables]
        call = call.cr_await
    return tuple(held)


def _way(came: dict[Key, tuple[Key, str]], key: Key) -> list[str]:
    way: list[str] = []
    while key:
        key, action = came[key]
        way.insert(0, action)
    return way[1:]
