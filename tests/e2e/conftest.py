"""One stack of real processes for all stories; each story makes its own programme, so that none sees another's."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.office import Office
from tests.support.stack import Stack, running_stack

_numbers = itertools.count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("stack")
    async with running_stack(folder) as stack:
        yield stack


@pytest_asyncio.fixture(loop_scope="module")
async def office(stack: Stack) -> Office:
    office = Office(stack, f"programme-{next(_numbers)}")
    await office.define_programme()
    return office
