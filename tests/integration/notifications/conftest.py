"""Fixtures of the notifications service."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.notifications.house import House, running_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """The service over an empty store."""
    async with running_house(tmp_path) as house:
        yield house
