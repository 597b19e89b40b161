"""The programme office's pages: what there is to deal with, every step with its confirmation, roles, the audit."""

import pytest

from services.proposals.handlers import routes
from shared.events.registration import OfficeAccessChanged
from shared.staff import Role
from tests.integration.proposals.conftest import Desk
from tests.support.handling import handle

ANNA, BERNAT = "anna@ens.example", "bernat@ens.example"
EVIL = '<script>alert("x")</script>'


async def acts(desk: Desk) -> list[tuple[str, str]]:
    return [(entry.member_name, entry.action) for entry in await desk.acts()]


async def test_who_is_not_signed_in_is_led_to_the_sign_in(desk: Desk) -> None:
    answer = await desk.http.get("/office/proposals?state=declined")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/office/sign-in?next=/office/proposals%3Fstate%3Ddeclined"


async def test_the_list_begins_with_what_waits_most_supported_first(desk: Desk) -> None:
    desk.sign_in(Role.VIEWER)
    await desk.propose("Poc votada")
    await desk.support(await desk.propose("Molt votada"), ANNA)
    declined = await desk.propose("Desestimada fa temps")
    await desk.step(declined, "decline", {"reason": "No"})

    page = (await desk.http.get("/office/proposals")).text

    assert page.index("Molt votada") < page.index("Poc votada")
    assert "Desestimada fa temps" not in page
    assert "Desestimada fa temps" in (await desk.http.get("/office/proposals?state=all")).text


async def test_a_viewer_reads_and_is_offered_nothing_to_do(desk: Desk) -> None:
    desk.sign_in(Role.VIEWER)
    proposal_id = await desk.propose()
    await desk.schedule_session()

    for path in ("/office/proposals", f"/office/proposals/{proposal_id}"):
        page = await desk.http.get(path)
        assert page.status_code == 200
        assert 'action="/office/proposals' not in page.text.replace('method="get" action="/office/proposals"', "")


@pytest.mark.parametrize("step", ["review", "schedule", "answer", "decline", "merge"])
async def test_a_viewer_acts_nowhere(desk: Desk, step: str) -> None:
    proposal_id = await desk.propose()
    desk.sign_in(Role.VIEWER)

    answer = await desk.send(f"/office/proposals/{proposal_id}/{step}", {"confirmed": "1"}, page="/office/proposals")
    many = await desk.send("/office/proposals", {f"pick-{proposal_id}": "1", "confirmed": "1"})

    assert (answer.status_code, many.status_code) == (403, 403)
    assert (await desk.read(proposal_id))["state"] == "received"


async def test_a_step_is_confirmed_knowing_who_is_told_and_then_noted(desk: Desk) -> None:
    desk.sign_in()
    proposal_id = await desk.propose(email=ANNA)
    await desk.support(proposal_id, BERNAT)
    path, page = f"/office/proposals/{proposal_id}/decline", f"/office/proposals/{proposal_id}"

    asked = await desk.send(path, {"reason": "Ja hi ha una guia."}, page=page)

    assert asked.status_code == 200
    assert "S&#39;avisarà per correu 2 persones." in asked.text or "S'avisarà per correu 2 persones." in asked.text
    assert "Ja hi ha una guia." in asked.text
    assert (await desk.read(proposal_id))["state"] == "received"
    assert await acts(desk) == []

    done = await desk.send(path, {"reason": "Ja hi ha una guia.", "confirmed": "1"}, page=page)

    assert (done.status_code, done.headers["location"]) == (303, f"{page}?done=1")
    assert (await desk.read(proposal_id))["reason"] == "Ja hi ha una guia."
    assert await acts(desk) == [("Aina", "proposal.declined")]
    assert "Aina" in (await desk.http.get(page)).text


async def test_who_thinks_better_of_it_finds_the_words_again(desk: Desk) -> None:
    desk.sign_in()
    page = f"/office/proposals/{await desk.propose()}"

    answer = await desk.send(f"{page}/answer", {"answer": "Quatre anys.", "change": "1"}, page=page)

    assert answer.status_code == 200
    assert "Quatre anys.</textarea>" in answer.text


async def test_a_decline_without_reason_is_asked_for_again(desk: Desk) -> None:
    desk.sign_in()
    page = f"/office/proposals/{await desk.propose()}"

    answer = await desk.send(f"{page}/decline", {"reason": " ", "confirmed": "1"}, page=page)

    assert answer.status_code == 422
    assert '<a href="#reason">' in answer.text
    assert await acts(desk) == []


async def test_every_step_can_be_taken(desk: Desk) -> None:
    desk.sign_in()
    await desk.schedule_session()
    target = await desk.propose("Una altra cosa")
    steps = {
        "review": ({}, "under_review"),
        "schedule": ({"session": "sessiona"}, "scheduled"),
        "answer": ({"answer": "Sí."}, "answered_in_session"),
        "merge": ({"into": target}, "merged"),
    }
    for step, (fields, state) in steps.items():
        proposal_id = await desk.propose(f"Cosa {step}")
        page = f"/office/proposals/{proposal_id}"
        assert (await desk.send(f"{page}/{step}", fields, page=page)).status_code == 200
        assert (await desk.send(f"{page}/{step}", {**fields, "confirmed": "1"}, page=page)).status_code == 303
        assert (await desk.read(proposal_id))["state"] == state
        assert (await desk.http.get(page)).status_code == 200


async def test_a_step_that_is_no_longer_possible_says_why_and_is_not_noted(desk: Desk) -> None:
    desk.sign_in()
    proposal_id = await desk.propose()
    page = f"/office/proposals/{proposal_id}"
    await desk.step(proposal_id, "answer")

    answer = await desk.send(f"{page}/review", {"confirmed": "1"}, page=page)

    assert answer.status_code == 409
    assert "La proposta ja té resposta" in answer.text
    assert await acts(desk) == [("API", "proposal.answered")]


async def test_the_history_says_in_words_that_a_program_acted(desk: Desk) -> None:
    desk.sign_in()
    proposal_id = await desk.propose()
    await desk.step(proposal_id, "review")
    await desk.acts()

    page = (await desk.http.get(f"/office/proposals/{proposal_id}")).text

    assert "<td>una aplicació, amb la clau de l&#39;API</td>" in page
    assert "<td>API</td>" not in page


async def test_only_sessions_to_come_are_offered(desk: Desk) -> None:
    desk.sign_in()
    await desk.schedule_session("sessiona")
    await desk.schedule_session("sessionb")
    await desk.end_session("sessionb")
    page = f"/office/proposals/{await desk.propose()}"

    shown = (await desk.http.get(page)).text
    late = await desk.send(f"{page}/schedule", {"session": "sessionb", "confirmed": "1"}, page=page)

    assert '<option value="sessiona">' in shown
    assert "sessionb" not in shown
    assert late.status_code == 422
    assert '<a href="#session">' in late.text


async def test_the_other_proposal_of_a_merge_is_found_by_its_title_or_by_search(desk: Desk) -> None:
    desk.sign_in()
    await desk.know_programme("decidim")
    page = f"/office/proposals/{await desk.propose('Contractes menors')}"
    near = await desk.propose("Els contractes menors al web")
    far = await desk.propose("Retribucions i dedicació")
    elsewhere = await desk.propose("Dedicació", programme="decidim")

    shown, searched = (await desk.http.get(page)).text, (await desk.http.get(f"{page}?q=dedicacio")).text

    assert near in shown
    assert far not in shown
    assert far in searched
    assert elsewhere not in searched


async def test_several_are_scheduled_at_once(desk: Desk) -> None:
    desk.sign_in()
    await desk.schedule_session()
    first, second = await desk.propose("Una", email=ANNA), await desk.propose("Dues", email=ANNA)
    fields = {f"pick-{first}": "1", f"pick-{second}": "1", "session": "sessiona"}

    asked = await desk.send("/office/proposals", fields)

    assert asked.status_code == 200
    assert "una persona." in asked.text
    assert (await desk.read(first))["state"] == "received"

    done = await desk.send("/office/proposals", {**fields, "confirmed": "1"})

    assert done.status_code == 303
    assert {(await desk.read(each))["state"] for each in (first, second)} == {"scheduled"}
    assert await acts(desk) == [("Aina", "proposal.scheduled")] * 2


async def test_choosing_nothing_keeps_the_list_and_says_what_lacks(desk: Desk) -> None:
    desk.sign_in()
    await desk.schedule_session()
    proposal_id = await desk.propose()

    without_session = await desk.send("/office/proposals", {f"pick-{proposal_id}": "1", "session": ""})
    without_any = await desk.send("/office/proposals", {"session": "sessiona"})

    assert (without_session.status_code, without_any.status_code) == (422, 422)
    assert " checked>" in without_session.text
    assert '<option value="sessiona" selected>' in without_any.text
    assert '<a href="#proposals">' in without_any.text


async def test_a_foreign_form_takes_no_step(desk: Desk) -> None:
    desk.sign_in()
    proposal_id = await desk.propose()

    answer = await desk.http.post(f"/office/proposals/{proposal_id}/review", data={"confirmed": "1"})

    assert answer.status_code == 403
    assert (await desk.read(proposal_id))["state"] == "received"


async def test_markup_stays_text_in_the_office(desk: Desk) -> None:
    desk.sign_in()
    proposal_id = await desk.propose(EVIL, body=EVIL)
    page = f"/office/proposals/{proposal_id}"
    pages = [
        await desk.http.get("/office/proposals"),
        await desk.send(f"{page}/decline", {"reason": EVIL}, page=page),
        await desk.send(f"{page}/decline", {"reason": EVIL, "confirmed": "1"}, page=page),
        await desk.http.get(page),
    ]

    assert all("<script" not in shown.text for shown in pages)


async def test_what_is_not_there_and_no_step_are_pages(desk: Desk) -> None:
    desk.sign_in()
    proposal_id = await desk.propose()

    assert (await desk.http.get("/office/proposals/nowhere")).status_code == 404
    assert (await desk.http.post("/office/proposals/nowhere/review")).status_code == 403
    sent = await desk.send(f"/office/proposals/{proposal_id}/explode", page="/office/proposals")
    assert sent.status_code == 422
    assert "<html" in sent.text


async def test_the_record_says_in_words_what_was_done_with_proposals(desk: Desk) -> None:
    source, target = await desk.propose("Perfil del contractant"), await desk.propose("Publicar contractes")
    await desk.step(source, "merge", {"into": target})
    await desk.step(target, "decline", {"reason": "Es tracta a la guia <b>"})
    await desk.acts()
    desk.sign_in(Role.EDITOR)
    assert (await desk.http.get("/office/audit/proposals")).status_code == 403
    desk.sign_in(Role.ADMIN)
    page = (await desk.http.get("/office/audit/proposals?lang=ca")).text
    assert f'<a href="/office/proposals/{source}">Perfil del contractant</a>' in page
    assert "Continua com a: Publicar contractes" in page
    assert "Amb aquestes paraules: Es tracta a la guia &lt;b&gt;" in page


async def test_a_reason_of_the_office_comes_back_to_be_sent_again(desk: Desk) -> None:
    desk.sign_in()
    proposal_id = await desk.propose()
    path, sent = f"/office/proposals/{proposal_id}/decline", {"reason": "Ja es va explicar.", "csrf": "old"}
    answer = await desk.http.post(path, data=sent, headers={"Sec-Fetch-Site": "same-origin"})

    assert answer.status_code == 403
    assert "Ja es va explicar.</li>" in answer.text
    assert f'<a href="/office/proposals/{proposal_id}">' in answer.text


async def test_what_was_told_of_somebody_since_they_signed_in_counts(desk: Desk) -> None:
    page = f"/office/proposals/{await desk.propose()}"
    desk.sign_in(Role.EDITOR)

    async def told(version: int, role: Role | None) -> None:
        await handle(
            routes(desk.cases), OfficeAccessChanged(version=version, person_id="m1", role=role, sessions=("s1",))
        )

    assert f'action="{page}/review"' in (await desk.http.get(page)).text
    await told(2, Role.VIEWER)
    await told(1, Role.ADMIN)  # overtaken on the way
    assert f'action="{page}/review"' not in (await desk.http.get(page)).text
    assert (await desk.send(f"{page}/review", page="/office/proposals")).status_code == 403
    await told(3, None)
    for path in (page, "/office/proposals", "/office/audit/proposals"):
        answer = await desk.http.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/office/sign-in?next={path}")
