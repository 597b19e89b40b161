"""`dijous demo`: both reference programmes through the whole job, on the real installation."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.ports import free_port

DIJOUS = Path(sys.executable).parent / "dijous"
DEMO_SECONDS = 240


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


def test_it_plays_the_whole_job_and_ends_with_its_table(tmp_path: Path) -> None:
    done = _demo(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    table = done.stdout[done.stdout.index("what happened") :]
    mails = dict(re.findall(r"^([a-z_]+) +(\d+)$", table, re.MULTILINE))
    assert mails == {
        "confirmation": "50",
        "waiting_list": "10",
        "registration_cancelled": "1",
        "promotion": "1",
        "rescheduled": "59",
        "reminder": "100",
        "survey": "50",
        "survey_reminder": "14",
        "results": "50",
        "materials": "50",
        "proposal_received": "2",
        "support_confirmation": "8",
        "proposal_scheduled": "9",
    }
    assert "results of 42 answers" in table
    assert "44 councils came, 6 people stayed away" in table
    assert "6 scheduled and ended at their time" in table


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "demo" / "precious.txt"
    precious.parent.mkdir()
    precious.write_text("mine")
    done = _demo(tmp_path)
    assert done.returncode == 2
    assert re.fullmatch(r"DIJOUS_DATA: .* is left alone\n", done.stderr), done.stderr
    assert precious.read_text() == "mine"
