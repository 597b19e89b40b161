"""A lost or expired personal link leads on: to the session, and to a new link by mail."""

from datetime import timedelta

import pytest

from shared.security.links import LinkPurpose
from tests.integration.registration.browsing import assert_page, follow, send, words
from tests.integration.registration.conftest import Office, told

ADDRESS = "person1@alamus.example"


@pytest.fixture(autouse=True)
def catalan(office: Office) -> None:
    office.api.headers["accept-language"] = "ca"


async def test_who_lost_the_link_is_mailed_it_and_nobody_learns_who_is_registered(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    office.clock.move(minutes=10)
    path = f"/sessions/{session}/link"
    pages = []
    for address in (ADDRESS, "nobody@alamus.example", ADDRESS):
        answer = await send(office, path, {"email": address})
        assert answer.headers["location"] == f"{path}?done=1"
        pages.append(words(await follow(office, answer)))
    assert len(set(pages)) == 1
    assert "Si hi ha algú inscrit amb aquesta adreça" in pages[0]
    assert told(await office.registration(session)) == ["entity-registered", "confirmation-requested"]


async def test_what_is_no_address_is_said_beside_the_field(office: Office) -> None:
    page = await send(office, f"/sessions/{await office.scheduled()}/link", {"email": "núria"})
    assert_page(page, 422)
    assert "Això no és una adreça" in words(page)


async def test_an_expired_link_leads_to_the_session_and_to_a_new_link(office: Office) -> None:
    session = await office.scheduled()
    await office.register(session)
    token = await office.token(session)
    office.clock.move(days=8)
    await office.staff("POST", f"/sessions/{session}/end", {})
    body = {"recording_url": "https://video.example/1", "materials": []}
    await office.staff("POST", f"/sessions/{session}/materials", body)
    office.clock.move(days=120)
    page = await office.api.get(f"/registration/{token}")
    assert_page(page, 410)
    for there in (f"/sessions/{session}", "https://video.example/1", f"/sessions/{session}/link"):
        assert f'href="{there}"' in page.text
    assert ADDRESS not in page.text
    await send(office, f"/sessions/{session}/link", {"email": ADDRESS})
    assert told(await office.registration(session))[-1] == "confirmation-requested"
    registration = await office.registration(session)
    fresh = office.links.token(LinkPurpose.REGISTRATION, registration.id, office.clock() + timedelta(days=7))
    assert_page(await office.api.get(f"/registration/{fresh}"))
