"""The command line as a person meets it: teaching help, one clear line for each broken setting, health."""

import asyncio
import os
import signal
import smtplib
import socket
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from deploy.cli import COMMANDS
from tests.support.nats import running_broker
from tests.support.ports import free_port
from tests.support.probes import eventually

DIJOUS = Path(sys.executable).parent / "dijous"


def _environment(**settings: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("DIJOUS_")} | settings


def _run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DIJOUS, *arguments], env=_environment(**settings), capture_output=True, text=True, timeout=60, check=False
    )


def test_help_lists_every_command_with_examples() -> None:
    done = _run("--help")
    assert done.returncode == 0
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout
    assert "dijous streams apply" in done.stdout


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "version"])
def test_every_command_explains_itself(name: str) -> None:
    done = _run(name, "--help")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 4


def test_an_unknown_command_is_said_in_one_sentence() -> None:
    done = _run("fly")
    assert done.returncode == 2
    assert "No such command 'fly'" in done.stderr


def test_each_missing_setting_of_a_service_has_its_line() -> None:
    done = _run("run", "registration", "--port", "0")
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["DIJOUS_SECRET: is not set", "DIJOUS_STAFF_TOKEN: is not set"]


def test_a_broken_secret_is_not_repeated() -> None:
    done = _run("run", "feedback", "--port", "0", DIJOUS_SECRET="too-short-canary", DIJOUS_STAFF_TOKEN="x" * 16)
    assert done.returncode == 2
    assert done.stderr == "DIJOUS_SECRET: must have at least 32 characters\n"


def test_a_token_that_no_header_holds_is_said_in_one_line() -> None:
    done = _run("person", "export", "nuria@alamus.example", DIJOUS_STAFF_TOKEN="é" * 20)
    assert done.returncode == 2
    assert "the token may hold letters without accents" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_mistyped_proxy_of_a_service_is_said_in_one_line() -> None:
    secrets = {"DIJOUS_SECRET": "x" * 32, "DIJOUS_STAFF_TOKEN": "x" * 16}
    done = _run("run", "proposals", "--port", "0", DIJOUS_TRUSTED_PROXY="10.0.0.0/8,banana", **secrets)
    assert done.returncode == 2
    assert done.stderr == "DIJOUS_TRUSTED_PROXY: 'banana' is no address or network such as 10.0.0.0/8\n"


@pytest.mark.parametrize("command", [["version"], ["health", "http://127.0.0.1:1"], ["run", "registration"], ["up"]])
def test_every_command_names_an_unknown_setting_and_the_nearest_known_one(command: list[str], tmp_path: Path) -> None:
    done = _run(*command, DIJOUS_PROT="canary", DIJOUS_DATA=str(tmp_path), DIJOUS_PORT="x")
    assert "DIJOUS_PROT: unknown setting, ignored; the nearest is DIJOUS_PORT" in done.stderr.splitlines()
    assert "canary" not in done.stdout + done.stderr


def test_an_unknown_setting_like_no_other_is_named_and_the_command_goes_on() -> None:
    done = _run("version", DIJOUS_XYZZY="1", DIJOUS_FAILPOINT="", dijous_port="8080")
    assert done.returncode == 0
    assert done.stderr.splitlines() == ["DIJOUS_XYZZY: unknown setting, ignored"]


def test_a_taken_port_of_a_service_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = _run("run", "proposals", "--port", port, DIJOUS_SECRET="x" * 32, DIJOUS_STAFF_TOKEN="x" * 16)
    assert done.returncode == 2
    assert done.stderr == f"--host 127.0.0.1 --port {port}: Address already in use\n"


async def test_reconcile_with_a_wrong_password_is_told_as_such(tmp_path: Path) -> None:
    own = {"DIJOUS_SECRET": "x" * 32, "DIJOUS_STAFF_TOKEN": "x" * 16, "DIJOUS_STORE_URL": f"sqlite:///{tmp_path}"}
    async with running_broker("--user", "u", "--pass", "right") as guarded:
        url = guarded.url.replace("//", "//u:wrong-canary@")
        done = await asyncio.to_thread(_run, "reconcile", DIJOUS_NATS_URL=url, DIJOUS_DATA=str(tmp_path), **own)
    assert done.returncode == 1
    assert done.stderr == f"Error: the broker at 127.0.0.1:{guarded.port}: nats: 'Authorization Violation'\n"


def test_health_of_what_does_not_answer_is_bad() -> None:
    done = _run("health", f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert "does not answer" in done.stdout


async def test_the_mailbox_runs_alone_and_stops_when_asked(tmp_path: Path) -> None:
    web, smtp = free_port(), free_port()
    settings = _environment(DIJOUS_DATA=str(tmp_path), DIJOUS_MAILBOX_PORT=str(smtp))
    process = subprocess.Popen([DIJOUS, "run", "mailbox", "--port", str(web)], env=settings)
    try:

        def healthy() -> None:
            done = _run("health", f"http://127.0.0.1:{web}")
            assert done.returncode == 0, done.stdout

        await eventually(healthy, within=20)
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "oficina@dijous.example", "nuria@alamus.example", "Hola"
        with smtplib.SMTP("127.0.0.1", smtp) as client:
            client.send_message(mail)
        messages = httpx.get(f"http://127.0.0.1:{web}/mailbox/messages.json").json()
        assert [message["subject"] for message in messages] == ["Hola"]
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
