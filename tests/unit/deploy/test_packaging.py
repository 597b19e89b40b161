"""The locks and the Makefile: what a fresh clone installs is pinned, hashed and what pyproject.toml asks for."""

import re
import subprocess
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
LOCKS = ("requirements.lock", "requirements-dev.lock")
TARGETS = ("up", "demo", "test", "check", "bench", "test-stack", "lock", "pin", "pinned", "clean", "help")


def _locked(name: str) -> dict[str, str]:
    """Package to version."""
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE)
    return {canonicalize_name(package): version for package, version in pinned}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_a_hash_for_every_package_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert re.match(r"[a-z0-9._-]+==\S+ ", entry), entry
        assert "--hash=sha256:" in entry, entry
    assert not re.search(r"://|--index|--extra-index|--find-links|--trusted-host", text)


def test_the_locks_fit_what_the_project_asks_for(project: dict[str, Any]) -> None:
    runtime, development = _locked("requirements.lock"), _locked("requirements-dev.lock")
    groups = project["dependency-groups"]
    asked = [*project["project"]["dependencies"], *groups["build"], *project["build-system"]["requires"]]
    for lock, requirements in ((runtime, asked), (development, [*asked, *groups["dev"]])):
        for requirement in map(Requirement, requirements):
            assert requirement.specifier.contains(lock[canonicalize_name(requirement.name)]), (
                f"run: make lock ({requirement})"
            )
    assert runtime.items() <= development.items(), "both install the same versions: run make lock"


def test_the_makefile_s_first_target_lists_every_other() -> None:
    listed = subprocess.run(["make", "-C", ROOT, "--no-print-directory"], capture_output=True, text=True, check=True)
    assert sorted(re.findall(r"^ +make (\S+) +\S", listed.stdout, re.MULTILINE)) == sorted(TARGETS)


def test_an_old_python_is_refused_in_one_line(tmp_path: Path) -> None:
    old = tmp_path / "python-of-old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    done = subprocess.run(["make", "-C", tmp_path, "up", f"PYTHON={old}"], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Dijous needs Python 3.11 or newer" in done.stderr


def test_no_other_distribution_claims_our_packages() -> None:
    owners = packages_distributions()
    for package in ("services", "shared", "deploy"):
        assert set(owners.get(package, ["dijous"])) == {"dijous"}
