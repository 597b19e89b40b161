"""The programme office's pages: viewers read, editors publish, and what was done is kept in the audit."""

import asyncio
from datetime import timedelta

import pytest

from services.feedback.handlers import routes
from shared.events.registration import OfficeAccessChanged
from shared.security import tokens
from shared.staff import Role
from tests.integration.feedback.house import House, token_hash
from tests.support.handling import handle

LIST = "/office/results"


async def open_with_answers(house: House, people: int, answers: int) -> str:
    session_id, tokens = await house.open_survey(people)
    for token in tokens[:answers]:
        await house.answer(token, content=8, comment="Molt\nútil <b>")
    await house.use_cases.announce_and_tidy()
    return session_id


async def test_who_is_not_signed_in_is_led_to_the_sign_in(house: House) -> None:
    session_id = await open_with_answers(house, 3, 0)
    for path in (LIST, f"{LIST}/{session_id}", f"{LIST}/{session_id}/comments", f"{LIST}/export.csv"):
        answer = await house.client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/office/sign-in?next={path}")
    assert (await house.client.post(f"{LIST}/{session_id}/publish")).status_code == 303
    assert (await house.client.get(f"/results/{session_id}")).status_code == 404


async def test_the_list_tells_links_answers_and_the_response_rate(house: House) -> None:
    house.sign_in(Role.VIEWER)
    assert "No survey is open now" in (await house.client.get(LIST)).text
    session_id = await open_with_answers(house, 8, 6)
    page = await house.client.get(LIST)
    row = page.text.split(f'href="{LIST}/{session_id}"')[1].split("</tr>")[0]
    assert '<td class="number">6</td>\n<td class="number">8</td>\n<td class="number">75%</td>' in row
    assert "31/12/2026, 11:00" in row
    await house.publish(session_id)
    row = (await house.client.get(LIST)).text.split(f'href="{LIST}/{session_id}"')[1].split("</tr>")[0]
    assert '<td class="number">6</td>\n<td class="number">8</td>' in row
    assert "Published" in row


async def test_the_number_of_answers_does_not_move_with_each_answer(house: House) -> None:
    house.sign_in(Role.VIEWER)
    session_id, tokens = await house.open_survey(4)
    before = (await house.client.get(f"{LIST}/{session_id}")).text
    await house.answer(tokens[0])
    assert "<dt>Answers</dt><dd>0</dd>" in before
    assert "<dt>Answers</dt><dd>0</dd>" in (await house.client.get(f"{LIST}/{session_id}")).text
    await house.use_cases.announce_and_tidy()
    assert "<dt>Answers</dt><dd>1</dd>" in (await house.client.get(f"{LIST}/{session_id}")).text


async def test_a_survey_whose_session_is_not_known_yet_is_in_the_list(house: House) -> None:
    house.sign_in(Role.EDITOR)
    await house.use_cases.surveys.prepare_links("abcdefghijklmnop", 0, 2, [token_hash(tokens.encode(b"x"))])
    assert "Being prepared" in (await house.client.get(LIST)).text
    assert (await house.client.get(f"{LIST}/abcdefghijklmnop")).status_code == 200
    early = await house.client.get(f"{LIST}/abcdefghijklmnop/publish")
    assert early.status_code == 409
    assert (await house.client.get(f"{LIST}/nothing")).status_code == 404


async def test_publishing_says_first_what_will_happen_and_is_kept_in_the_audit(house: House) -> None:
    house.sign_in(Role.EDITOR)
    session_id = await open_with_answers(house, 8, 6)
    path = f"{LIST}/{session_id}/publish"
    asked = await house.client.get(path)
    assert "6 answers to 8 links so far." in asked.text
    assert "This cannot be undone." in asked.text
    assert "fewer than 5 answers" not in asked.text
    assert (await house.client.get(f"/results/{session_id}")).status_code == 404
    sent = await house.send_form(path)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{LIST}/{session_id}")
    assert (await house.client.get(f"/results/{session_id}")).status_code == 200
    [entry] = await house.acts()
    assert (entry.action, entry.subject, entry.member_name) == ("survey.published", session_id, "Núria")
    again = await house.client.get(path)
    assert (again.status_code, again.headers["location"]) == (303, f"{LIST}/{session_id}")


async def test_publishing_with_too_few_answers_warns_that_nothing_will_be_shown(house: House) -> None:
    house.sign_in(Role.EDITOR)
    session_id = await open_with_answers(house, 8, 4)
    page = await house.client.get(f"{LIST}/{session_id}/publish")
    assert "There are fewer than 5 answers" in page.text
    assert "receive a mail" not in page.text


async def test_the_api_s_publishing_is_audited_once(house: House) -> None:
    session_id = await open_with_answers(house, 2, 0)
    for _ in range(2):
        assert (await house.publish(session_id)).status_code == 200
    [entry] = await house.acts()
    assert (entry.member_id, entry.subject) == ("token", session_id)
    house.sign_in(Role.ADMIN)
    page = (await house.client.get("/office/audit/results")).text
    assert f'<a href="/office/results/{session_id}">' in page
    assert "People asked: 2" in page
    house.sign_in(Role.EDITOR)
    assert (await house.client.get("/office/audit/results")).status_code == 403


async def test_a_page_s_publishing_leaves_the_record_that_the_api_s_does(house: House) -> None:
    house.sign_in(Role.EDITOR)
    by_page, by_api = [await open_with_answers(house, 3, 0) for _ in range(2)]
    await house.send_form(f"{LIST}/{by_page}/publish")
    await house.publish(by_api)
    entries = {entry.subject: entry for entry in await house.acts()}
    assert {entry.member_name for entry in entries.values()} == {"Núria", "API"}
    kept = [(entries[each].action, entries[each].details, entries[each].at) for each in (by_page, by_api)]
    assert kept == [("survey.published", {"links": 3}, house.clock.now)] * 2


async def test_of_several_who_publish_at_once_one_is_recorded(house: House) -> None:
    session_id = await open_with_answers(house, 8, 6)
    answers = await asyncio.gather(*(house.publish(session_id) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert [entry.subject for entry in await house.acts()] == [session_id]


async def test_what_is_not_open_yet_or_closed_by_itself_leaves_no_record_of_the_office(house: House) -> None:
    assert (await house.publish("abcdefghijklmnop")).status_code == 409
    session_id = await open_with_answers(house, 8, 6)
    house.clock.move(timedelta(days=15))
    await house.use_cases.do_what_is_due()
    assert (await house.publish(session_id)).status_code == 200
    assert await house.acts() == []


async def test_a_viewer_neither_sees_nor_reaches_publishing(house: House) -> None:
    house.sign_in(Role.VIEWER)
    session_id = await open_with_answers(house, 8, 6)
    assert "Publish now" not in (await house.client.get(f"{LIST}/{session_id}")).text
    assert (await house.client.get(f"{LIST}/{session_id}/publish")).status_code == 403
    assert (await house.client.post(f"{LIST}/{session_id}/publish")).status_code == 403
    house.sign_in(Role.EDITOR)
    assert "Publish now" in (await house.client.get(f"{LIST}/{session_id}")).text


async def test_publishing_needs_the_form_of_this_browser(house: House) -> None:
    house.sign_in(Role.ADMIN)
    session_id = await open_with_answers(house, 8, 6)
    assert (await house.client.post(f"{LIST}/{session_id}/publish", data={"csrf": "0"})).status_code == 403
    assert (await house.client.get(f"/results/{session_id}")).status_code == 404


@pytest.mark.parametrize(("answers", "words"), [(4, "so no comment was kept"), (5, "Molt\nútil &lt;b&gt;")])
async def test_comments_are_for_the_office_and_only_from_five_answers_on(
    house: House, answers: int, words: str
) -> None:
    house.sign_in(Role.VIEWER)
    session_id = await open_with_answers(house, 8, answers)
    assert (await house.client.get(f"{LIST}/{session_id}/comments")).status_code == 404
    await house.publish(session_id)
    assert words in (await house.client.get(f"{LIST}/{session_id}/comments")).text


async def test_the_export_holds_every_session_under_the_same_rule(house: House) -> None:
    house.sign_in(Role.VIEWER)
    for answers in (4, 6):
        await house.publish(await open_with_answers(house, 8, answers))
    lines = (await house.client.get(f"{LIST}/export.csv")).text.splitlines()
    assert len(lines) == 1 + 1 + 4
    assert sum(",6,content,Contingut,8.0," in line for line in lines) == 1
    assert not any(",4," in line for line in lines)


async def test_what_was_told_of_somebody_since_they_signed_in_counts(house: House) -> None:
    session_id = await open_with_answers(house, 3, 0)
    survey, publish = f"{LIST}/{session_id}", f"{LIST}/{session_id}/publish"
    house.sign_in(Role.EDITOR)

    async def told(version: int, role: Role | None) -> None:
        event = OfficeAccessChanged(version=version, person_id="member-editor", role=role, sessions=("s1",))
        await handle(routes(house.use_cases), event)

    assert publish in (await house.client.get(survey)).text
    await told(2, Role.VIEWER)
    await told(1, Role.ADMIN)  # overtaken on the way
    assert publish not in (await house.client.get(survey)).text
    assert (await house.client.get(publish)).status_code == 403
    await told(3, None)
    for path in (LIST, survey, publish, "/office/audit/results"):
        answer = await house.client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/office/sign-in?next={path}")
