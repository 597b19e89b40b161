"""What is kept of who follows proposals: shown, taken along, erased, and gone by itself after a time."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.proposals.store import UNSETTLED
from shared.security.erasing import Note
from shared.security.links import SUPPORT_LINK_LIFE, LinkPurpose
from tests.integration.proposals.conftest import STAFF, Desk

ANNA, BERNAT = "anna@ens.example", "bernat@ens.example"
KEPT_FOR, KEPT_WITHOUT_NEWS = timedelta(days=90), timedelta(days=365)


async def addresses(desk: Desk) -> list[str]:
    return sorted(follower.email for follower in await desk.followers() if follower.email)


async def erase(desk: Desk, proposal_id: str, email: str = ANNA) -> str:
    path = desk.following(proposal_id, email)
    answer = await desk.send(f"{path}/erase")
    assert (answer.status_code, answer.headers["location"]) == (303, "/following/erased")
    return path


@pytest.fixture
async def known(desk: Desk) -> list[str]:
    """Anna made the first proposal, supports the second and was asked to confirm the third. Bernat supports as well."""
    first = await desk.propose("Contractes menors", email=ANNA)
    second, third = await desk.propose("Actes del ple"), await desk.propose("Agendes")
    await desk.support(second, ANNA)
    await desk.ask(third, ANNA)
    await desk.support(second, BERNAT)
    return [first, second, third]


async def test_the_page_shows_all_that_is_kept_and_changes_nothing(desk: Desk, known: list[str]) -> None:
    before = await desk.followers()
    page = await desk.http.get(desk.following(known[1], ANNA))
    assert page.status_code == 200
    for words in (ANNA, "Contractes menors", "Actes del ple", "Agendes", "La vau proposar.", "Hi doneu suport."):
        assert words in page.text
    assert "No heu confirmat que hi doneu suport." in page.text
    assert BERNAT not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert (await desk.http.get(f"{desk.following(known[1], ANNA)}/erase")).status_code == 200
    assert await desk.followers() == before


async def test_what_is_taken_along_is_all_that_is_kept_and_nobody_elses(desk: Desk, known: list[str]) -> None:
    answer = await desk.http.get(f"{desk.following(known[0], ANNA)}/data.json")
    assert "attachment" in answer.headers["content-disposition"]
    followed = {each["proposal"]: each for each in answer.json()["followed"]}
    assert followed.keys() == set(known)
    assert {each["email"] for each in followed.values()} == {ANNA}
    assert (followed[known[0]]["role"], followed[known[1]]["support"]) == ("author", "counted")
    assert (followed[known[2]]["support"], followed[known[2]]["follows"]) == ("requested", False)


async def test_erased_is_the_address_everywhere_and_the_proposals_stay(
    desk: Desk, known: list[str], tmp_path: Path
) -> None:
    await erase(desk, known[0])
    assert await addresses(desk) == [BERNAT]
    assert (await desk.read(known[0]))["title"] == "Contractes menors"
    assert (await desk.read(known[1]))["supports"] == 2, "what was supported stays supported"
    told = await desk.told("followers")
    assert [name for name, event in told if ANNA in str(event)] == []
    assert [name for name, _ in told].count("follower-erased") == 3
    await desk.store.compact()
    assert not [file for file in tmp_path.iterdir() if ANNA.encode() in file.read_bytes()]


async def test_afterwards_no_link_leads_anywhere(desk: Desk, known: list[str]) -> None:
    links = [desk.following(each, ANNA) for each in known]
    supports = [f"/support/{desk.token(each, ANNA)}" for each in known]
    await erase(desk, known[0])
    assert (await desk.http.get("/following/erased")).status_code == 200
    for path in [*links, *(f"{link}/data.json" for link in links), *supports]:
        answer = await desk.http.get(path)
        assert (answer.status_code, "es van esborrar" in answer.text) == (410, True)
    assert (await desk.confirm(known[2], ANNA)).status_code == 410


async def test_another_purpose_or_nobodys_link_opens_nothing(desk: Desk, known: list[str]) -> None:
    other = desk.token(known[0], ANNA, LinkPurpose.SUPPORT)
    never = desk.token(known[0], "never@ens.example", LinkPurpose.FOLLOWING)
    for token in (other, never, "a" * 48):
        for rest in ("", "/data.json", "/erase"):
            assert (await desk.http.get(f"/following/{token}{rest}")).status_code == 404
    assert ANNA in await addresses(desk)


async def test_an_erasure_that_a_crash_left_is_finished_once_its_event_is_out(desk: Desk, known: list[str]) -> None:
    follower_id = desk.cases.followers.id_of(known[0], ANNA)
    await desk.documents.erasures.put(Note(id=follower_id, generation=1))  # and then the process died
    await desk.cases.erasing.step()
    assert (await addresses(desk)).count(ANNA) == 2
    assert desk.purger.purged == []
    await desk.publish()
    for _ in range(2):
        await desk.cases.erasing.step()
    assert desk.purger.purged == [follower_id]
    assert await desk.cases.erasing.unfinished() == 0


async def test_who_comes_back_has_to_confirm_again_counts_once_and_is_not_purged(desk: Desk, known: list[str]) -> None:
    await erase(desk, known[1])
    assert (await desk.ask(known[1], ANNA)).status_code == 202
    assert ANNA in await addresses(desk)
    assert (await desk.confirm(known[1], ANNA)).json()["supports"] == 2
    await desk.publish()
    await desk.cases.erasing.step()
    back = desk.cases.followers.id_of(known[1], ANNA)
    assert len(desk.purger.purged) == 2
    assert back not in desk.purger.purged


async def test_a_merge_on_its_way_keeps_nobody_who_was_erased_meanwhile(
    desk: Desk, known: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    create, path = desk.documents.followers.create, desk.following(known[1], ANNA)

    async def slow(*arguments: Any) -> bool:
        if (await desk.http.get(path)).status_code == 200:
            await erase(desk, known[1])
        return await create(*arguments)

    monkeypatch.setattr(desk.documents.followers, "create", slow)
    await desk.step(known[1], "merge", {"into": known[2]})
    assert ANNA not in await addresses(desk)


async def test_an_erased_follower_goes_nowhere_when_the_proposal_is_merged(desk: Desk, known: list[str]) -> None:
    await erase(desk, known[1])
    follower_id = desk.cases.followers.id_of(known[1], ANNA)
    await desk.store.update("followers", follower_id, assign={"unsettled": 1})  # as a crash may leave it
    await desk.step(known[1], "merge", {"into": known[0]})
    await desk.cases.sweep.complete()
    assert await desk.documents.followers.count(UNSETTLED) == 0
    assert await addresses(desk) == [BERNAT, BERNAT]
    assert (await desk.read(known[0]))["supports"] == 1


async def test_an_author_that_a_crash_left_in_the_proposal_is_erased_too(
    desk: Desk, known: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(desk.documents.followers, "create", _die)
        with pytest.raises(ConnectionError):
            await desk.propose("Bústia ètica", email=ANNA)
    await desk.cases.following.erase(desk.token(known[0], ANNA, LinkPurpose.FOLLOWING))
    await desk.cases.sweep.complete()
    assert ANNA not in str(await desk.store.find("proposals")) + str(await desk.store.find("followers"))


async def _die(*_: Any) -> bool:
    raise ConnectionError


@pytest.mark.parametrize("verb", ["answer", "decline"])
async def test_after_its_end_the_addresses_are_kept_for_the_time_that_is_set(
    desk: Desk, known: list[str], verb: str
) -> None:
    await desk.confirm(known[2], ANNA)
    await desk.step(known[1], verb, {"reason": "Fet."})
    desk.now += KEPT_FOR - timedelta(minutes=1)
    await desk.cases.following.erase_past(KEPT_FOR, KEPT_WITHOUT_NEWS)
    assert await addresses(desk) == [ANNA, ANNA, ANNA, BERNAT]
    desk.now += timedelta(minutes=2)
    await desk.cases.following.erase_past(KEPT_FOR, KEPT_WITHOUT_NEWS)
    assert await addresses(desk) == [ANNA, ANNA], "those of proposals that go on stay"


async def test_without_news_the_addresses_are_kept_for_the_time_that_is_set(desk: Desk, known: list[str]) -> None:
    await desk.step(known[1], "merge", {"into": known[0]})
    desk.now += KEPT_WITHOUT_NEWS - timedelta(days=1)
    await desk.step(known[0], "review")
    late = await desk.propose("Una de nova", email=BERNAT)
    desk.now += timedelta(days=2)
    await desk.cases.following.erase_past(KEPT_FOR, KEPT_WITHOUT_NEWS)
    assert ANNA in await addresses(desk), "there was news of the first, and of the second in the first"
    desk.now += KEPT_WITHOUT_NEWS - timedelta(days=3)
    await desk.cases.following.erase_past(KEPT_FOR, KEPT_WITHOUT_NEWS)
    assert BERNAT in await addresses(desk)
    desk.now += timedelta(days=2)
    await desk.cases.following.erase_past(KEPT_FOR, KEPT_WITHOUT_NEWS)
    assert await addresses(desk) == []
    assert (await desk.documents.proposal(late)).title == "Una de nova", "the proposal itself stays"


async def test_who_followed_a_merged_proposal_is_kept_as_long_as_the_one_in_which_it_goes_on(
    desk: Desk, known: list[str]
) -> None:
    await desk.confirm(known[2], ANNA)
    await desk.step(known[1], "merge", {"into": known[0]})
    desk.now += 2 * KEPT_FOR
    await desk.cases.following.erase_past(KEPT_FOR, KEPT_WITHOUT_NEWS)
    assert (await addresses(desk)).count(BERNAT) == 2, "in both, while the other one is open"
    await desk.step(known[0], "answer", {})
    desk.now += KEPT_FOR + timedelta(minutes=1)
    await desk.cases.following.erase_past(KEPT_FOR, KEPT_WITHOUT_NEWS)
    assert await addresses(desk) == [ANNA], "of the third one, which is open"


async def test_a_proposal_taken_up_again_keeps_its_followers(desk: Desk, known: list[str]) -> None:
    await desk.step(known[1], "decline", {"reason": "No."})
    await desk.step(known[1], "review")
    desk.now += 2 * KEPT_FOR
    await desk.cases.following.erase_past(KEPT_FOR, KEPT_WITHOUT_NEWS)
    assert BERNAT in await addresses(desk)


async def test_a_support_that_is_not_confirmed_is_kept_as_long_as_its_link_works(desk: Desk, known: list[str]) -> None:
    author_too = await desk.ask(known[0], ANNA)
    assert author_too.status_code == 202
    desk.now += SUPPORT_LINK_LIFE - timedelta(minutes=1)
    await desk.cases.following.erase_past(KEPT_FOR, KEPT_WITHOUT_NEWS)
    assert (await addresses(desk)).count(ANNA) == 3
    desk.now += timedelta(minutes=2)
    await desk.cases.following.erase_past(KEPT_FOR, KEPT_WITHOUT_NEWS)
    assert (await addresses(desk)).count(ANNA) == 2, "its author follows anyway, whatever was asked for besides"


async def test_the_office_reads_and_erases_for_who_asks(desk: Desk, known: list[str]) -> None:
    for verb in ("export", "erase"):
        assert (await desk.http.post(f"/api/v1/followers/{verb}", json={"email": ANNA})).status_code == 401
    asked = {"json": {"email": " ANNA@ens.example"}, "headers": STAFF}
    exported = (await desk.http.post("/api/v1/followers/export", **asked)).json()
    assert {each["proposal"] for each in exported["followed"]} == set(known)
    erased = (await desk.http.post("/api/v1/followers/erase", **asked)).json()
    assert erased == {"erased": 3, "unfinished": 3}
    assert await addresses(desk) == [BERNAT]
    await desk.publish()
    await desk.cases.erasing.step()
    assert (await desk.http.post("/api/v1/followers/erase", **asked)).json() == {"erased": 0, "unfinished": 0}
    noted = await desk.acts()
    assert [entry.action for entry in noted] == ["follower.exported"] * 3 + ["follower.erased"] * 3
    assert ANNA not in str(noted)


async def test_the_sweep_tells_again_that_a_follower_was_erased(desk: Desk, known: list[str]) -> None:
    await erase(desk, known[0])
    await desk.publish()
    await desk.cases.sweep.republish_follower(desk.cases.followers.id_of(known[0], ANNA))
    [(name, event)] = await desk.told("followers")
    assert (name, event["version"]) == ("follower-erased", 2)
