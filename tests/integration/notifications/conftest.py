"""Fixtures of the notifications service."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.notifications.house import House, running_house
from tests.integration.notifications.mailroom import Mailroom, running_mailroom


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """The service over an empty store."""
    async with running_house(tmp_path) as house:
        yield house


@pytest.fixture
async def mailroom(tmp_path: Path) -> AsyncIterator[Mailroom]:
    """Senders over an empty store."""
    async with running_mailroom(tmp_path) as mailroom:
        yield mailroom
