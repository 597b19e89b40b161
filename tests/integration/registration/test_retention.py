"""People are erased by themselves once the time of their programme is over, and nobody else is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.registration import test_memberships as memberships
from tests.integration.registration.asking import OFFER, ask, asked, decide, petition, publish
from tests.integration.registration.browsing import assert_page, words
from tests.integration.registration.conftest import PROGRAMME, Office
from tests.integration.registration.office_desk import OfficeDesk, desk_at_work

PHASES = [{"key": "training", "text": {"ca": "Formació"}}]
BARCELONA = "0801930008"
PILOT = {**PROGRAMME, "slug": "pilot", "name": {"ca": "Pilot de Decidim"}}
SETTINGS = {
    "name_ca": "Dijous GOmunicipal",
    "kind": "series",
    "time_zone": "Europe/Madrid",
    "tool": "Microsoft Teams",
}
PATH = "/office/programmes/dijous"


async def _keeps(office: Office, days: int | None, programme: str = "dijous") -> None:
    await office.staff("PATCH", f"/programmes/{programme}", {"keep_people_days": days})


async def _kept(office: Office, session: str) -> int:
    return sum(bool(each.email) for each in await office.registrations(session))


async def test_each_programme_keeps_people_as_long_as_it_says(office: Office) -> None:
    await office.staff("POST", "/programmes", {**PILOT, "keep_people_days": 30}, expect=201)
    ours, of_pilot = await office.scheduled(), await office.scheduled(programme="pilot")
    for each in (ours, of_pilot):
        await office.register(each)
    office.clock.move(days=60)
    await office.use_cases.retention.erase_past()
    assert (await _kept(office, ours), await _kept(office, of_pilot)) == (1, 0), "the same address elsewhere stays"
    office.clock.move(days=365)
    await office.use_cases.retention.erase_past()
    assert await _kept(office, ours) == 0, "who says nothing keeps people as long as the installation"


async def test_who_was_erased_stays_so_when_the_time_becomes_longer(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    await _keeps(office, 1)
    office.clock.move(days=10)
    await office.use_cases.retention.erase_past()
    (erased,) = await office.registrations(session)
    await _keeps(office, 1000)
    await office.use_cases.retention.erase_past()
    assert await office.registrations(session) == [erased]
    assert erased.erased_at
    assert erased.entity_code == "2500450006", "the entity took part all the same"


async def test_a_time_may_be_taken_back(office: Office) -> None:
    await _keeps(office, 30)
    await office.staff("PATCH", "/programmes/dijous", {"organiser": "Diputació"})
    assert (await office.staff("GET", "/programmes/dijous"))["keep_people_days"] == 30, "what is left out stays"
    await _keeps(office, None)
    assert (await office.staff("GET", "/programmes/dijous"))["keep_people_days"] is None


@pytest.mark.parametrize("days", [0, -1, 3651, "30"])
async def test_a_time_of_no_day_is_refused(office: Office, days: object) -> None:
    body = {"keep_people_days": days}
    problem = await office.staff("PATCH", "/programmes/dijous", body, expect=422)
    assert [error["pointer"] for error in problem["errors"]] == ["/keep_people_days"]


async def test_people_that_a_backup_brings_back_are_erased_again(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    backup = await office.documents.get("registrations", (await office.registration(session)).id)
    assert backup
    await _keeps(office, 1)
    office.clock.move(days=10)
    await office.use_cases.retention.erase_past()
    await office.documents.delete("registrations", {"_id": backup["_id"]})
    assert await office.documents.insert("registrations", backup)
    assert await _kept(office, session) == 1
    await office.use_cases.retention.erase_past()
    assert await _kept(office, session) == 0


async def test_the_contacts_of_a_running_cohort_stay_and_go_after_its_end(office: Office) -> None:
    await office.staff("POST", "/programmes", {**memberships.PILOT, "keep_people_days": 30}, expect=201)
    await memberships.start(office, memberships.ALAMUS, 1)
    await memberships.start(office, memberships.REUS, 1)
    await memberships.start(office, BARCELONA, 2)
    office.clock.move(days=400)
    await memberships.change(office, memberships.ALAMUS, state="finished")
    await memberships.change(office, BARCELONA, state="left")
    office.clock.move(days=29)
    await office.use_cases.retention.erase_past()
    assert await _contacts(office) == [1, 1, 1]
    office.clock.move(days=2)
    assert await office.use_cases.retention.count_over("pilot", 30) == 2
    await office.use_cases.retention.erase_past()
    assert await _contacts(office) == [0, 1, 0], "the same address elsewhere stays while that goes on"


async def test_the_contact_of_a_petition_goes_after_its_end_with_the_text_of_its_answers(office: Office) -> None:
    await _keeps(office, 30)
    await publish(office)
    answers = {"hours": "8", "why": "Hi ha en Joan, que en sap"}
    for number in (1, 2, 3):
        assert (await ask(office, number, answers=answers)).status_code == 202
    declined, reserve, waiting = [each.id for each in await office.store.petitions.of_offer(OFFER)]
    await decide(office, declined, "declined", "Fora de termini")
    await decide(office, reserve, "reserve", "Més endavant")
    office.clock.move(days=29)
    await office.use_cases.retention.erase_past()
    assert (await petition(office, declined)).contact.email
    office.clock.move(days=2)
    await office.use_cases.retention.erase_past()
    gone = await petition(office, declined)
    assert (gone.contact.email, gone.answers) == ("", {"hours": "8"})
    for each in (reserve, waiting):
        assert (await petition(office, each)).answers == answers, "what goes on keeps its contact"


async def test_the_contact_of_an_accepted_petition_stays_while_its_entity_takes_part(office: Office) -> None:
    await office.staff("PATCH", "/programmes/dijous", {"keep_people_days": 30, "phases": PHASES})
    await publish(office)
    first, second = await asked(office, 2)
    for each in (first, second):
        await decide(office, each, "accepted")
    running = (await petition(office, first)).entity
    await memberships.start(office, running, programme="dijous")
    office.clock.move(days=400)
    await office.use_cases.retention.erase_past()
    assert (await petition(office, first)).contact.email
    assert not (await petition(office, second)).contact.email
    await office.staff("PATCH", f"/memberships/dijous:{running}", {"state": "finished"})
    await office.use_cases.retention.erase_past()
    assert not (await petition(office, first)).contact.email


async def _contacts(office: Office) -> list[int]:
    entities = (memberships.ALAMUS, memberships.REUS, BARCELONA)
    return [len((await memberships.stored(office, entity)).people) for entity in entities]


async def test_the_broker_forgets_whom_the_time_erased(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    registration = await office.registration(session)
    await _keeps(office, 1)
    office.clock.move(days=10)
    await office.use_cases.retention.erase_past()
    published = {"outbox": (), "pending": 0}
    await office.store.registrations.change(registration.id, lambda current: (current.model_copy(update=published), []))
    await office.use_cases.erasing.step()
    assert office.purged == [registration.id]


async def test_the_privacy_page_says_how_long_each_programme_keeps_people(office: Office) -> None:
    office.api.headers["accept-language"] = "ca"
    await office.staff("POST", "/programmes", PILOT, expect=201)
    alike = await office.api.get("/privacy")
    assert_page(alike)
    assert "Fins a 365 dies després de la sessió, o fins que les feu esborrar" in words(alike)
    await _keeps(office, 730, "pilot")
    each = words(await office.api.get("/privacy"))
    assert "Dijous GOmunicipal: fins a 365 dies després de la sessió" in each
    assert "Pilot de Decidim: fins a 730 dies després de la sessió" in each


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[OfficeDesk]:
    """Two people registered for a session of the day after tomorrow, ten days later."""
    async with desk_at_work(tmp_path) as opened:
        session = await opened.scheduled(starts_at="2026-11-28T10:00:00+01:00")
        for number in (1, 2):
            await opened.register(session, number)
        opened.come_back(days=10)
        yield opened


async def _days(desk: OfficeDesk) -> int | None:
    return (await desk.use_cases.programmes.get("dijous")).keep_people_days


async def test_a_shorter_time_is_saved_once_its_people_were_counted_and_seen(desk: OfficeDesk) -> None:
    shorter = {**SETTINGS, "keep_people_days": "5"}
    page = await desk.submit(PATH, shorter, expect=200)
    assert "s'esborraran les dades de 2 persones," in page.text.replace("&#39;", "'")
    assert 'name="seen_days" value="5"' in page.text
    assert await _days(desk) is None, "nothing is saved yet"
    other = await desk.submit(PATH, {**SETTINGS, "keep_people_days": "4", "seen_days": "5"}, expect=200)
    assert 'name="seen_days" value="4"' in other.text, "another time is counted anew"
    await desk.submit(PATH, {**shorter, "seen_days": "5"})
    assert await _days(desk) == 5
    assert 'name="keep_people_days" type="number" value="5"' in (await desk.get(PATH)).text


async def test_a_shorter_time_by_which_nobody_goes_is_saved_at_once(desk: OfficeDesk) -> None:
    await desk.submit(PATH, {**SETTINGS, "keep_people_days": "300"})
    assert await _days(desk) == 300


async def test_the_usual_time_is_counted_too_where_it_is_the_shorter(desk: OfficeDesk) -> None:
    await desk.submit(PATH, {**SETTINGS, "keep_people_days": "1000"})
    desk.come_back(days=400)
    page = await desk.submit(PATH, {**SETTINGS, "keep_people_days": ""}, expect=200)
    assert 'name="seen_days" value="365"' in page.text
    await desk.submit(PATH, {**SETTINGS, "keep_people_days": "", "seen_days": "365"})
    assert await _days(desk) is None
