"""What the programme office does with proposals, and what the sessions' events do."""

import pytest

from shared.events.vocabulary import SessionStatus
from tests.integration.proposals.conftest import STAFF, Desk


@pytest.mark.parametrize("verb", ["review", "schedule", "answer", "decline", "merge"])
async def test_steps_are_for_the_office_only(desk: Desk, verb: str) -> None:
    proposal_id = await desk.propose()
    body = {"schedule": {"session": "a"}, "decline": {"reason": "r"}, "merge": {"into": "a"}}.get(verb, {})

    answer = await desk.http.post(f"/api/v1/proposals/{proposal_id}/{verb}", json=body)

    assert answer.status_code == 401
    assert (await desk.read(proposal_id))["state"] == "received"


async def test_every_step_tells(desk: Desk) -> None:
    proposal_id = await desk.propose()
    session = await desk.schedule_session()

    assert (await desk.step(proposal_id, "review")).json()["state"] == "under_review"
    assert (await desk.step(proposal_id, "schedule", {"session": session})).json()["session"] == session
    await desk.end_session(session)

    proposal = await desk.read(proposal_id)
    assert (proposal["state"], proposal["session"]) == ("answered_in_session", session)
    told = await desk.told("proposals")
    assert [name for name, _ in told] == [
        "topic-proposed",
        "proposal-review-started",
        "proposal-scheduled",
        "proposal-answered",
    ]
    assert [event["version"] for _, event in told] == [1, 2, 3, 4]
    assert told[-1][1]["session_id"] == session


async def test_a_step_taken_twice_tells_once(desk: Desk) -> None:
    proposal_id = await desk.propose()

    for _ in range(2):
        assert (await desk.step(proposal_id, "decline", {"reason": "Fora d'abast."})).status_code == 200

    assert [name for name, _ in await desk.told("proposals")] == ["topic-proposed", "proposal-declined"]


async def test_declining_needs_a_reason_and_keeps_it(desk: Desk) -> None:
    proposal_id = await desk.propose()

    assert (await desk.step(proposal_id, "decline")).status_code == 422
    assert (await desk.step(proposal_id, "decline", {"reason": "  "})).status_code == 422
    declined = (await desk.step(proposal_id, "decline", {"reason": "Fora d'abast."})).json()

    assert (declined["state"], declined["reason"]) == ("declined", "Fora d'abast.")


async def test_a_wrong_step_says_which_are_possible(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.step(proposal_id, "decline", {"reason": "Fora d'abast."})

    answer = await desk.http.post(
        f"/api/v1/proposals/{proposal_id}/answer", json={}, headers=STAFF | {"Accept-Language": "en"}
    )

    assert answer.status_code == 409
    problem = answer.json()
    assert problem["title"] == "The proposal was declined: it can only be reviewed again."
    assert (problem["state"], problem["possible"]) == ("declined", "under_review")


async def test_a_session_that_is_unknown_or_over_is_pointed_at(desk: Desk) -> None:
    proposal_id = await desk.propose()

    unknown = await desk.step(proposal_id, "schedule", {"session": "nothing"})
    session = await desk.schedule_session()
    await desk.cancel_session(session)
    over = await desk.step(proposal_id, "schedule", {"session": session})

    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/session")
    assert (over.status_code, over.json()["type"]) == (422, "urn:dijous:problem:session-over")


async def test_several_are_linked_to_one_session_or_none_is(desk: Desk) -> None:
    first, second, gone = [await desk.propose(title) for title in ("U", "Dos", "Tres")]
    session = await desk.schedule_session()
    await desk.step(gone, "decline", {"reason": "No"})

    async def schedule(*ids: str) -> tuple[int, str]:
        answer = await desk.http.post(
            "/api/v1/proposals/schedule", json={"session": session, "proposals": ids}, headers=STAFF
        )
        return answer.status_code, answer.text

    assert (await schedule(first, gone))[0] == 409
    status, text = await schedule(first, "nothing")
    assert status == 422
    assert "/proposals/1" in text
    assert (await desk.read(first))["state"] == "received"
    assert (await schedule(first, second))[0] == 200

    await desk.end_session(session)

    assert {(await desk.read(each))["state"] for each in (first, second)} == {"answered_in_session"}


async def test_a_cancelled_session_gives_its_proposals_back(desk: Desk) -> None:
    proposal_id = await desk.propose()
    session = await desk.schedule_session()
    await desk.step(proposal_id, "schedule", {"session": session})

    await desk.cancel_session(session)
    await desk.cancel_session(session)

    proposal = await desk.read(proposal_id)
    assert (proposal["state"], proposal["session"]) == ("under_review", None)
    reviews = [data for name, data in await desk.told("proposals") if name == "proposal-review-started"]
    assert [data["cancelled_session_id"] for data in reviews] == [session]


async def test_a_review_after_another_step_is_not_for_the_cancelled_session(desk: Desk) -> None:
    proposal_id = await desk.propose()
    session = await desk.schedule_session()
    await desk.step(proposal_id, "schedule", {"session": session})
    await desk.cancel_session(session)

    await desk.step(proposal_id, "review", {})  # is under review already
    await desk.step(proposal_id, "decline", {"reason": "No"})
    await desk.step(proposal_id, "review", {})

    told = [(name, data["cancelled_session_id"]) for name, data in await desk.told("proposals")][-3:]
    assert told == [
        ("proposal-review-started", session),
        ("proposal-declined", ""),
        ("proposal-review-started", ""),
    ]


async def test_old_news_of_a_session_changes_nothing(desk: Desk) -> None:
    session = await desk.schedule_session()
    await desk.end_session(session, version=5)

    await desk.schedule_session(session, version=3)
    await desk.cancel_session(session, version=4)

    known = await desk.documents.sessions.get(session)
    assert known
    assert (known.status, known.seen) == ("ended", 5)


async def test_news_of_the_same_version_runs_again(desk: Desk) -> None:
    session = await desk.schedule_session(version=2)

    await desk.end_session(session, version=2)

    known = await desk.documents.sessions.get(session)
    assert known
    assert (known.status, known.seen) == ("ended", 2)


async def test_a_proposal_scheduled_while_its_session_ended_is_answered_by_the_sweep(desk: Desk) -> None:
    proposal_id = await desk.propose()
    session = await desk.schedule_session()
    await desk.step(proposal_id, "schedule", {"session": session})
    known = await desk.documents.sessions.get(session)
    assert known
    await desk.documents.sessions.apply(known.model_copy(update={"status": SessionStatus.ENDED, "seen": 2}))

    await desk.cases.sweep.complete()

    assert (await desk.read(proposal_id))["state"] == "answered_in_session"


async def test_missing_of_an_inventory_is_what_is_missing_or_older(desk: Desk) -> None:
    await desk.schedule_session("a", version=1)
    await desk.schedule_session("b", version=2)

    assert await desk.documents.sessions.missing([("a", 2), ("b", 2), ("c", 1)]) == ["a", "c"]
    assert await desk.documents.programmes.missing([]) == []


async def test_telling_again_repeats_the_version_and_changes_nothing_else(desk: Desk) -> None:
    proposal_id = await desk.propose(email="anna@ens.example")
    await desk.ask(proposal_id, "b@ens.example")
    before = await desk.documents.proposals.get(proposal_id)
    assert before

    await desk.cases.sweep.republish_proposal(proposal_id)
    for follower in await desk.followers():
        await desk.cases.sweep.republish_follower(follower.id)

    after = await desk.documents.proposals.get(proposal_id)
    assert after
    assert after.announced == before.announced
    assert [(name, event["version"]) for name, event in await desk.told("proposals")] == [("topic-proposed", 1)] * 2
    told = sorted(name for name, _ in await desk.told("followers"))
    assert told == ["proposal-followed"] * 2 + ["support-requested"] * 2
