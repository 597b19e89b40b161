"""How long an answer takes must not tell who is registered: it takes the same steps, whoever it is."""

from typing import Any

import pytest

from tests.integration.registration.conftest import Office, told
from tests.integration.registration.crashing import WRITES, replace_store
from tests.integration.registration.interleaving import OPERATIONS

Steps = list[tuple[str, str]]


class RecordingStore:
    """Passes everything on and keeps what was read and written where; a write that changed nothing does not wait for
    the disk."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.steps: Steps = []

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._store, name)
        return self._recorded(name, operation) if name in OPERATIONS else operation

    def _recorded(self, name: str, operation: Any) -> Any:
        async def run(collection: str, *args: Any, **options: Any) -> Any:
            done = await operation(collection, *args, **options)
            step = ("written" if done else "tried") if name in WRITES else "read"
            self.steps.append((step, collection))
            return done

        return run


STEPS = [("read", "registrations"), ("read", "rosters"), ("written", "rosters"), ("written", "registrations")]


@pytest.mark.parametrize("capacity", [None, 9, 1])
async def test_registering_takes_the_same_steps_for_who_is_registered(office: Office, capacity: int | None) -> None:
    session = await office.scheduled(capacity=capacity)
    for number in range(3):
        await office.register(session, number)
    store = RecordingStore(office.documents)
    replace_store(office, store)

    async def steps(number: int) -> Steps:
        store.steps.clear()
        assert (await office.register(session, number)).status_code == 202
        asked = store.steps[1:]
        assert store.steps[0] == ("read", "sessions"), "whether it is open"
        return asked

    await office.cancel(session, 2)
    for number in (9, 0, 9, 2):  # new, the first one, the last one, one who had cancelled
        assert await steps(number) == STEPS
    assert told(await office.registration(session, 0)) == ["entity-registered"]
