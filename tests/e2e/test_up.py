"""`dijous up` as a person starts it: real processes, one address, one folder.

Tests that leave it running share one start; where a child dies or hangs, it is whole again when the test ends.
"""

import asyncio
import os
import pty
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from fastapi import Response

from shared.clock import clock_from
from shared.staff import Role, StaffMember
from shared.web.staff_cookie import StaffCookie
from tests.support.links import Reader
from tests.support.nats import running_broker
from tests.support.office import LONG
from tests.support.ports import free_port
from tests.support.probes import eventually

DIJOUS = Path(sys.executable).parent / "dijous"
pytestmark = pytest.mark.asyncio(loop_scope="module")

READY_SECONDS = 30.0
STOP_SECONDS = 5.0


class Run:
    """One `dijous up`."""

    def __init__(self, data: Path, port: int, terminal: int | None = None, **environment: str) -> None:
        self.data = data
        self.url = f"http://127.0.0.1:{port}"
        settings = {"DIJOUS_DATA": str(data), "DIJOUS_PORT": str(port), **environment}
        self.output = data.with_suffix(".out")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [DIJOUS, "up"],
                env=_clean_environment() | settings,
                stdout=output if terminal is None else terminal,
                stderr=subprocess.STDOUT,
                cwd=data.parent,
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    async def ready(self) -> "Run":
        def check() -> None:
            assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.said}"
            assert "Ctrl-C stops it" in self.said, f"not ready: {self.said}"

        await eventually(check, within=READY_SECONDS)
        return self

    def ended(self, within: float) -> int:
        return self.process.wait(within)

    def stop(self) -> float:
        """Ctrl-C; the seconds until it had ended."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(2 * STOP_SECONDS) == 0
        return time.monotonic() - started

    def child(self, program: str) -> int:
        """The process id of the child whose command line names the program."""
        for pid in _children(self.process.pid):
            with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
                if program in Path(f"/proc/{pid}/cmdline").read_text():
                    return pid
        raise AssertionError(f"no child {program}")

    def staff(self, method: str, path: str, body: object = None) -> httpx.Response:
        token = (self.data / "staff-token").read_text().strip()
        return httpx.request(
            method, f"{self.url}/api/v1{path}", json=body, headers={"Authorization": f"Bearer {token}"}, timeout=15
        )


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("DIJOUS_")}


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


PROGRAMME = {"slug": "dijous", "name": {"ca": "Dijous"}, "kind": "series", "time_zone": "Europe/Madrid"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def runs(data: Path) -> Iterator[list[Run]]:
    """Runs to be ended whatever happens."""
    started: list[Run] = []
    yield started
    for run in started:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()


async def _start(runs: list[Run], data: Path, port: int | None = None, **environment: str) -> Run:
    runs.append(Run(data, free_port() if port is None else port, **environment))
    return await runs[-1].ready()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Run]:
    """A run for all tests that leave it running."""
    run = Run(tmp_path_factory.mktemp("running") / "data", free_port())
    try:
        yield await run.ready()
        run.stop()
    finally:
        run.process.kill()
        run.process.wait()


async def test_it_says_what_to_open_serves_every_service_and_stops_at_ctrl_c(runs: list[Run], data: Path) -> None:
    run = await _start(runs, data)
    for name in ("staff-token", "first-run"):
        assert str(data / name) in run.said
        assert (data / name).read_text().strip() not in run.said, "a journal would keep it"
        assert (data / name).stat().st_mode & 0o077 == 0
    assert f"{run.url}/mailbox" in run.said

    checks = httpx.get(f"{run.url}/health/ready").json()["checks"]
    assert {name.partition(".")[0] for name in checks} == {"registration", "notifications", "feedback", "proposals"}
    paths = httpx.get(f"{run.url}/api/v1/openapi.json").json()["paths"]
    for path in ("/api/v1/sessions", "/api/v1/deliveries", "/api/v1/results/{session}", "/api/v1/proposals"):
        assert path in paths
    assert run.staff("POST", "/programmes", PROGRAMME).status_code == 201
    for page in ("/", "/mailbox", "/mailbox/messages.json"):
        assert httpx.get(run.url + page).status_code == 200
        assert httpx.get(run.url + page, headers={"Host": "evil.example"}).status_code == 421

    children = _children(run.process.pid)
    assert run.stop() < STOP_SECONDS
    assert not [pid for pid in children if _is_alive(pid)]


async def test_where_others_may_reach_it_only_administrators_see_the_mailbox(runs: list[Run], data: Path) -> None:
    secret = secrets.token_hex(32)
    run = await _start(runs, data, DIJOUS_PUBLIC_URL="https://dijous.example", DIJOUS_SECRET=secret)
    with httpx.Client(base_url=run.url) as http:
        for host in ("dijous.example", "127.0.0.1"):
            for path in ("/mailbox", "/mailbox/messages.json", "/mailbox/1", "/mailbox/1/raw"):
                answer = http.get(path, headers={"Host": host})
                assert (answer.status_code, answer.headers["location"]) == (303, f"/office/sign-in?next={path}")
        assert http.get("/mailbox/messages.json", headers={"Accept": "application/json"}).status_code == 401
        for role, status in ((Role.EDITOR, 403), (Role.ADMIN, 200)):
            response = Response()
            cookie = StaffCookie(secret, clock_from(None), secure=True, idle=LONG)
            cookie.begin(response, StaffMember("m1", "Aina", role), clock_from(None)() + LONG)
            sent = {"Cookie": response.headers["set-cookie"].partition(";")[0]}
            assert http.get("/mailbox/messages.json", headers=sent).status_code == status


async def test_the_broker_is_told_no_secret_of_the_services(runs: list[Run], data: Path) -> None:
    run = await _start(runs, data, DIJOUS_SECRET=secrets.token_hex(32), DIJOUS_STAFF_TOKEN=secrets.token_hex(16))
    assert "DIJOUS_SECRET=" in Path(f"/proc/{run.child('deploy.embedded')}/environ").read_text()
    assert "DIJOUS_" not in Path(f"/proc/{run.child('nats-server')}/environ").read_text()


async def test_a_terminal_is_shown_the_token_and_the_link(runs: list[Run], data: Path) -> None:
    screen, terminal = pty.openpty()
    os.set_blocking(screen, False)
    run = Run(data, free_port(), terminal)
    runs.append(run)
    shown = ""

    def is_ready() -> None:
        nonlocal shown
        with suppress(BlockingIOError):
            shown += os.read(screen, 10_000).decode()
        assert "Ctrl-C stops it" in shown

    await eventually(is_ready, within=READY_SECONDS)
    for name in ("staff-token", "first-run"):
        assert (data / name).read_text().strip() in shown


async def test_a_second_start_on_the_same_data_continues(runs: list[Run], data: Path) -> None:
    first = await _start(runs, data)
    assert first.staff("POST", "/programmes", PROGRAMME).status_code == 201
    first.stop()
    assert not (data / "environment").exists(), "it holds secrets and addresses that nobody answers any more"
    path = urlsplit(_command(data, "office", "link").strip()).path
    assert "/office/first-run/" in path, "the way into the office is found while nothing runs"
    assert "registration   whole, 2 entries" in _command(data, "audit", "verify")

    second = await _start(runs, data)
    assert "staff token" not in second.said, "shown once, when it is made"
    assert [item["slug"] for item in second.staff("GET", "/programmes").json()["items"]] == ["dijous"]
    assert (await _page(second.url + path)).status_code == 404, "the start made another, and says it"
    assert (await _page(_command(data, "office", "link"))).status_code == 200


@pytest.mark.parametrize("program", ["deploy.embedded", "nats-server"])
async def test_a_killed_child_is_started_again_and_the_person_told(running: Run, program: str) -> None:
    run, before = running, len(running.said)
    killed = run.child(program)
    os.kill(killed, signal.SIGKILL)

    def another_one_works() -> None:
        assert run.child(program) != killed
        answer = httpx.get(f"{run.url}/health/ready", timeout=10)
        assert answer.status_code == 200, answer.text

    await eventually(another_one_works, within=READY_SECONDS, every=0.1)
    assert "ended (signal 9); starting it again" in run.said[before:]
    programme = {**PROGRAMME, "slug": f"after-{program.partition('.')[0]}"}
    assert run.staff("POST", "/programmes", programme).status_code == 201


async def test_the_broker_s_lost_store_is_made_anew(running: Run) -> None:
    run = running
    broker = run.child("nats-server")
    os.kill(broker, signal.SIGSTOP)
    subprocess.run(["rm", "-rf", run.data / "nats"], check=True)
    os.kill(broker, signal.SIGKILL)

    def streams_are_back() -> None:
        answer = httpx.get(f"{run.url}/health/ready", timeout=10)
        assert answer.status_code == 200, answer.text

    await eventually(lambda: _assert(run.child("nats-server") != broker), within=READY_SECONDS)
    await eventually(streams_are_back, within=READY_SECONDS, every=0.2)


def _assert(condition: bool) -> None:
    assert condition


async def test_a_broker_that_runs_and_cannot_work_is_restarted(running: Run) -> None:
    run = running
    frozen = run.child("nats-server")
    os.kill(frozen, signal.SIGSTOP)

    def another_one_works() -> None:
        assert run.child("nats-server") != frozen, run.said
        answer = httpx.get(f"{run.url}/health/ready", timeout=10)
        assert answer.status_code == 200, answer.text

    await eventually(another_one_works, within=READY_SECONDS, every=0.2)
    assert "the broker cannot work (no answer: timed out); restarting it" in run.said


async def test_other_commands_find_the_running_installation_by_its_folder(running: Run, tmp_path: Path) -> None:
    run, data = running, running.data
    directory = tmp_path / "directory.csv"
    header = "ens_code,code,ine5,kind,name,name_sorted,council,comarca_code,comarca,province_code,province"
    row = "9999990001,999999,99999,municipality,Vilanova,Vilanova,Ajuntament de Vilanova,11,Baix Llobregat,08,Barcelona"
    directory.write_text(f"{header},population_2020\n{row},12\n")
    assert "0 dead letters" in _command(data, "deadletters", "list").replace("no dead", "0 dead")
    assert "EVENTS" in _command(data, "streams", "show")
    assert _command(data, "entities", "import", str(directory)) == "1 entities imported\n"
    found = httpx.get(f"{run.url}/api/v1/entities", params={"q": "9999990001"}).json()["items"]
    assert [item["name"] for item in found] == ["Ajuntament de Vilanova"]
    listed = _command(data, "reconcile")
    assert "registration: listed" in listed
    assert re.search(r"registration   whole, .*; as announced [1-9]\d* times", _command(data, "audit", "verify"))
    assert (await _page(_command(data, "office", "link"))).status_code == 200, "the way in of the first administrator"


async def test_a_backup_made_while_it_runs_is_a_folder_to_start_from(
    running: Run, runs: list[Run], tmp_path: Path
) -> None:
    run, data = running, running.data
    run.staff("POST", "/programmes", {"slug": "kept", "name": {"ca": "Desat"}, "kind": "series"})
    copy = tmp_path / "backups" / "today"
    assert f"copied to {copy}" in _command(data, "backup", str(copy))
    assert {file.stat().st_mode & 0o077 for file in [copy, *copy.iterdir()]} == {0}, "nobody else reads it"
    restored = await _start(runs, copy)
    assert restored.staff("GET", "/programmes/kept").json()["name"] == {"ca": "Desat"}
    assert (copy / "secret").read_text() == (data / "secret").read_text(), "links in mails stay valid"


async def test_a_neighbour_that_does_not_answer_is_named_and_waited_for(runs: list[Run], data: Path) -> None:
    run = await _start(runs, data, DIJOUS_SMTP_URL=f"smtp://127.0.0.1:{free_port()}")
    assert re.search(r"DIJOUS_SMTP_URL: 127.0.0.1:\d+ does not answer \(connection refused\)", run.said)


async def _page(address: str) -> httpx.Response:
    async with Reader() as client:
        return await client.get(address.strip())


def _command(data: Path, *arguments: str) -> str:
    environment = _clean_environment() | {"DIJOUS_DATA": str(data)}
    done = subprocess.run(
        [DIJOUS, *arguments], env=environment, capture_output=True, text=True, timeout=READY_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_it_runs_on_a_free_port_with_a_broker_of_which_one_server_is_away(runs: list[Run], data: Path) -> None:
    async with running_broker() as broker:
        servers = f"nats://127.0.0.1:{free_port()},{broker.url},127.0.0.1:{free_port()}"
        run = await _start(runs, data, 0, DIJOUS_NATS_URL=servers)
        found = re.search(r"ready on (http://127\.0\.0\.1:([1-9]\d*))\n", run.said)
        assert found, run.said
        assert "starting it again" not in run.said
        assert httpx.get(f"{found[1]}/health/ready").status_code == 200
        settings = {"DIJOUS_DATA": str(data), "DIJOUS_PORT": "0"}
        healthy = subprocess.run(
            [DIJOUS, "health"], env=_clean_environment() | settings, capture_output=True, check=False
        )
        assert healthy.returncode == 0, healthy.stdout


async def test_children_die_with_a_killed_supervisor(runs: list[Run], data: Path) -> None:
    run = await _start(runs, data)
    children = _children(run.process.pid)
    assert len(children) == 2
    run.process.kill()
    run.process.wait()
    await eventually(lambda: _assert(not [pid for pid in children if _is_alive(pid)]), within=5)
    await _start(runs, data)


async def test_a_second_run_on_the_same_data_is_refused_in_one_line(running: Run) -> None:
    refused = await asyncio.to_thread(_refused, running.data, DIJOUS_PORT=str(free_port()))
    assert refused.startswith("DIJOUS_DATA: ")
    assert f"in use by another run (process {running.process.pid})" in refused


async def test_a_taken_port_is_said_in_one_line(data: Path) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        refused = await asyncio.to_thread(_refused, data, DIJOUS_PORT=str(port))
        assert refused.startswith(f"DIJOUS_PORT: {port} cannot be used: Address already in use")
    finally:
        server.close()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DIJOUS_PORT", "eighty"),
        ("DIJOUS_STORE_URL", "postgres://db"),
        ("DIJOUS_PUBLIC_URL", "dijous.example"),
        ("DIJOUS_STAFF_TOKEN", "short"),
        ("DIJOUS_DATA", "/proc/dijous"),
        ("DIJOUS_SMTP_URL", "pigeon://relay"),
        ("DIJOUS_TRUSTED_PROXY", "10.0.0.0/8, 10.0.0.300"),
        ("DIJOUS_NATS_URL", "amqp://broker"),
        ("DIJOUS_STORE_URL", "sqlite:////proc/dijous"),
    ],
)
async def test_a_broken_setting_is_said_in_one_line(data: Path, variable: str, value: str) -> None:
    refused = await asyncio.to_thread(_refused, data, **{"DIJOUS_PORT": str(free_port()), variable: value})
    assert refused.startswith(f"{variable}: ")


def _refused(data: Path, **environment: str) -> str:
    """What a start says that is refused, in one line, with the exit code for it."""
    done = subprocess.run(
        [DIJOUS, "up"],
        env=_clean_environment() | {"DIJOUS_DATA": str(data), **environment},
        capture_output=True,
        text=True,
        timeout=READY_SECONDS,
        check=False,
    )
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line
