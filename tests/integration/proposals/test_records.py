"""What stands in the record is what was decided: no more and no less, by the pages and by the API."""

import asyncio
from typing import Any

import pytest

from shared.clock import to_millis
from tests.integration.proposals.conftest import STAFF, Desk
from tests.integration.proposals.crashing import dying_after

ANNA, BERNAT = "anna@ens.example", "bernat@ens.example"


async def noted(desk: Desk) -> list[tuple[str, str, dict[str, Any]]]:
    """Act, subject and details of all entries, by these: the clock stands still."""
    return sorted((entry.action, entry.subject, entry.details) for entry in await desk.acts())


@pytest.mark.parametrize(
    ("step", "form", "body"),
    [
        ("review", {}, {}),
        ("schedule", {"session": "sessiona"}, {"session": "sessiona"}),
        ("answer", {"answer": "Quatre anys."}, {"reason": "Quatre anys."}),
        ("decline", {"reason": "Ja hi ha una guia."}, {"reason": "Ja hi ha una guia."}),
        ("merge", {"into": "TARGET"}, {"into": "TARGET"}),
    ],
)
async def test_a_step_by_the_page_and_by_the_api_leaves_the_same_record(
    desk: Desk, step: str, form: dict[str, str], body: dict[str, str]
) -> None:
    desk.sign_in()
    await desk.schedule_session()
    ids = {"TARGET": await desk.propose("Una altra cosa")}
    form, body = ({name: ids.get(value, value) for name, value in sent.items()} for sent in (form, body))
    first, second = await desk.propose("Una"), await desk.propose("Dues")
    page = f"/office/proposals/{first}"

    assert (await desk.send(f"{page}/{step}", {**form, "confirmed": "1"}, page=page)).status_code == 303
    assert (await desk.step(second, step, body)).status_code == 200

    by_api, by_page = sorted(await desk.acts(), key=lambda entry: entry.member_name)
    assert (by_api.member_name, by_api.subject, by_page.member_name, by_page.subject) == ("API", second, "Aina", first)
    assert (by_page.action, by_page.details, to_millis(by_page.at)) == (
        by_api.action,
        by_api.details,
        to_millis(desk.now),
    )
    assert by_api.details == body


async def test_of_two_steps_at_once_only_the_one_that_was_taken_is_recorded(desk: Desk) -> None:
    proposal_id = await desk.propose()

    answers = await asyncio.gather(
        desk.step(proposal_id, "answer", {"reason": "Quatre anys."}), desk.step(proposal_id, "review")
    )

    assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 200])
    taken = [step["state"] for step in (await desk.store.get("proposals", proposal_id) or {})["history"]]
    acts = {"answered_in_session": "proposal.answered", "under_review": "proposal.reviewed"}
    assert [entry.action for entry in await desk.acts()] == [acts[state] for state in taken]


async def test_the_same_step_by_several_at_once_is_recorded_once(desk: Desk) -> None:
    proposal_id = await desk.propose()

    answers = await asyncio.gather(*(desk.step(proposal_id, "review") for _ in range(5)))

    assert {answer.status_code for answer in answers} == {200}
    assert await noted(desk) == [("proposal.reviewed", proposal_id, {})]


async def test_a_refused_step_and_one_that_changes_nothing_leave_no_record(desk: Desk) -> None:
    proposal_id, other = await desk.propose(), await desk.propose("Una altra")
    await desk.step(proposal_id, "decline", {"reason": "No."})

    again = await desk.step(proposal_id, "decline", {"reason": "No."})
    refused = [
        await desk.step(proposal_id, "answer"),
        await desk.step(proposal_id, "schedule", {"session": "nowhere"}),
        await desk.step(other, "merge", {"into": proposal_id}),
        await desk.step(other, "merge", {"into": other}),
        await desk.step("nowhere", "review"),
    ]

    assert again.status_code == 200
    assert [answer.status_code for answer in refused] == [409, 422, 409, 409, 404]
    assert await noted(desk) == [("proposal.declined", proposal_id, {"reason": "No."})]


async def test_every_proposal_of_one_scheduling_has_its_record(desk: Desk) -> None:
    session, chosen = await desk.schedule_session(), [await desk.propose("Una"), await desk.propose("Dues")]
    for _ in range(2):
        answer = await desk.http.post(
            "/api/v1/proposals/schedule", json={"proposals": chosen, "session": session}, headers=STAFF
        )
        assert answer.status_code == 200
    assert await noted(desk) == [("proposal.scheduled", each, {"session": session}) for each in sorted(chosen)]


async def test_a_step_that_dies_before_it_is_stored_leaves_no_record(desk: Desk) -> None:
    proposal_id = await desk.propose()
    with dying_after(desk.store, 0):
        await desk.step(proposal_id, "review")
    assert await noted(desk) == []


@pytest.mark.parametrize("writes", range(7))
async def test_an_erasure_stopped_after_any_write_is_recorded_once_of_everybody_erased(desk: Desk, writes: int) -> None:
    for title in ("Contractes menors", "Actes del ple", "Agendes"):
        await desk.propose(title, email=ANNA)
    await desk.propose("Padró", email=BERNAT)
    asked = {"json": {"email": ANNA}, "headers": STAFF}
    known = sorted(follower.id for follower in await desk.documents.followers_with(ANNA))

    if writes < 6:
        with dying_after(desk.store, writes):
            await desk.http.post("/api/v1/followers/erase", **asked)
    assert [subject for _, subject, _ in await noted(desk)] == [
        follower.id for follower in await desk.followers() if not follower.email and follower.erased_at
    ]
    await desk.cases.erasing.step()
    assert (await desk.http.post("/api/v1/followers/erase", **asked)).status_code == 200

    assert await noted(desk) == [("follower.erased", each, {}) for each in known]


async def test_who_erases_their_own_address_leaves_no_record_of_the_office(desk: Desk) -> None:
    proposal_id = await desk.propose("Contractes menors", email=ANNA)
    assert (await desk.send(f"{desk.following(proposal_id, ANNA)}/erase")).status_code == 303
    assert await noted(desk) == []


async def test_what_goes_out_is_recorded_before(desk: Desk) -> None:
    await desk.propose("Contractes menors", email=ANNA)
    with dying_after(desk.store, 0):
        await desk.http.post("/api/v1/followers/export", json={"email": ANNA}, headers=STAFF)
        raise AssertionError("data went out without a record")


async def _purge(follower_id: str) -> None:
    """There is no broker."""
