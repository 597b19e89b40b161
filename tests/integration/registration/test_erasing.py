"""Erasing a person: at once here, in the broker when the event is out, and by itself after a time."""

from collections.abc import AsyncIterator
from pathlib import Path

import nats
import pytest

from services.notifications.app import KEPT
from services.registration.app import EVENTS_WITH_PEOPLE
from services.registration.registrations.domain import RegistrationState
from services.registration.registrations.store import ERASURES
from services.registration.usecases import AGGREGATES
from shared.events import Stream
from shared.messaging.broker import make_broker
from shared.messaging.dead_letters import DEADLETTERS
from shared.messaging.purging import purge_events
from shared.messaging.streams import apply_streams
from shared.security.chaining import Chaining
from shared.security.erasing import Note
from shared.storage.collection import Collection
from shared.storage.opening import open_store
from tests.integration.registration.browsing import assert_page, follow, send, words
from tests.integration.registration.conftest import Office, told
from tests.support.nats import RunningBroker, running_broker

NOBODY = ("", "", "")


@pytest.fixture(autouse=True)
def catalan(office: Office) -> None:
    office.api.headers["accept-language"] = "ca"


async def _erase(office: Office, session: str) -> str:
    path = f"/registration/{await office.token(session)}"
    await follow(office, await send(office, f"{path}/erase"))
    return path


async def _published(office: Office, session: str) -> None:
    """Do as the relay does."""
    for registration in await office.registrations(session):
        await office.store.registrations.change(
            registration.id, lambda current: (current.model_copy(update={"outbox": (), "pending": 0}), [])
        )


async def test_the_page_names_what_goes_and_afterwards_the_link_leads_nowhere(office: Office) -> None:
    session, other = await office.scheduled(), await office.scheduled(title={"ca": "Una altra"})
    for each in (session, other):
        await office.register(each, role="Secretària")
    path = f"/registration/{await office.token(session)}"
    question = await office.api.get(f"{path}/erase")
    assert_page(question)
    assert "Una altra" in words(question)
    page = await follow(office, await send(office, f"{path}/erase"))
    assert_page(page)
    assert "s'han esborrat" in words(page)
    for gone in (path, f"{path}/data.json", f"{path}/correct"):
        assert_page(await office.api.get(gone), 410)
    assert (await office.api.get(f"/api/v1{path.replace('registration', 'registrations')}")).status_code == 410


async def test_nothing_personal_is_left_in_the_documents_and_the_entity_is(office: Office, tmp_path: Path) -> None:
    session, other = await office.scheduled(capacity=5), await office.scheduled()
    for each in (session, other):
        await office.register(each, role="Secretària")
    await office.register(session, 2)
    await _erase(office, session)
    store = open_store(f"sqlite:///{tmp_path}", "registration")
    kept = str(await store.find("registrations"))
    await store.close()
    assert "person1@" not in kept
    assert "person2@" in kept
    for each in (session, other):
        erased = next(item for item in await office.registrations(each) if item.erased_at)
        assert (erased.name, erased.email, erased.role) == NOBODY
        assert erased.entity_code == "2500450006"
        assert told(erased) == ["registration-erased"], "what was not told yet is not told any more"
        assert "person1" not in str(erased.outbox)


async def test_an_erased_seat_goes_to_who_waits(office: Office) -> None:
    session = await office.scheduled(capacity=1)
    for number in (1, 2):
        await office.register(session, number)
    await _erase(office, session)
    assert (await office.registration(session, 2)).state is RegistrationState.REGISTERED
    assert (await office.roster(session)).seats_free == 0


async def test_after_the_end_the_number_of_those_who_came_stays(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    await office.staff("POST", f"/sessions/{session}/end", {})
    await _erase(office, session)
    (erased,) = await office.registrations(session)
    assert (erased.state, (await office.session(session)).registrations) == (RegistrationState.REGISTERED, 1)


async def test_who_was_erased_may_come_back(office: Office) -> None:
    session = await office.scheduled(capacity=1)
    await office.register(session)
    await _erase(office, session)
    await office.register(session)
    again = await office.registration(session)
    assert (again.state, again.generation, again.erased_at) == (RegistrationState.REGISTERED, 2, None)
    await _published(office, session)
    await office.use_cases.erasing.step()
    assert office.purged == [], "what is told of the new round stays"
    assert (await office.registration(session)).name == "Núria Puig"


async def test_an_erasure_that_a_crash_left_is_finished_once_its_event_is_out(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    registration = await office.registration(session)
    note = Note(id=registration.id, generation=registration.generation)  # and then the process died
    await Collection(office.documents, ERASURES, Note).insert(note)
    await office.use_cases.erasing.step()
    (erased,) = await office.registrations(session)
    assert erased.email == ""
    assert office.purged == []
    await _published(office, session)
    for _ in range(2):
        await office.use_cases.erasing.step()
    assert office.purged == [registration.id]
    assert await office.use_cases.erasing.unfinished() == 0


async def test_people_of_the_past_are_erased_by_themselves(office: Office) -> None:
    past, recent = await office.scheduled(), await office.scheduled(starts_at="2027-03-03T10:00:00+01:00")
    for each in (past, recent):
        await office.register(each)
        await office.register(each, 2)
    office.clock.move(days=120)
    await office.staff("PATCH", "/programmes/dijous", {"keep_people_days": 100})
    await office.use_cases.retention.erase_past()
    assert [each.email for each in await office.registrations(past)] == ["", ""]
    assert all(each.email for each in await office.registrations(recent))


async def test_an_erasure_of_the_past_is_told_again_to_who_missed_it(office: Office) -> None:
    past, recent = await office.scheduled(), await office.scheduled(starts_at="2028-03-03T10:00:00+01:00")
    for each in (past, recent):
        await office.register(each)
    office.clock.move(days=400)
    await office.use_cases.sessions.refresh_live()
    assert past not in office.use_cases.sessions.live
    await office.use_cases.retention.erase_past()
    assert "registration-erasures" in KEPT, "notifications keeps what is announced so"
    (erased,) = [each async for each in office.store.registrations.each(office.store.registrations.erased_lately())]
    assert erased.session_id == past
    await _published(office, past)
    await office.use_cases.registrations.republish(erased.id)
    (again,) = await office.registrations(past)
    assert told(again) == ["registration-erased"]
    office.clock.move(days=31)
    assert not await office.store.registrations.count(office.store.registrations.erased_lately())


async def test_the_office_reads_and_erases_a_person_for_who_asks(office: Office) -> None:
    session, other = await office.scheduled(capacity=1), await office.scheduled()
    for each in (session, other):
        await office.register(each, role="Secretària")
        await office.register(each, 2)
    email = (await office.registration(session)).email
    exported = await office.staff("POST", "/registrations/export", {"email": email.upper()})
    assert {each["session_id"] for each in exported["registrations"]} == {session, other}
    assert {(each["email"], "join_url" in each) for each in exported["registrations"]} == {(email, False)}
    erased = await office.staff("POST", "/registrations/erase", {"email": email})
    assert erased == {"erased": 2, "unfinished": 2}
    assert (await office.registration(session, 2)).state is RegistrationState.REGISTERED
    again = await office.staff("POST", "/registrations/erase", {"email": email})
    assert again["erased"] == 0
    assert await office.staff("POST", "/registrations/export", {"email": email}) == {
        "registrations": [],
        "contacts": [],
    }
    await Chaining(office.documents, office.use_cases.audit, AGGREGATES).chain_all()
    noted = str(await office.documents.find("audit"))
    assert noted.count("registration.erased") == 2
    assert email not in noted


@pytest.fixture
async def broker() -> AsyncIterator[RunningBroker]:
    async with running_broker() as running:
        yield running


async def test_what_was_published_about_a_person_is_taken_out_of_the_broker(
    office: Office, broker: RunningBroker
) -> None:
    await apply_streams(broker.url, [])
    session = await office.scheduled()
    for number in (1, 2):
        await office.register(session, number)
    first, second = await office.registrations(session)
    await _erase(office, session)
    (erased,) = [each for each in await office.registrations(session) if each.erased_at]
    connection = await nats.connect(broker.url)
    js = connection.jetstream()
    for event in (*first.outbox, *second.outbox, *erased.outbox):
        await js.publish(event.subject, str(event.data).encode())
        await js.publish(f"dlq.notifications.{event.subject.removeprefix('evt.')}", str(event.data).encode())
    publisher = make_broker(broker.url, service="registration")
    await publisher.connect()
    await purge_events(publisher, EVENTS_WITH_PEOPLE, first.id)
    subjects = (await js.stream_info(Stream.PEOPLE, subjects_filter="evt.>")).state.subjects
    buried = (await js.stream_info(DEADLETTERS, subjects_filter="dlq.>")).state.subjects
    await publisher.stop()
    await connection.close()
    left = {event.subject for event in (*second.outbox, *erased.outbox)}
    assert set(subjects or {}) == left
    assert {f"evt.{subject.removeprefix('dlq.notifications.')}" for subject in buried or {}} == left


async def test_the_collection_of_erasures_holds_no_person(office: Office, tmp_path: Path) -> None:
    session = await office.scheduled()
    await office.register(session)
    await _erase(office, session)
    store = open_store(f"sqlite:///{tmp_path}", "registration")
    (noted,) = await store.find(ERASURES)
    await store.close()
    assert set(noted) == {"_id", "generation", "version"}
