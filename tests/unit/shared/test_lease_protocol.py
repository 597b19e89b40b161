"""A lease is never taken while its holder trusts it, whatever happens when; each mistake is seen to be found."""

from datetime import timedelta
from math import inf
from random import Random

import pytest

from shared.clock import to_millis
from shared.messaging import lease as leases
from shared.messaging.lease import Lease
from shared.storage.contract import Document
from tests.unit.shared.lease_model import FAST, LENGTH, SKEW, SLOW, Model


def test_of_two_replicas_none_trusts_a_lease_that_the_other_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every state that can be reached: longer runs lead to no other."""
    states, way = Model(Lease, (SLOW, FAST), monkeypatch).explore()
    assert way == []
    assert states > 30_000


def test_nor_does_any_of_three_on_many_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    replicas = Model(Lease, (SLOW, FAST, FAST), monkeypatch)
    assert [way for seed in range(100) if (way := replicas.walk(100, Random(seed)))] == []


class ComparesClocks(Lease):
    """Takes what has ended by its own clock, or ends too late by it to be right: the rule before this one."""

    async def hold(self) -> bool:
        self._now = to_millis(self._clock())
        return await super().hold()

    def _is_free(self, lease: Document, now: float) -> bool:
        length = self._length // timedelta(milliseconds=1)
        return lease["lease_owner"] == self._owner or not self._now < lease["lease_until"] <= self._now + length


class OverlooksRenewals(Lease):
    """Waits from when it first saw the holder."""

    def _is_free(self, lease: Document, now: float) -> bool:
        if self._seen is not None and self._seen["lease_owner"] == lease["lease_owner"]:
            self._seen = lease
        return super()._is_free(lease, now)


class TrustsFromTheAnswer(Lease):
    """Counts its own time from when it hears that the lease is its."""

    async def _claim(self) -> None:
        await super()._claim()
        if self.term.ends > -inf:
            self.term.ends = self._stopwatch() + self._length.total_seconds()


class TrustsAfterEachLook(Lease):
    """Counts from any answer that it holds, also where nothing was written."""

    async def hold(self) -> bool:
        held = await super().hold()
        if held:
            self.term.ends = self._stopwatch() + LENGTH.total_seconds()
        return held


RULES = [ComparesClocks, OverlooksRenewals, TrustsFromTheAnswer, TrustsAfterEachLook]


@pytest.mark.parametrize("rule", RULES)
def test_a_wrong_rule_is_found_even_where_all_clocks_agree(rule: type[Lease], monkeypatch: pytest.MonkeyPatch) -> None:
    assert Model(rule, (1, 1), monkeypatch, skew=0).explore()[1]


@pytest.mark.parametrize("rule", [ComparesClocks, TrustsFromTheAnswer])
def test_a_wrong_rule_is_found_among_three(rule: type[Lease], monkeypatch: pytest.MonkeyPatch) -> None:
    replicas = Model(rule, (1, 1, 1), monkeypatch)
    assert any(replicas.walk(100, Random(seed)) for seed in range(100))


def test_clocks_further_apart_than_assumed_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Model(Lease, (1, 1), monkeypatch, skew=SKEW + 0.5).explore()[1]


def test_stopwatches_of_other_rates_are_found_where_nothing_is_left_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "_DRIFT", 0)
    assert Model(Lease, (SLOW, FAST), monkeypatch).explore()[1]
