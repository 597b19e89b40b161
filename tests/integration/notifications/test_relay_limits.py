"""The relay's limits hold, over restarts too."""

import pytest

from tests.integration.notifications.mailroom import Mailroom


@pytest.mark.parametrize("limit", ["per_minute", "per_day"])
async def test_the_relays_limits_hold(mailroom: Mailroom, limit: str) -> None:
    await mailroom.know(people=20)
    await mailroom.due(people=20)
    await mailroom.send(mailroom.sender(**{limit: 12}))
    assert len(mailroom.arrived()) == 12


async def test_the_limit_of_a_day_counts_what_was_sent_before_a_restart(mailroom: Mailroom) -> None:
    await mailroom.know(people=20)
    await mailroom.due(people=20)
    for _ in range(3):
        await mailroom.send(mailroom.sender(per_day=12))
    assert len(mailroom.arrived()) == 12
