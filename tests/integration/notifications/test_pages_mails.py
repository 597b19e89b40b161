"""The office's pages of deliveries and of addresses that get no mail."""

import asyncio
from datetime import timedelta

import pytest

from services.notifications.deliveries.domain import DeliveryState
from services.notifications.preferences.domain import MailGroup
from shared import ids
from shared.events.registration import OfficeAccessChanged
from shared.staff import Role
from shared.storage.contract import StoreError
from tests.integration.notifications.house import (
    NOW,
    SESSION,
    STAFF,
    House,
    programme_defined,
    registered,
    session_scheduled,
)

ADDRESS = "person1@alamus.example"
PAGES = ["/office/mails", "/office/mails/suppressions", "/office/mails/wording"]


@pytest.fixture
async def known(house: House) -> House:
    """Three people are registered; a viewer, whose browser speaks English, is signed in."""
    await house.hear(programme_defined(), session_scheduled(), *(registered(number) for number in (1, 2, 3)))
    house.http.headers["accept-language"] = "en"
    house.sign_in(Role.VIEWER)
    return house


async def shown(house: House, path: str, **query: str) -> str:
    answer = await house.http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("page", PAGES)
async def test_the_pages_are_for_those_signed_in(house: House, page: str) -> None:
    answer = await house.http.get(page)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/office/sign-in?next={page}")


async def test_every_delivery_is_listed_with_its_state_and_chosen_by_it(known: House) -> None:
    (id_, *_) = await known.delivery_ids("confirmation")
    await known.store.deliveries.mark([id_], DeliveryState.FAILED, "DATA: 554 no")
    page = await shown(known, "/office/mails")
    assert page.count("/office/mails/deliveries/") == 9
    assert "Treu-li suc" in page
    failed = await shown(known, "/office/mails", state="failed", session=SESSION, kind="confirmation")
    assert failed.count("/office/mails/deliveries/") == 1
    assert "DATA: 554 no" in failed
    assert "There are no such mails." in await shown(known, "/office/mails", kind="letter")


async def test_the_nearest_of_many_sessions_can_be_chosen(known: House) -> None:
    weeks = [NOW + number * timedelta(days=7) for number in range(-120, 120)]
    nearest = [ids.encode(b"session%03d" % number) for number in range(90, 150)]
    await known.hear(
        *(
            session_scheduled(session_id=ids.encode(b"session%03d" % number), starts_at=week)
            for number, week in enumerate(weeks)
        )
    )
    page = await shown(known, "/office/mails")
    assert [each for each in nearest if f'value="{each}"' not in page] == []


async def test_the_list_goes_on_page_by_page(known: House) -> None:
    await known.hear(*(registered(number) for number in range(10, 40)))
    first = await shown(known, "/office/mails", kind="confirmation")
    assert 'rel="next"' not in first
    first = await shown(known, "/office/mails", kind="")
    assert first.count("/office/mails/deliveries/") == 50
    address = first.partition('rel="next"')[0].rpartition('href="')[2].rstrip('" ').replace("&amp;", "&")
    second = await known.http.get(address)
    assert second.status_code == 200
    assert second.text.count("/office/mails/deliveries/") == 49


async def test_an_address_is_searched_by_a_form_and_stands_in_no_url(known: House) -> None:
    form = await known.form("/office/mails", address=ADDRESS.upper())
    answer = await known.http.post("/office/mails", data=form)
    assert answer.status_code == 200
    assert answer.text.count("/office/mails/deliveries/") == 3
    none = await known.http.post("/office/mails", data={**form, "address": "nobody@alamus.example"})
    assert "There are no such mails." in none.text
    wrong = await known.http.post("/office/mails", data={**form, "address": "person1"})
    assert wrong.status_code == 422
    assert "<title>Error: " in wrong.text
    assert 'href="#address"' in wrong.text
    assert 'value="person1"' in wrong.text


async def test_the_numbers_of_today_and_the_senders_trouble_are_told(known: House) -> None:
    ids = await known.delivery_ids("confirmation")
    await known.store.deliveries.mark_sent(ids[:2], known.clock.now)
    today = await known.use_cases.delivery_admin.today()
    assert (today.ended[DeliveryState.SENT], today.waiting, today.later) == (2, 1, 6)
    known.clock.now += timedelta(days=1)
    assert (await known.use_cases.delivery_admin.today()).ended[DeliveryState.SENT] == 0
    known.sign_in(Role.VIEWER)
    assert "Mails do not go out" not in await shown(known, "/office/mails")
    await known.store.sending.note("530 authenticate first")
    assert "530 authenticate first" in await shown(known, "/office/mails")


async def test_an_editor_sends_a_mail_once_more_and_it_is_written_down(known: House) -> None:
    (id_, *_) = await known.delivery_ids("confirmation")
    page = f"/office/mails/deliveries/{id_}"
    known.sign_in(Role.EDITOR)
    assert "will be by itself" in await shown(known, page)
    await known.send_everything()
    answer = await known.http.post(f"{page}/resend", data=await known.form(page))
    assert answer.status_code == 303
    again = await shown(known, answer.headers["location"])
    assert "Sent once more by Anna" in again
    assert (await known.store.deliveries.get(id_)).state is DeliveryState.DUE  # type: ignore[union-attr]  # it is there
    (entry,) = await known.acts()
    assert (entry.action, entry.subject, entry.member_name) == ("delivery.resent", id_, "Anna")
    assert (await known.http.post(f"{page}/resend", data=await known.form(page))).status_code == 409


async def test_a_viewer_sends_nothing_and_an_editor_lifts_nothing(known: House) -> None:
    (id_, *_) = await known.delivery_ids("confirmation")
    await known.send_everything()
    suppression = await known.bounce(ADDRESS)
    form = await known.form("/office/mails")
    page = f"/office/mails/deliveries/{id_}"
    assert "/resend" not in await shown(known, page)
    assert (await known.http.post(f"{page}/resend", data=form)).status_code == 403
    known.sign_in(Role.EDITOR)
    assert "/lift" not in await shown(known, "/office/mails/suppressions")
    assert (await known.http.post(f"/office/mails/suppressions/{suppression.id}/lift", data=form)).status_code == 403
    assert not await known.acts()


async def test_an_administrator_lifts_a_suppression(known: House) -> None:
    await known.store.suppressions.stop(ADDRESS, MailGroup.SURVEYS, NOW)
    bounced = await known.bounce(ADDRESS)
    known.sign_in(Role.ADMIN)
    page = await shown(known, "/office/mails/suppressions")
    assert "The person stopped: Surveys" in page
    form = await known.form("/office/mails/suppressions")
    lift = f"/office/mails/suppressions/{bounced.id}/lift"
    asked = await known.http.post(lift, data=form)
    assert asked.status_code == 200
    assert ADDRESS in asked.text
    assert "A mail server refused it for good" in asked.text
    assert len((await known.store.suppressions.of([ADDRESS]))[ADDRESS]) == 2, "nothing is done before it is confirmed"
    answer = await known.http.post(lift, data={**form, "confirmed": "1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/office/mails/suppressions?done=1")
    (left,) = (await known.store.suppressions.of([ADDRESS]))[ADDRESS]
    assert left.group is MailGroup.SURVEYS
    (entry,) = await known.acts()
    assert (entry.action, entry.subject, entry.details) == ("suppression.lifted", bounced.id, {"reason": "bounced"})


async def test_a_suppression_lifted_by_several_at_once_is_recorded_once(known: House) -> None:
    bounced = await known.bounce(ADDRESS)
    path = f"/api/v1/suppressions/{bounced.id}"
    answers = await asyncio.gather(*(known.http.delete(path, headers=STAFF) for _ in range(4)))
    assert {answer.status_code for answer in answers} <= {204, 404}
    assert [entry.subject for entry in await known.acts()] == [bounced.id]


async def test_a_lifting_that_fails_leaves_no_record(known: House, monkeypatch: pytest.MonkeyPatch) -> None:
    bounced = await known.bounce(ADDRESS)

    async def fail(*_: object, **__: object) -> bool:
        raise StoreError

    with monkeypatch.context() as broken:
        broken.setattr(known.raw, "replace", fail)
        answer = await known.http.delete(f"/api/v1/suppressions/{bounced.id}", headers=STAFF)
    assert answer.status_code == 503
    assert not await known.acts()


async def test_what_a_person_stopped_is_deleted_when_it_is_lifted_and_recorded_just_before(known: House) -> None:
    stopped = await known.store.suppressions.stop(ADDRESS, MailGroup.SURVEYS, NOW)
    path = f"/api/v1/suppressions/{stopped.id}"
    assert [(await known.http.delete(path, headers=STAFF)).status_code for _ in range(2)] == [204, 404]
    [entry] = await known.acts()
    assert (entry.action, entry.details) == ("suppression.lifted", {"reason": "unsubscribed"})
    assert await known.raw.find("suppressions") == []


async def test_who_asked_for_no_mail_is_sent_some_again_only_when_that_was_asked_for(known: House) -> None:
    stopped = await known.store.suppressions.stop(ADDRESS, MailGroup.ALL, NOW)
    known.sign_in(Role.ADMIN)
    form = await known.form("/office/mails/suppressions")
    asked = await known.http.post(f"/office/mails/suppressions/{stopped.id}/lift", data=form)
    assert "only if the person has asked for that" in asked.text
    assert (await known.http.post("/office/mails/suppressions/nothing/lift", data=form)).status_code == 404


async def test_an_act_without_the_forms_token_is_refused(known: House) -> None:
    (id_, *_) = await known.delivery_ids("confirmation")
    await known.send_everything()
    known.sign_in(Role.ADMIN)
    assert (await known.http.post(f"/office/mails/deliveries/{id_}/resend")).status_code == 403
    assert await known.states("confirmation") == {"sent"}


async def test_an_unknown_delivery_is_a_page_that_says_so(known: House) -> None:
    answer = await known.http.get("/office/mails/deliveries/none")
    assert answer.status_code == 404
    assert "There is no such delivery." in answer.text


async def test_the_history_of_a_mail_says_in_words_that_a_program_had_it_sent_once_more(known: House) -> None:
    (id_, *_) = await known.delivery_ids("confirmation")
    await known.send_everything()
    assert (await known.http.post(f"/api/v1/deliveries/{id_}/resend", headers=STAFF)).is_success
    known.sign_in(Role.VIEWER)
    page = await shown(known, f"/office/mails/deliveries/{id_}")
    assert "Sent once more by a program, with the API&#39;s token: " in page


async def test_what_was_told_of_somebody_since_they_signed_in_counts(house: House) -> None:
    await house.hear(programme_defined())
    wording = "/office/mails/wording/dijous-gomunicipal/confirmation/ca"
    house.sign_in(Role.ADMIN)

    async def told(version: int, role: Role | None) -> None:
        await house.handle(OfficeAccessChanged(version=version, person_id="member", role=role, sessions=("s1",)))

    assert 'name="introduction"' in (await house.http.get(wording)).text
    await told(2, Role.VIEWER)
    await told(1, Role.ADMIN)  # overtaken on the way
    assert 'name="introduction"' not in (await house.http.get(wording)).text
    assert (await house.http.get("/office/audit/mails")).status_code == 403
    await told(3, None)
    for page in (*PAGES, wording, "/office/audit/mails"):
        answer = await house.http.get(page)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/office/sign-in?next={page}")
    lacking = await house.use_cases.access.missing([("member", 3), ("somebody", 1)])
    assert lacking == ["somebody"], "the sweep completes what is known"
