"""`dijous person`: one command finds and erases one person in all services, and no canary is found afterwards."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from nats.js import JetStreamContext

from deploy.commands.person import NOUNS
from shared.events.proposals import ProposalFollowed
from shared.messaging.dead_letters import DEADLETTERS
from tests.support.embedded import Embedded, running_embedded
from tests.support.forms import Visitor
from tests.support.people import finds, jetstream, kept_of, messages, person, run_person, stored
from tests.support.probes import eventually
from tests.support.world import ALAMUS, PROGRAMME, register, schedule

CANARY, NAME = "canary.bird@alamus.example", "Canària Ocell"
OTHER = "other.bird@alamus.example"
PROGRAMME_BODY = {"slug": PROGRAMME, "name": {"ca": "Dijous"}, "kind": "series", "time_zone": "Europe/Madrid"}


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Embedded]:
    async with running_embedded(tmp_path, DIJOUS_SWEEP_SECONDS="0.5") as installation:
        await installation.staff("POST", "/programmes", PROGRAMME_BODY)
        yield installation


@pytest.fixture
async def js(installation: Embedded) -> AsyncIterator[JetStreamContext]:
    client, stream = await jetstream(installation)
    yield stream
    await client.close()


async def propose(installation: Embedded, body: dict[str, Any]) -> str:
    """The id of a proposal, made as soon as the service of proposals has heard of the programme."""
    made: list[str] = []

    async def check() -> None:
        made.append((await installation.public("POST", "/proposals", body))["id"])

    await eventually(check)
    return made[0]


async def appear(installation: Embedded, email: str, name: str) -> list[str]:
    """Do all that leaves a person's traces: register, propose, support, be asked to. The proposals."""
    for title in ("one", "two"):
        session = await schedule(installation, f"{title} {len(name)}", timedelta(days=9))
        await register(installation, session, email, name=name)
    await installation.staff("POST", f"/sessions/{session}/cancel", {})
    proposals = []
    for title, author in (("Primera", {"email": email}), ("Segona", {}), ("Tercera", {})):
        body = {"programme": PROGRAMME, "title": f"{title} ({len(name)})", **author}
        proposals.append(await propose(installation, body))
    for proposal in proposals[1:]:
        await installation.public("POST", f"/proposals/{proposal}/supports", {"email": email})
    mail = await installation.mail("support_confirmation", email)
    token = installation.link(mail, "support").rpartition("/")[2]
    await installation.public("POST", f"/supports/{token}", {})
    await installation.mail("session_cancelled", email)
    return proposals


async def take_part(installation: Embedded, email: str, name: str) -> None:
    """Be the contact of an entity in a cohort."""
    slug = f"pilot-{len(name)}"
    await installation.staff("POST", "/programmes", {"slug": slug, "name": {"ca": "Pilot"}, "kind": "cohort"})
    contact = {"name": name, "email": email, "role": "Secretària"}
    body = {"programme": slug, "entity": ALAMUS, "reason": "Acord", "contacts": [contact]}
    await installation.staff("POST", "/memberships", body)
    await installation.mail("membership_started", email)


async def stop_the_news(installation: Embedded, email: str) -> None:
    """As a mail program does it."""
    notice = await installation.mail("session_cancelled", email)
    path = installation.path_in(notice["headers"]["List-Unsubscribe"], "preferences")
    assert (await installation.api.post(path, data={"List-Unsubscribe": "One-Click"})).status_code == 200


async def bury(js: JetStreamContext) -> None:
    """Leave a message about the person that nobody can handle among the dead letters."""
    subjects = (await js.stream_info(ProposalFollowed.event_stream, subjects_filter="evt.>")).state.subjects or {}
    subject = next(each for each in subjects if each.startswith(ProposalFollowed.subject_filter().removesuffix("*")))
    letters = (await js.stream_info(DEADLETTERS)).state.messages
    await js.publish(subject, json.dumps({"email": CANARY}).encode())

    async def check() -> None:
        assert (await js.stream_info(DEADLETTERS)).state.messages > letters

    await eventually(check)


async def test_one_command_shows_a_person_and_one_erases_them_everywhere(
    installation: Embedded, js: JetStreamContext
) -> None:
    await appear(installation, CANARY, NAME)
    await take_part(installation, CANARY, NAME)
    await stop_the_news(installation, CANARY)
    await bury(js)
    await appear(installation, OTHER, "Altra Persona")
    kept = await kept_of(installation, CANARY.upper())
    assert [each["email"] for each in kept["registration"]["registrations"]] == [CANARY, CANARY]
    assert {each["name"] for each in kept["registration"]["registrations"]} == {NAME}
    supports = sorted(each["support"] for each in kept["proposals"]["followed"])
    assert supports == ["counted", "none", "requested"]
    assert [each["name"] for each in kept["registration"]["contacts"]] == [NAME]
    assert len(kept["notifications"]["followers"]) == 3
    assert [each["about"] for each in kept["notifications"]["contacts"]] == ["membership"]
    assert {each["kind"] for each in kept["notifications"]["mails"]} >= {"confirmation", "proposal_received"}
    assert [each["address"] for each in kept["notifications"]["suppressions"]] == [CANARY]
    assert OTHER not in json.dumps(kept)
    found = {path.name.partition(".")[0] for path, data in stored(installation) if finds(data, CANARY)}
    assert found >= {*NOUNS, "1"}, "the scan finds what is there: in the databases, and in a file of the broker"
    assert [data for data in await messages(js) if finds(data, CANARY)]

    assert "nothing is kept any more" in await person(installation, "erase", CANARY, "--yes")

    assert [path for path, data in stored(installation) if finds(data, CANARY, NAME)] == []
    assert [data for data in await messages(js) if finds(data, CANARY, NAME)] == []
    left = await kept_of(installation, CANARY)
    assert not [found for of in left.values() for found in of.values() if found]
    assert "nothing is kept any more" in await person(installation, "erase", CANARY, "--yes"), "again does no harm"
    others = await kept_of(installation, OTHER)
    assert (len(others["registration"]["registrations"]), len(others["proposals"]["followed"])) == (2, 3)


async def test_addresses_go_by_themselves_when_their_time_is_over(tmp_path: Path) -> None:
    async with running_embedded(tmp_path, DIJOUS_SECRET="s" * 32) as installation:
        await installation.staff("POST", "/programmes", PROGRAMME_BODY)
        answered, *_ = await appear(installation, CANARY, NAME)
        await installation.staff("POST", f"/proposals/{answered}/answer", {})
    later = Embedded(tmp_path, DIJOUS_SECRET="s" * 32, DIJOUS_SWEEP_SECONDS="0.5", DIJOUS_COMPACT_SECONDS="0.5")
    later.move_clock(timedelta(days=9 + 366))
    try:
        await later.start()

        async def nothing_is_kept() -> None:
            for noun in NOUNS.values():
                kept = await later.staff("POST", f"/{noun}/export", {"email": CANARY})
                assert not [found for found in kept.values() if found], noun
                if noun != NOUNS["notifications"]:
                    assert not (await later.staff("POST", f"/{noun}/erase", {"email": CANARY}))["unfinished"]

        await eventually(nothing_is_kept, within=30, every=0.5)
        await eventually(partial(no_byte_is_left, later), within=30, every=0.5)
    finally:
        await later.stop()


async def test_who_erases_themselves_leaves_no_byte_while_it_runs(tmp_path: Path) -> None:
    """The databases' logs hold what was, until they are compacted."""
    quick = {"DIJOUS_SWEEP_SECONDS": "0.5", "DIJOUS_COMPACT_SECONDS": "0.5"}
    async with running_embedded(tmp_path, **quick) as installation:
        await installation.staff("POST", "/programmes", PROGRAMME_BODY)
        session = await schedule(installation, "one", timedelta(days=9))
        await register(installation, session, CANARY, name=NAME)
        confirmation = await installation.mail("confirmation", CANARY)
        page = installation.link(confirmation, "registration").rstrip(".") + "/erase"
        assert [path for path, data in stored(installation) if finds(data, CANARY)]
        assert await Visitor(installation.api, {}).done(page, {}) == "/registration/erased"
        await eventually(partial(no_byte_is_left, installation), within=30, every=0.5)


async def no_byte_is_left(installation: Embedded) -> None:
    assert [path for path, data in stored(installation) if finds(data, CANARY, NAME)] == []


async def test_an_address_that_is_none_and_a_wrong_token_are_said_in_one_line(installation: Embedded) -> None:
    for arguments, said in ((["no-address"], "This is not an email address."), (["a@b.example"], "programme office")):
        token = ["--staff-token", "another-token-altogether"] if "@" in arguments[0] else []
        done = await run_person(installation, "erase", "--yes", *arguments, *token)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert said in done.stderr
