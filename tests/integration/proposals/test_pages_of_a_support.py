"""Asking to support a proposal, and the personal page that confirms it. Both work as a browser without scripts."""

from datetime import timedelta

from tests.integration.proposals.conftest import Desk

ANNA = "anna@ens.example"


async def test_asking_to_support_says_the_same_whatever_is_stored(desk: Desk) -> None:
    proposal_id = await desk.propose()
    path = f"/proposals/{proposal_id}"

    fresh = await desk.send(path, {"email": ANNA})
    again = await desk.send(path, {"email": ANNA})
    await desk.confirm(proposal_id, ANNA)
    confirmed = await desk.send(path, {"email": ANNA})

    assert {answer.status_code for answer in (fresh, again, confirmed)} == {303}
    assert {answer.headers["location"] for answer in (fresh, again, confirmed)} == {f"{path}?asked=1#support"}
    names = [name for name, _ in await desk.told("followers")]
    assert names.count("support-requested") == 1


async def test_a_wrong_address_is_asked_for_again(desk: Desk) -> None:
    answer = await desk.send(f"/proposals/{await desk.propose()}", {"email": "a@x.example, b@x.example"})

    assert answer.status_code == 422
    assert 'value="a@x.example, b@x.example"' in answer.text
    assert await desk.told("followers") == []


async def test_an_address_to_support_with_comes_back_too(desk: Desk) -> None:
    proposal_id = await desk.propose()
    answer = await desk.http.post(f"/proposals/{proposal_id}", data={"email": ANNA, "csrf": "old"})

    assert answer.status_code == 403
    assert f'value="{ANNA}"' in answer.text
    assert await desk.told("followers") == []


async def test_a_support_that_comes_too_late_says_why(desk: Desk) -> None:
    proposal_id = await desk.propose()
    shown = await desk.http.get(f"/proposals/{proposal_id}")
    token = shown.text.partition('name="csrf" value="')[2].partition('"')[0]
    await desk.step(proposal_id, "answer")

    answer = await desk.http.post(f"/proposals/{proposal_id}", data={"csrf": token, "email": ANNA})

    assert answer.status_code == 409
    assert "no admet més suports" in answer.text


async def test_the_link_supports_by_its_button_and_once_more_changes_nothing(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.ask(proposal_id, ANNA)
    path = f"/support/{desk.token(proposal_id, ANNA)}"
    shown = await desk.http.get(path)
    token = shown.text.partition('name="csrf" value="')[2].partition('"')[0]

    for _ in range(2):
        answer = await desk.http.post(path, data={"csrf": token, "what": "support"})
        assert (answer.status_code, answer.headers["location"]) == (303, path)

    assert "El vostre suport ja compta" in (await desk.http.get(path)).text
    assert (await desk.read(proposal_id))["supports"] == 1


async def test_the_link_may_only_follow_and_support_later(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.ask(proposal_id, ANNA)
    path = f"/support/{desk.token(proposal_id, ANNA)}"

    await desk.send(path, {"what": "follow"})

    assert (await desk.read(proposal_id))["supports"] == 0
    assert [name for name, _ in await desk.told("followers")] == ["support-requested", "proposal-followed"]
    following = (await desk.http.get(path)).text
    assert "Seguiu aquesta proposta" in following
    assert 'value="follow"' not in following

    await desk.send(path, {"what": "support"})

    assert (await desk.read(proposal_id))["supports"] == 1
    assert [name for name, _ in await desk.told("followers")] == ["support-requested", "proposal-followed"]


async def test_who_only_follows_goes_along_with_a_merge_that_was_before(desk: Desk) -> None:
    source, target = await desk.propose("Agendes"), await desk.propose("Agenda dels càrrecs")
    await desk.ask(source, ANNA)
    await desk.step(source, "merge", {"into": target})

    await desk.send(f"/support/{desk.token(source, ANNA)}", {"what": "follow"})

    followed = [event["proposal_id"] for name, event in await desk.told("followers") if name == "proposal-followed"]
    assert sorted(followed) == sorted([source, target])
    assert (await desk.read(target))["supports"] == 0


async def test_a_link_without_a_form_of_ours_supports_nothing(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.ask(proposal_id, ANNA)

    answer = await desk.http.post(f"/support/{desk.token(proposal_id, ANNA)}")

    assert answer.status_code == 403
    assert (await desk.read(proposal_id))["supports"] == 0


async def test_an_expired_link_is_a_page_that_says_so(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.ask(proposal_id, ANNA)
    path = f"/support/{desk.token(proposal_id, ANNA)}"
    desk.now += timedelta(days=31)

    answer = await desk.http.get(path, headers={"Accept-Language": "en"})

    assert (answer.status_code, answer.headers["cache-control"]) == (410, "no-store")
    assert "Aquest enllaç ha caducat" in answer.text, "in the language in which the support was asked for"


async def test_too_many_supports_from_one_origin_are_refused(desk: Desk) -> None:
    desk.limit(desk.cases.supports, per_address=0, per_origin=3)
    proposal_id = await desk.propose()
    for number in range(3):
        assert (await desk.ask(proposal_id, f"p{number}@ens.example")).status_code == 202

    page = await desk.send(f"/proposals/{proposal_id}", {"email": ANNA})

    assert page.status_code == 429
    assert f'value="{ANNA}"' in page.text
    assert (await desk.ask(proposal_id, "p0@ens.example")).status_code == 202
    assert await desk.cases.limits.forget() is False
    desk.now += timedelta(hours=1)
    await desk.cases.limits.forget()
    assert await desk.store.count("limits") == 0
    assert (await desk.ask(proposal_id, ANNA)).status_code == 202


async def test_counters_hold_neither_addresses_nor_origins(desk: Desk) -> None:
    await desk.ask(await desk.propose(email=ANNA), ANNA)

    counters = await desk.store.find("limits")

    assert len(counters) == 4
    assert ANNA not in str(counters)
    assert "127.0.0.1" not in str(counters)
