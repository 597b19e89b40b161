"""`dijous demo`: a year of both reference programmes on the real installation, and what it leaves to look at."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.embedded import Embedded
from tests.support.ports import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

DIJOUS = Path(sys.executable).parent / "dijous"
DEMO_SECONDS = 400
SERIES, COHORT = "dijous-gomunicipal", "pilot-decidim-catalunya"
REAL = ["2023-09-21", "2023-10-26", "2023-11-23", "2024-01-25", "2024-02-29", "2024-04-25"]
MONTHLY = re.compile(
    r"the session of (\d\d)/(\d\d)/(\d{4}): (\d+) registered, (\d+) cancelled, (\d+) came, (\d+) answered"
)


def _demo(data: Path) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DIJOUS_")}
    settings = {"DIJOUS_DATA": str(data), "DIJOUS_PORT": str(free_port())}
    return subprocess.run(
        [DIJOUS, "demo", "--exit"],
        env=clean | settings,
        capture_output=True,
        text=True,
        timeout=DEMO_SECONDS,
        check=False,
    )


class Left(Embedded):
    """What a demonstration left, started again."""

    def __init__(self, folder: Path, told: str) -> None:
        self.told = told
        (folder / "demo").rename(folder / "data")
        secret, token = ((folder / "data" / name).read_text().strip() for name in ("secret", "staff-token"))
        super().__init__(folder, DIJOUS_SECRET=secret, DIJOUS_STAFF_TOKEN=token)
        self.secret, self.staff_token = secret, token

    async def items(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.staff("GET", path))["items"]
        return found

    async def past_sessions(self) -> dict[str, dict[str, Any]]:
        """By day."""
        found = await self.items(f"/sessions?programme={SERIES}&when=past&limit=100")
        return {item["starts_at"][:10]: item for item in found}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def left(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Left]:
    folder = tmp_path_factory.mktemp("played")
    done = _demo(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    installation = Left(folder, done.stdout)
    try:
        await installation.start()
        yield installation
    finally:
        await installation.stop()


async def test_it_ends_with_its_table_and_says_what_is_invented(left: Left) -> None:
    table = left.told[left.told.index("what happened") :]
    mails = {kind: int(count) for kind, count in re.findall(r"^([a-z_]+) +(\d+)$", table, re.MULTILINE)}
    once = {
        "waiting_list": 10,
        "promotion": 1,
        "rescheduled": 59,
        "survey_reminder": 14,
        "proposal_received": 2,
        "support_confirmation": 8,
        "proposal_scheduled": 9,
        "petition_received": 23,
        "petition_offered": 12,
        "petition_accepted": 12,
        "membership_started": 10,
        "membership_advanced": 12,
        "membership_next_step": 8,
    }
    assert {kind: mails[kind] for kind in once} == once
    assert mails["survey"] == mails["results"] == mails["materials"] > 50
    assert re.search(rf"in all +{sum(mails.values())} mails +\d+\.\d$", table, re.MULTILINE)
    assert "results of 42 answers" in table
    assert "44 councils came, 6 people stayed away" in table
    assert "drawn from the directory by the seed" in table
    assert "Invented: people, figures, recordings" in table


async def test_the_six_real_sessions_were_moved_in_with_recording_participation_and_results(left: Left) -> None:
    sessions = await left.past_sessions()
    assert sorted(sessions)[:6] == REAL
    for day in REAL:
        session = sessions[day]
        assert session["recording_url"]
        people = await left.items(f"/sessions/{session['id']}/registrations?limit=500")
        assert len({person["entity"] for person in people}) >= 30
        assert {person["name"] for person in people} == {""}
        results = await left.public("GET", f"/results/{session['id']}")
        came = sum(person["attended_at"] is not None for person in people)
        assert 5 <= results["n"] <= came


async def test_every_session_of_the_year_shows_the_figures_that_were_told(left: Left) -> None:
    told = MONTHLY.findall(left.told[: left.told.index("what happened")])
    sessions = await left.past_sessions()
    assert len(sessions) == len(REAL) + len(told) + 1
    assert all(session["recording_url"] for session in sessions.values())
    for day, month, year, *figures in told:
        session = sessions[f"{year}-{month}-{day}"]
        people = await left.items(f"/sessions/{session['id']}/registrations?limit=100")
        gave_up = sum(person["status"] == "cancelled" for person in people)
        came = sum(person["attended_at"] is not None for person in people)
        results = await left.public("GET", f"/results/{session['id']}")
        assert [len(people), gave_up, came, results["n"]] == [int(figure) for figure in figures]


async def test_the_session_that_was_played_in_full_and_the_next_one_are_there(left: Left) -> None:
    sessions = await left.past_sessions()
    played = sessions[max(sessions)]
    people = await left.items(f"/sessions/{played['id']}/registrations?limit=100")
    assert Counter(person["status"] for person in people) == {"registered": 50, "waiting": 9, "cancelled": 1}
    assert (await left.public("GET", f"/results/{played['id']}"))["n"] == 42
    (coming,) = await left.items(f"/sessions?programme={SERIES}&when=upcoming")
    assert len(await left.items(f"/sessions/{coming['id']}/registrations")) == 12
    proposals = (await left.public("GET", "/proposals"))["items"]
    assert Counter(proposal["state"] for proposal in proposals) == {"scheduled": 1, "received": 1}


async def test_ten_councils_are_on_their_way_through_the_phases(left: Left) -> None:
    members = await left.staff("GET", f"/memberships?programme={COHORT}")
    phases = [phase["key"] for phase in (await left.public("GET", f"/programmes/{COHORT}"))["phases"]]
    assert Counter(phases.index(member["phase"]) for member in members) == {0: 3, 1: 3, 2: 3, 3: 1}
    assert all(member["petition"] and member["contacts"] for member in members)
    assert {member["mentor"] for member in members} == {"diputacio-tarragona", "diputacio-lleida"}
    assert sum(member["next_step"] is not None for member in members) == 4
    assert (await left.public("GET", f"/sessions?programme={COHORT}"))["items"] == []
    (meeting,) = await left.items(f"/sessions?programme={COHORT}")
    assert len(await left.items(f"/sessions/{meeting['id']}/registrations")) == 10


async def test_petitions_stand_in_every_state(left: Left) -> None:
    petitions = await left.items("/petitions?limit=100")
    states: dict[str, Counter[str]] = {}
    for petition in petitions:
        states.setdefault(petition["offer"], Counter())[petition["state"]] += 1
    assert states == {
        f"{COHORT}:places-del-pilot": {"accepted": 10, "declined": 1, "withdrawn": 1, "offered": 1, "reserve": 1},
        f"{COHORT}:consultes": {"received": 3, "under_review": 1, "answered": 1},
        f"{SERIES}:suport": {"accepted": 2, "under_review": 1, "received": 1},
    }
    assert sum(not petition["is_eligible"] for petition in petitions if petition["offer"] == f"{SERIES}:suport") == 1


async def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "demo" / "precious.txt"
    precious.parent.mkdir()
    precious.write_text("mine")
    done = _demo(tmp_path)
    assert done.returncode == 2
    assert re.fullmatch(r"DIJOUS_DATA: .* is left alone\n", done.stderr), done.stderr
    assert precious.read_text() == "mine"
