"""Proposing and listing over the API."""

import asyncio

import pytest

from services.proposals.domain.followers import SupportStep
from services.proposals.store import UNSETTLED
from tests.integration.proposals.conftest import PROGRAMME, Desk


async def test_a_proposal_is_received_and_told(desk: Desk) -> None:
    answer = await desk.http.post(
        "/api/v1/proposals",
        json={
            "programme": PROGRAMME,
            "title": "  Contractes menors  ",
            "body": "Cada mes\r\nel mateix.",
            "kind": "doubt",
        },
    )

    assert answer.status_code == 202
    assert answer.json()["state"] == "received"
    proposal = await desk.read(answer.json()["id"])
    assert (proposal["title"], proposal["body"], proposal["kind"]) == (
        "Contractes menors",
        "Cada mes\nel mateix.",
        "doubt",
    )
    assert proposal["supports"] == 0
    assert proposal["session"] is None
    [(name, event)] = await desk.told("proposals")
    assert name == "topic-proposed"
    assert event["title"] == "Contractes menors"
    assert event["version"] == 1


async def test_the_author_with_an_address_follows_and_the_address_is_nowhere_else(desk: Desk) -> None:
    proposal_id = await desk.propose(email="Nuria@Alamus.example", language="es")

    [(name, event)] = await desk.told("followers")
    assert name == "proposal-followed"
    assert (event["role"], event["email"], event["language"]) == ("author", "nuria@alamus.example", "es")
    proposal = await desk.documents.proposals.get(proposal_id)
    assert proposal
    assert (proposal.author, proposal.unsettled) == (None, 0)
    assert "alamus" not in str(await desk.read(proposal_id))
    assert "alamus" not in str(await desk.told("proposals"))


async def test_the_same_proposal_sent_twenty_times_at_once_is_one(desk: Desk) -> None:
    ids = await asyncio.gather(*(desk.propose(email="nuria@alamus.example") for _ in range(20)))

    assert len(set(ids)) == 1
    assert len(await desk.told("proposals")) == 1
    assert len(await desk.told("followers")) == 1


async def test_a_follower_that_a_crash_left_out_is_added_by_the_sweep(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(desk.cases.followers, "add_author", crash)
        with pytest.raises(ConnectionError):
            await desk.propose(email="nuria@alamus.example")
    assert await desk.told("followers") == []

    await desk.cases.sweep.complete()

    assert [name for name, _ in await desk.told("followers")] == ["proposal-followed"]
    assert await desk.documents.proposals.count(UNSETTLED) == 0


async def test_an_unknown_programme_is_pointed_at(desk: Desk) -> None:
    answer = await desk.http.post(
        "/api/v1/proposals", json={"programme": "nowhere", "title": "x"}, headers={"Accept-Language": "en"}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/programme", "detail": "There is no such programme."}]


async def test_what_a_paste_leaves_unseen_is_left_out(desk: Desk) -> None:
    pasted = {"title": "\u200bActes\tdel ple\ufeff", "body": "\u2060Com\n\tes fa"}
    answer = await desk.http.post("/api/v1/proposals", json={"programme": PROGRAMME, **pasted})

    stored = (await desk.http.get(f"/api/v1/proposals/{answer.json()['id']}")).json()
    assert (stored["title"], stored["body"]) == ("Actes del ple", "Com\n\tes fa")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"title": "\u2800\u034f"}, "/title"),
        ({"title": "a" * 201}, "/title"),
        ({"title": "two\nlines"}, "/title"),
        ({"title": "bell\x07"}, "/title"),
        ({"title": "t", "body": "a" * 4001}, "/body"),
        ({"title": "t", "body": "nul\x00"}, "/body"),
        ({"title": "t", "email": '"a" <a@b.example>'}, "/email"),
        ({"title": "t", "state": "scheduled"}, "/state"),
        ({"title": "t", "language": "fr"}, "/language"),
    ],
)
async def test_what_is_not_right_is_refused_with_a_pointer(desk: Desk, fields: dict[str, str], pointer: str) -> None:
    answer = await desk.http.post("/api/v1/proposals", json={"programme": PROGRAMME, **fields})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert await desk.told("proposals") == []


async def test_lists_are_paged_without_a_gap_or_a_repetition(desk: Desk) -> None:
    ids = [await desk.propose(f"Tema {number}") for number in range(5)]
    await desk.support(ids[3], "a@ens.example")
    for order in ("newest", "supports"):
        seen: list[str] = []
        params: dict[str, str | int] = {"programme": PROGRAMME, "order": order, "limit": 2, "state": "received"}
        while True:
            page = (await desk.http.get("/api/v1/proposals", params=params)).json()
            seen += [item["id"] for item in page["items"]]
            if not page["next"]:
                break
            params["cursor"] = page["next"]
        assert sorted(seen) == sorted(ids)
        if order == "supports":
            assert seen[0] == ids[3]


async def test_the_newest_come_first(desk: Desk) -> None:
    first = await desk.propose("Primera")
    desk.now = desk.now.replace(hour=10)
    second = await desk.propose("Segona")

    page = (await desk.http.get("/api/v1/proposals")).json()

    assert [item["id"] for item in page["items"]] == [second, first]


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "bm90IGpzb24", "W3RydWUsICJhIl0", "W1tdLCAiYSJd", "WzE4NDQ2NzQ0MDczNzA5NTUxNjE1LCJhIl0"]
)
async def test_a_cursor_of_nobody_is_refused(desk: Desk, cursor: str) -> None:
    answer = await desk.http.get("/api/v1/proposals", params={"cursor": cursor})

    assert answer.status_code == 422


async def test_similar_titles_are_found_whatever_their_accents(desk: Desk) -> None:
    near = await desk.propose("Publicació dels contractes menors")
    await desk.propose("Accessibilitat del web municipal")

    answer = await desk.http.get(
        "/api/v1/proposals/similar", params={"programme": PROGRAMME, "title": "publicacio de CONTRACTES menors"}
    )

    assert [(item["id"], item["language"]) for item in answer.json()["items"]] == [(near, "ca")]


async def test_a_proposal_that_is_not_there_is_not_found(desk: Desk) -> None:
    assert (await desk.http.get("/api/v1/proposals/nothing")).status_code == 404


async def test_who_only_proposed_has_no_support_counted(desk: Desk) -> None:
    await desk.propose(email="nuria@alamus.example")

    [author] = await desk.followers()

    assert author.support is SupportStep.NONE
