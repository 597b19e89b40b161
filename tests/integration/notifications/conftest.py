"""Fixtures of the notifications service."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.notifications.house import House, running_house
from tests.integration.notifications.post import Post, running_post


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """The service over an empty store."""
    async with running_house(tmp_path) as house:
        yield house


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """Senders over an empty store."""
    async with running_post(tmp_path) as post:
        yield post
