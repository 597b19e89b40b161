"""Supporting once per person by the mailed link."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from services.proposals.domain.followers import SupportStep
from tests.integration.proposals.conftest import Desk

ANNA = "anna@ens.example"


async def test_a_support_counts_once_it_is_confirmed(desk: Desk) -> None:
    proposal_id = await desk.propose()

    assert (await desk.ask(proposal_id, ANNA)).status_code == 202
    [(name, asked)] = await desk.told("followers")
    assert (name, asked["email"], asked["proposal_title"]) == (
        "support-requested",
        ANNA,
        "Com publiquem els contractes?",
    )
    assert len(asked["support_id"]) == 26
    assert (await desk.read(proposal_id))["supports"] == 0

    answer = await desk.confirm(proposal_id, ANNA)

    assert answer.json() == {"proposal": proposal_id, "title": "Com publiquem els contractes?", "supports": 1}
    assert (await desk.read(proposal_id))["supports"] == 1
    assert [name for name, _ in await desk.told("proposals")] == ["topic-proposed", "proposal-supported"]
    [_, (name, followed)] = await desk.told("followers")
    assert (name, followed["role"]) == ("proposal-followed", "supporter")


async def test_two_tabs_and_retries_count_once(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.ask(proposal_id, ANNA)

    answers = await asyncio.gather(*(desk.confirm(proposal_id, ANNA) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {200}
    assert (await desk.read(proposal_id))["supports"] == 1
    names = [name for name, _ in await desk.told("proposals")]
    assert names.count("proposal-supported") == 1


async def test_fifty_people_at_once_are_fifty(desk: Desk) -> None:
    proposal_id = await desk.propose()
    people = [f"p{number}@ens.example" for number in range(50)]

    await asyncio.gather(*(desk.support(proposal_id, email) for email in people))

    assert (await desk.read(proposal_id))["supports"] == 50


async def test_the_answer_is_the_same_whether_the_address_supports_already_and_no_second_mail_goes_out(
    desk: Desk,
) -> None:
    proposal_id = await desk.propose()
    fresh = await desk.ask(proposal_id, ANNA)
    pending = await desk.ask(proposal_id, "ANNA@ens.example")
    await desk.confirm(proposal_id, ANNA)
    desk.now += timedelta(days=30)
    confirmed = await desk.ask(proposal_id, ANNA)

    assert (fresh.status_code, fresh.text) == (pending.status_code, pending.text)
    assert (fresh.status_code, fresh.text) == (confirmed.status_code, confirmed.text)
    names = [name for name, _ in await desk.told("followers")]
    assert names.count("support-requested") == 1


async def test_who_has_not_confirmed_for_a_week_may_have_another_link(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.ask(proposal_id, ANNA)
    desk.now += timedelta(days=7)

    await desk.ask(proposal_id, ANNA)
    await desk.ask(proposal_id, ANNA)

    assert [name for name, _ in await desk.told("followers")] == ["support-requested"] * 2


async def test_an_author_may_support_too_and_stays_the_author(desk: Desk) -> None:
    proposal_id = await desk.propose(email=ANNA)

    await desk.support(proposal_id, ANNA)

    assert (await desk.read(proposal_id))["supports"] == 1
    names = [name for name, _ in await desk.told("followers")]
    assert names == ["proposal-followed", "support-requested"]


@pytest.mark.parametrize("step", ["before the count", "after the count"])
async def test_a_crash_between_the_follower_and_the_proposal_is_made_good_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    proposal_id = await desk.propose()
    await desk.ask(proposal_id, ANNA)
    collection = desk.documents.proposals if step == "before the count" else desk.documents.followers
    change, calls = collection.change, []

    async def crash(*arguments: Any) -> Any:
        calls.append(arguments)
        # the follower's first write confirms, the second one settles
        if step == "before the count" or len(calls) > 1:
            raise ConnectionError
        return await change(*arguments)

    with monkeypatch.context() as broken:
        broken.setattr(collection, "change", crash)
        with pytest.raises(ConnectionError):
            await desk.confirm(proposal_id, ANNA)

    await desk.cases.sweep.complete()
    await desk.cases.sweep.complete()

    assert (await desk.read(proposal_id))["supports"] == 1
    assert [name for name, _ in await desk.told("proposals")].count("proposal-supported") == 1
    [follower] = await desk.followers()
    assert (follower.support, follower.unsettled) == (SupportStep.COUNTED, 0)
    assert (await desk.confirm(proposal_id, ANNA)).json()["supports"] == 1


@pytest.mark.parametrize("verb", ["answer", "decline"])
async def test_what_was_answered_or_declined_takes_no_more_supports(desk: Desk, verb: str) -> None:
    proposal_id = await desk.propose()
    await desk.ask(proposal_id, ANNA)
    await desk.step(proposal_id, verb, {"reason": "Ja hi ha una guia."})

    assert (await desk.ask(proposal_id, "b@ens.example")).status_code == 409
    assert (await desk.confirm(proposal_id, ANNA)).status_code == 409
    assert (await desk.read(proposal_id))["supports"] == 0


async def test_a_link_that_was_not_signed_here_supports_nothing(desk: Desk) -> None:
    proposal_id = await desk.propose()

    assert (await desk.http.post("/api/v1/supports/abc")).status_code == 404
    unknown = await desk.confirm(proposal_id, "never@asked.example")
    assert unknown.status_code == 404


async def test_an_expired_link_says_so(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.ask(proposal_id, ANNA)
    token = desk.token(proposal_id, ANNA)
    desk.now += timedelta(days=31)

    assert (await desk.http.post(f"/api/v1/supports/{token}")).status_code == 410


async def test_reading_the_page_changes_nothing_and_its_button_confirms(desk: Desk) -> None:
    proposal_id = await desk.propose("<script>alert(1)</script>")
    await desk.ask(proposal_id, ANNA)
    path = f"/support/{desk.token(proposal_id, ANNA)}"

    before = await desk.http.get(path)
    assert 'value="support"' in before.text
    assert before.status_code == 200
    assert '<html lang="ca">' in before.text
    assert "<script>" not in before.text
    assert ANNA not in before.text
    assert "unsafe-inline" not in before.headers["content-security-policy"]
    assert before.headers["cache-control"] == "no-store"
    assert (await desk.read(proposal_id))["supports"] == 0

    posted = await desk.send(path, {"what": "support"})
    assert (posted.status_code, posted.headers["location"]) == (303, path)

    after = await desk.http.get(path)
    assert 'value="support"' not in after.text
    assert (await desk.read(proposal_id))["supports"] == 1


async def test_a_wrong_link_is_a_page_in_the_readers_language(desk: Desk) -> None:
    page = await desk.http.get("/support/abc", headers={"Accept-Language": "es"})

    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert '<html lang="es">' in page.text
    assert "Este enlace no es válido" in page.text
