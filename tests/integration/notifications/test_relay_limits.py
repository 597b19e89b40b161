"""The relay's limits hold, over restarts too."""

import pytest

from tests.integration.notifications.post import Post


@pytest.mark.parametrize("limit", ["per_minute", "per_day"])
async def test_the_relays_limits_hold(post: Post, limit: str) -> None:
    await post.know(people=20)
    await post.due(people=20)
    await post.send(post.sender(**{limit: 12}))
    assert len(post.arrived()) == 12


async def test_the_limit_of_a_day_counts_what_was_sent_before_a_restart(post: Post) -> None:
    await post.know(people=20)
    await post.due(people=20)
    for _ in range(3):
        await post.send(post.sender(per_day=12))
    assert len(post.arrived()) == 12
