"""The abuse cases: what somebody with bad intentions would try first."""

import asyncio
import html
import re
import statistics
import string
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.web.page_routes import own_path
from tests.security.people import anybody, form_token
from tests.support.forms import Visitor
from tests.support.probes import eventually
from tests.support.world import ALAMUS, ANSWERS, JOIN_URL, PROGRAMME, A, B, World, register, schedule

pytestmark = pytest.mark.asyncio(loop_scope="session")

SMUGGLED = (
    '"Núria" <victim@y.example>',
    "a@x.example, victim@y.example",
    "a@x.example;victim@y.example",
    "a@x.example victim@y.example",
    "a@x.example\r\nBcc: victim@y.example",
    "a@x.example%0aBcc:victim@y.example",
    "<a@x.example>",
    "a@x.example>",
    "@relay.example:victim@y.example",
    "victim%y.example@x.example@z.example",
    "a@[127.0.0.1]",
    "a@localhost",
    "a@x.example\x00",
    f"{'a' * 250}@x.example",
)
MOST_MAILS = 15
PUBLIC_ADDRESSES = (
    "/",
    "/sessions",
    "/programmes/{programme}",
    "/sessions/{soon}",
    "/sessions/{coming}",
    "/sessions/{published}",
    "/calendar.ics",
    "/programmes/{programme}/calendar.ics",
    "/feed.atom",
    "/feed.json",
    "/sitemap.xml",
    "/proposals/sitemap.xml",
    "/results/sitemap.xml",
    "/proposals",
    "/results",
    "/results/{published}",
    "/api/v1/sessions",
    "/api/v1/sessions/{soon}",
    "/api/v1/programmes/{programme}",
    "/api/v1/proposals",
    "/api/v1/results",
)


def person(email: str, **more: Any) -> dict[str, Any]:
    """The body of a registration."""
    return {"name": "Núria Puig", "email": email, "entity": ALAMUS, "role": "", "consent": True, **more}


def token(link: str) -> str:
    """The token in the path of a personal link."""
    return link.split("/")[2].partition("?")[0]


async def send(world: World, session: str, email: str, **more: Any) -> httpx.Response:
    """Register through the API."""
    return await world.installation.api.post(f"/api/v1/sessions/{session}/registrations", json=person(email, **more))


async def test_the_same_registration_again_mails_nobody_again(world: World) -> None:
    email = "bombed@pair.example"
    answers = await asyncio.gather(*(send(world, world.sessions["coming"], email) for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {202, 429}
    await world.installation.mail("confirmation", email)
    await send(world, world.sessions["coming"], "witness@pair.example")
    await world.installation.mail("confirmation", "witness@pair.example")
    assert len(await world.installation.mails(email)) == 1


async def test_one_address_is_not_mailed_without_end_by_registering_it_everywhere(world: World) -> None:
    """A stranger's address, registered for every session by somebody else."""
    installation, email = world.installation, "victim@bomb.example"
    sessions = [
        await schedule(installation, f"bomb {number}", timedelta(days=60, minutes=number)) for number in range(40)
    ]
    statuses = [(await send(world, session, email)).status_code for session in sessions]
    await send(world, sessions[-1], "witness@bomb.example")
    await installation.mail("confirmation", "witness@bomb.example")
    mails = len(await installation.mails(email))
    assert mails < MOST_MAILS, f"{mails} mails and {statuses.count(202)} registrations of one address within seconds"


@pytest.mark.parametrize("path", ["/proposals", "/proposals/{received}/supports"])
async def test_one_address_is_not_mailed_without_end_by_proposing_in_its_name(world: World, path: str) -> None:
    email, statuses = f"victim{len(path)}@bomb.example", []
    for number in range(40):
        body: dict[str, Any] = {"email": email}
        if path == "/proposals":
            body |= {"programme": PROGRAMME, "title": f"Proposta en nom d'altri {number}"}
        answer = await world.installation.api.post(f"/api/v1{path}".format(**world.proposals), json=body)
        statuses.append(answer.status_code)
    mails = len(await world.installation.mails(email))
    assert 429 in statuses or mails < MOST_MAILS, f"{mails} mails, {statuses}"


@pytest.mark.parametrize("email", SMUGGLED)
async def test_no_second_recipient_is_smuggled_in(world: World, email: str) -> None:
    assert (await send(world, world.sessions["coming"], email)).status_code == 422
    body = {"programme": PROGRAMME, "title": "x", "email": email}
    assert (await world.installation.api.post("/api/v1/proposals", json=body)).status_code == 422


async def test_nobody_learns_whether_an_address_is_registered(world: World) -> None:
    session = world.sessions["coming"]
    await register(world.installation, session, "known@enum.example")
    seconds: dict[bool, list[float]] = {True: [], False: []}
    seen = []
    for number in range(8):
        for is_known, email in ((True, "known@enum.example"), (False, f"new{number}@enum.example")):
            started = time.perf_counter()
            answer = await send(world, session, email)
            seconds[is_known].append(time.perf_counter() - started)
            headers = {name for name in answer.headers if name not in ("date", "x-request-id", "content-length")}
            seen.append((answer.status_code, answer.text, frozenset(headers)))
    assert len(set(seen)) == 1, set(seen)
    known, new = (statistics.median(seconds[is_known]) for is_known in (True, False))
    assert abs(known - new) < 0.1, f"registered: {known:.3f} s, new: {new:.3f} s"


@pytest.mark.parametrize(
    "purpose", ["registration", "join", "survey", "support", "following", "preferences", "membership"]
)
async def test_another_s_link_is_not_to_be_guessed(world: World, purpose: str) -> None:
    own = token(world.link(purpose))
    letters = f"{string.ascii_letters}{string.digits}-_"
    for place in range(0, len(own), 3):
        changed = own[:place] + letters[(letters.index(own[place]) + 1) % 64] + own[place + 1 :]
        answer = await world.installation.api.get(f"/{purpose}/{changed}")
        assert answer.status_code in (404, 410), f"letter {place} changed: {answer.status_code}"
    for other in (own[:-1], own + "a", own.upper(), own.lower(), own[: len(own) // 2]):
        assert (await world.installation.api.get(f"/{purpose}/{other}")).status_code == 404


async def test_the_way_into_the_meeting_is_public_nowhere(world: World) -> None:
    for address in PUBLIC_ADDRESSES:
        path = address.format(programme=PROGRAMME, **world.sessions)
        answer = await world.installation.api.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        for secret in (JOIN_URL, "teams.example", "secret-meeting", A, "Aina Amat"):
            assert secret not in answer.text, f"{secret} in {path}"


async def test_the_way_into_the_meeting_is_in_no_mail_that_could_be_forwarded(world: World) -> None:
    """Mails and calendars lead to the page behind one's own link, which opens the meeting near its time."""
    installation = world.installation
    mails = await installation.mails(A)
    assert {mail["kind"] for mail in mails} > {"confirmation", "survey", "proposal_received"}
    for mail in mails:
        assert JOIN_URL not in f"{mail['text']} {mail['html']} {mail['calendar']} {mail['headers']}", mail["kind"]
    own = world.link("registration").partition("?")[0]
    for path in (f"{own}/session.ics", f"{own}/data.json"):
        answer = await installation.api.get(path)
        assert answer.status_code == 200, path
        assert JOIN_URL not in answer.text, path


async def test_nobody_learns_whether_an_address_supports_a_proposal(world: World) -> None:
    path = f"/proposals/{world.proposals['received']}"
    visitor = Visitor(world.installation.api, anybody(world.installation))
    seen = set()
    for email in (B, "nobody@enum.example", B):
        answer = await visitor.send(path, {"email": email})
        program = await world.installation.api.post(f"/api/v1{path}/supports", json={"email": email})
        seen.add((answer.status_code, answer.headers["location"], program.status_code, program.text))
    assert len(seen) == 1, seen


async def test_the_page_says_the_same_to_who_is_registered_and_who_is_not(world: World) -> None:
    session = world.sessions["coming"]
    visitor = Visitor(world.installation.api, anybody(world.installation))
    fields = {"name": "Núria Puig", "entity": ALAMUS, "consent": "1"}
    seen = set()
    for email in (A, "nobody-yet@enum.example", "nobody-yet@enum.example"):
        answer = await visitor.send(f"/sessions/{session}", {**fields, "email": email}, to="/register")
        seen.add((answer.status_code, answer.headers.get("location"), answer.text))
    assert len(seen) == 1, seen


async def test_a_scanner_that_follows_every_link_changes_nothing(world: World) -> None:
    installation, email = world.installation, "scanned@links.example"
    session = await schedule(installation, "scanned", timedelta(minutes=10))
    await register(installation, session, email)
    mail = await installation.mail("confirmation", email)
    own = installation.link(mail, "registration")

    async def state() -> Any:
        registration = (await installation.api.get(f"/api/v1/registrations/{token(own)}")).json()
        survey = (await installation.api.get(f"/api/v1/surveys/{token(world.link('survey'))}")).json()
        proposal = (await installation.api.get(f"/api/v1/proposals/{world.proposals['received']}")).json()
        return registration, survey["state"], proposal["supports"]

    before = await state()
    for path in (own, installation.link(mail, "join"), *(world.link(purpose) for purpose in world.links)):
        for method in ("GET", "HEAD", "OPTIONS", "GET"):
            assert (await installation.api.request(method, path)).status_code < 500
    assert await state() == before
    assert not before[0]["attended"]


async def test_a_survey_is_answered_once_for_each_link(world: World) -> None:
    installation, email = world.installation, "stuffer@ballot.example"
    session = await schedule(installation, "stuffed", timedelta(minutes=5))
    await register(installation, session, email)
    await installation.mail("confirmation", email)
    await installation.staff("POST", f"/sessions/{session}/end", {})
    link = token(installation.link(await installation.mail("survey", email), "survey"))
    body = {"answers": ANSWERS, "comment": ""}
    answers = await asyncio.gather(*(installation.api.post(f"/api/v1/surveys/{link}", json=body) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [202] + 19 * [409]


async def test_an_address_supports_a_proposal_once(world: World) -> None:
    installation, proposal = world.installation, world.proposals["received"]

    async def supports() -> int:
        return int((await installation.public("GET", f"/proposals/{proposal}"))["supports"])

    before = await supports()
    confirm = f"/api/v1/supports/{token(world.link('support'))}"
    await asyncio.gather(*(installation.api.post(confirm, json={}) for _ in range(20)))

    async def counted() -> None:
        assert await supports() == before + 1

    await eventually(counted)
    await installation.public("POST", f"/proposals/{proposal}/supports", {"email": A.upper()})
    await installation.api.post(confirm, json={})
    assert await supports() == before + 1


async def following(world: World, *emails: str) -> list[str]:
    """The paths of the links to their data of people who support a proposal of their own."""
    body = {"programme": PROGRAMME, "title": f"Compartida per {emails[0]}"}
    proposal = (await world.installation.public("POST", "/proposals", body))["id"]
    for email in emails:
        await world.installation.public("POST", f"/proposals/{proposal}/supports", {"email": email})
    mails = [await world.installation.mail("support_confirmation", email) for email in emails]
    return [world.installation.link(mail, "following") for mail in mails]


async def test_the_link_of_one_follower_touches_no_other(world: World) -> None:
    api, mine, theirs = world.installation.api, "mine@follow.example", "theirs@follow.example"
    own, other = await following(world, mine, theirs)
    assert theirs not in (await api.get(own)).text + (await api.get(f"{own}/data.json")).text
    forms = {"headers": anybody(world.installation), "data": {"csrf": form_token(world.installation), "email": theirs}}
    assert (await api.post(f"{own}/erase", **forms)).status_code == 303  # whatever the form holds besides
    assert (await api.get(own)).status_code == 410
    exported = (await api.get(f"{other}/data.json")).json()
    assert [each["email"] for each in exported["followed"]] == [theirs]


async def test_nobody_is_erased_by_looking_nor_by_a_link_of_another_purpose(world: World) -> None:
    api, email = world.installation.api, "stays@follow.example"
    (own,) = await following(world, email)
    for method in ("GET", "HEAD", "OPTIONS", "DELETE", "PUT"):
        assert (await api.request(method, f"{own}/erase")).status_code < 500
    forms = {"headers": anybody(world.installation), "data": {"csrf": form_token(world.installation)}}
    mail = await world.installation.mail("support_confirmation", email)
    support = token(world.installation.link(mail, "support"))
    assert (await api.post(f"/following/{support}/erase", **forms)).status_code == 404
    assert email in (await api.get(own)).text


@pytest.mark.parametrize("of", ["registrations", "followers", "recipients"])
async def test_nobody_but_the_office_reads_or_erases_a_person_by_the_address(world: World, of: str) -> None:
    for verb in ("export", "erase"):
        for headers in ({}, {"Authorization": "Bearer guessed-token"}, anybody(world.installation)):
            answer = await world.installation.api.post(f"/api/v1/{of}/{verb}", json={"email": A}, headers=headers)
            assert (answer.status_code, A in answer.text) == (401, False)


@pytest.mark.parametrize(
    "extra",
    [
        {"status": "registered"}, {"state": "registered"}, {"attended": True}, {"attended_at": 0}, {"version": 9},
        {"_id": "x"}, {"id": "x"}, {"session_id": "x"}, {"outbox": []}, {"eligible": True}, {"promoted": True},
    ],
    ids=str,
)  # fmt: skip
async def test_no_field_is_assigned_that_is_not_asked_for(world: World, extra: dict[str, Any]) -> None:
    answer = await send(world, world.sessions["full"], "mass@assign.example", **extra)
    assert answer.status_code == 422
    proposal = {"programme": PROGRAMME, "title": "x", **extra}
    assert (await world.installation.api.post("/api/v1/proposals", json=proposal)).status_code == 422


@pytest.mark.parametrize("consent", [False, None, "", 0, "false"], ids=str)
async def test_nobody_registers_without_consent(world: World, consent: object) -> None:
    answer = await send(world, world.sessions["coming"], "no@consent.example", consent=consent)
    assert answer.status_code == 422


async def test_addresses_of_recordings_are_stored_and_never_fetched(world: World) -> None:
    knocks: list[object] = []
    server = await asyncio.start_server(lambda *peer: knocks.append(peer), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        session = await schedule(world.installation, "fetched", timedelta(minutes=5))
        await world.installation.staff("POST", f"/sessions/{session}/end", {})
        url = f"https://127.0.0.1:{port}/recording"
        body = {"recording_url": url, "materials": [{"title": "x", "url": url}]}
        await world.installation.staff("POST", f"/sessions/{session}/materials", body)
        await world.installation.api.get(f"/sessions/{session}")
        await world.installation.api.get("/api/v1/sessions")
        assert not knocks
    finally:
        server.close()


@pytest.mark.parametrize(
    "url", ["http://x.example/", "javascript:xq()", "data:text/html,x", "file:///etc/passwd", "//x.example", "https://"]
)
async def test_only_whole_https_addresses_are_stored(world: World, url: str) -> None:
    body = {"recording_url": url, "materials": []}
    answer = await world.installation.api.post(
        f"/api/v1/sessions/{world.sessions['ended']}/materials",
        json=body,
        headers={"Authorization": f"Bearer {world.installation.staff_token}"},
    )
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "path", ["/", "/sessions/", "/office", "/office/sessions", "/registration/{token}", "/feed.atom"]
)
async def test_a_foreign_host_is_believed_by_no_link_and_no_redirect(world: World, path: str) -> None:
    claims = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    filled = path.format(token=token(world.link("registration")))
    for headers, refused in ((claims, False), ({"Host": "evil.example", **claims}, True)):
        answer = await world.installation.api.get(filled, headers=headers)
        assert (answer.status_code == 421) is refused
        assert "evil.example" not in answer.headers.get("location", "")
        assert "evil.example" not in answer.text


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "/%09/evil.example", "javascript:xq()"]
)
async def test_signing_in_leads_nowhere_else(world: World, elsewhere: str) -> None:
    answer = await world.installation.api.get("/office/sign-in", params={"next": elsewhere})
    assert answer.status_code == 200
    carried = re.findall(r'(?:name="next" value|action)="([^"]*)"', answer.text)
    assert carried, "the form keeps where to go"
    for address in carried:
        assert own_path(html.unescape(address)) == html.unescape(address) or not address


async def test_passwords_are_not_to_be_tried_without_end(world: World) -> None:
    statuses = []
    for number in range(30):
        data = {"csrf": form_token(world.installation), "user_name": "office@x.example", "password": f"guess {number}"}
        answer = await world.installation.api.post("/office/sign-in", headers=anybody(world.installation), data=data)
        statuses.append(answer.status_code)
    assert 429 in statuses, statuses
    assert 303 not in statuses
