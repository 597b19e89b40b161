"""Merging duplicates without losing their trace, their supporters or the people to be told."""

import asyncio
from datetime import timedelta

import pytest

from services.proposals.store import UNSETTLED
from tests.integration.proposals.conftest import Desk
from tests.integration.proposals.crashing import dying_after

ANNA, BERNAT, CLARA, DIDAC = (f"{name}@ens.example" for name in ("anna", "bernat", "clara", "didac"))


async def test_the_trace_is_kept_both_ways_and_supporters_count_once(desk: Desk) -> None:
    source, target = await desk.propose("Una", email=DIDAC), await desk.propose("Dues")
    for email in (ANNA, BERNAT):
        await desk.support(source, email)
    for email in (BERNAT, CLARA):
        await desk.support(target, email)

    merged = await desk.step(source, "merge", {"into": target})

    assert merged.status_code == 200
    assert (merged.json()["state"], merged.json()["merged_into"]) == ("merged", target)
    whole = await desk.read(target)
    assert (whole["merged_from"], whole["supports"]) == ([source], 3)
    followed = [event for name, event in await desk.told("followers") if name == "proposal-followed"]
    assert sorted(event["email"] for event in followed if event["proposal_id"] == target) == [
        ANNA,
        BERNAT,
        CLARA,
        DIDAC,
    ]
    told = [(name, event["proposal_id"]) for name, event in await desk.told("proposals")]
    assert told.count(("proposal-merged", source)) == 1


async def test_merging_again_changes_nothing(desk: Desk) -> None:
    source, target = await desk.propose("Una"), await desk.propose("Dues")
    await desk.support(source, ANNA)
    await desk.step(source, "merge", {"into": target})
    before = (await desk.told("proposals"), await desk.told("followers"))

    assert (await desk.step(source, "merge", {"into": target})).status_code == 200

    assert (await desk.told("proposals"), await desk.told("followers")) == before


async def test_a_merged_proposal_refuses_support_with_a_link_to_where_it_goes_on(desk: Desk) -> None:
    first, second, third = [await desk.propose(title) for title in ("U", "Dos", "Tres")]
    await desk.step(first, "merge", {"into": second})
    await desk.step(second, "merge", {"into": third})

    refused = await desk.ask(first, ANNA)

    assert refused.status_code == 409
    assert (refused.json()["merged_into"], refused.json()["link"]) == (third, f"/api/v1/proposals/{third}")


async def test_a_support_asked_for_before_the_merge_counts_where_the_proposal_goes_on(desk: Desk) -> None:
    source, target = await desk.propose("Una"), await desk.propose("Dues")
    await desk.ask(source, ANNA)
    await desk.step(source, "merge", {"into": target})

    confirmed = await desk.confirm(source, ANNA)

    assert confirmed.json() == {"proposal": target, "title": "Dues", "supports": 1}
    assert (await desk.confirm(source, ANNA)).json()["supports"] == 1
    assert (await desk.read(source))["supports"] == 0


async def test_who_comes_along_is_told_what_the_other_proposal_does_after_the_merge_and_not_before(desk: Desk) -> None:
    source, target = await desk.propose("Una"), await desk.propose("Dues")
    await desk.support(source, ANNA)
    await desk.step(target, "review")
    desk.now += timedelta(seconds=1)
    await desk.step(source, "merge", {"into": target})

    told = [data for kind, data in await desk.told("followers") if kind == "proposal-followed"]

    assert {data["proposal_id"]: data["after_step"] for data in told} == {source: 0, target: 1}


async def test_a_target_that_was_merged_is_followed_to_its_end(desk: Desk) -> None:
    first, second, third = [await desk.propose(title) for title in ("U", "Dos", "Tres")]
    await desk.support(first, ANNA)
    await desk.step(second, "merge", {"into": third})

    merged = await desk.step(first, "merge", {"into": second})

    assert merged.json()["merged_into"] == third
    assert (await desk.read(third))["supports"] == 1
    assert (await desk.read(third))["merged_from"] == [second, first]


async def test_circles_are_refused(desk: Desk) -> None:
    first, second, third = [await desk.propose(title) for title in ("U", "Dos", "Tres")]
    await desk.step(first, "merge", {"into": second})
    await desk.step(second, "merge", {"into": third})

    for target in (first, second, third):
        answer = await desk.step(third, "merge", {"into": target})
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:dijous:problem:merge-cycle")
    assert (await desk.read(third))["state"] == "received"


async def test_merges_into_each_other_at_once_never_make_a_circle(desk: Desk) -> None:
    ring = [await desk.propose(str(number)) for number in range(4)]
    pairs = [(ring[place], ring[(place + 1) % 4]) for place in range(4)]

    answers = await asyncio.gather(*(desk.step(source, "merge", {"into": target}) for source, target in pairs))

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 409]
    states = [(await desk.read(each))["state"] for each in ring]
    assert sorted(states) == ["merged", "merged", "merged", "received"]


async def test_what_cannot_be_merged_is_said(desk: Desk) -> None:
    await desk.know_programme("decidim")
    source, declined = await desk.propose("Una"), await desk.propose("Dues")
    elsewhere = await desk.propose("Tres", programme="decidim")
    await desk.step(declined, "decline", {"reason": "No"})

    unknown = await desk.step(source, "merge", {"into": "nothing"})
    other = await desk.step(source, "merge", {"into": elsewhere})
    into_declined = await desk.step(source, "merge", {"into": declined})
    of_declined = await desk.step(declined, "merge", {"into": source})

    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/into")
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/into")
    assert (into_declined.status_code, of_declined.status_code) == (409, 409)


@pytest.mark.parametrize("writes", range(1, 14))
async def test_a_merge_stopped_after_any_write_is_carried_on(desk: Desk, writes: int) -> None:
    source, target = await desk.propose("Una", email=DIDAC), await desk.propose("Dues")
    for email in (ANNA, BERNAT):
        await desk.support(source, email)
    await desk.support(target, BERNAT)

    with dying_after(desk.store, writes):
        await desk.step(source, "merge", {"into": target})
    await desk.cases.sweep.complete()

    if (await desk.read(source))["state"] == "received":
        assert writes < 2, "the decision is the second write, after the empty book: nothing before it counts"
        assert await desk.acts() == []
        return
    [merged] = await desk.acts()
    assert (merged.action, merged.subject, merged.details) == ("proposal.merged", source, {"into": target})
    whole = await desk.read(target)
    assert (whole["merged_from"], whole["supports"]) == ([source], 2)
    followed = [event for name, event in await desk.told("followers") if name == "proposal-followed"]
    there = sorted(event["email"] for event in followed if event["proposal_id"] == target)
    assert there == [ANNA, BERNAT, DIDAC]
    supported = [event["proposal_id"] for name, event in await desk.told("proposals") if name == "proposal-supported"]
    assert supported.count(target) == 2
    assert await desk.documents.merges.count(UNSETTLED) == 0
