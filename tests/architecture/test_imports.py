"""The dependency rule (.importlinter) holds, and every contract is seen to fail on a planted import."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).parent / "lint-imports"


def lint(root: Path) -> tuple[int, str]:
    """Exit status and words of import-linter on a source tree."""
    ran = subprocess.run(
        [LINT, "--no-cache", "--config", ROOT / ".importlinter"], cwd=root, capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("house")
    for package in ("services", "shared", "deploy"):
        shutil.copytree(
            ROOT / package,
            root / package,
            ignore=lambda _, names: [n for n in names if "." in n[1:] and not n.endswith(".py")],
        )
    return root


def test_every_import_follows_the_rule() -> None:
    status, words = lint(ROOT)

    assert status == 0, words


@pytest.mark.parametrize(
    ("importer", "imported", "contract"),
    [
        ("shared/planted.py", "services.proposals.store", "deploy > services > shared"),
        ("shared/planted.py", "deploy", "deploy > services > shared"),
        ("services/proposals/domain/planted.py", "deploy", "deploy > services > shared"),
        ("services/proposals/planted.py", "services.registration.sessions.store", "Services never import each other"),
        ("services/registration/sessions/planted.py", "services.feedback.domain", "Services never import each other"),
        ("services/proposals/domain/planted.py", "services.proposals.store", "The rooms of a small service"),
        ("services/proposals/usecases/planted.py", "services.proposals.web", "The rooms of a small service"),
        ("services/proposals/usecases/planted.py", "services.proposals.handlers", "The rooms of a small service"),
        ("services/feedback/web/planted.py", "services.feedback.handlers", "The rooms of a small service"),
        ("services/feedback/web/planted.py", "services.feedback.settings", "The rooms of a small service"),
        ("services/feedback/usecases/planted.py", "services.feedback.settings", "The rooms of a small service"),
        (
            "services/registration/seats/planted.py",
            "services.registration.sessions.domain",
            "The nouns of registration",
        ),
        ("services/registration/sessions/planted.py", "services.registration.usecases", "The nouns of registration"),
        ("services/registration/planned.py", "services.registration.sessions.domain", "The nouns of registration"),
        ("services/notifications/transport/planted.py", "services.notifications.sending.sender", "The stages of notif"),
        ("services/notifications/stray.py", "services.notifications.deliveries.store", "The stages of notifications"),
        ("services/registration/planning/store.py", "services.registration.planning.usecases", "The rooms of a noun"),
        ("services/notifications/wording/domain.py", "shared.messaging.broker", "The domain knows no framework"),
        ("services/feedback/domain/planted.py", "fastapi", "The domain knows no framework"),
        ("services/notifications/sending/domain.py", "shared.messaging.broker", "The domain knows no framework"),
        ("services/notifications/planted.py", "shared.ids", "The stages of notifications"),
        ("services/notifications/deliveries/planted.py", "services.notifications.rendering", "The stages of"),
        ("services/notifications/office/planted.py", "services.notifications.usecases", "The stages of notifications"),
        ("services/notifications/wording/domain.py", "services.notifications.wording.usecases", "The rooms of a noun"),
        ("shared/storage/planted.py", "shared.web.pages", "The rooms of shared"),
        ("shared/planted.py", "shared.ids", "The rooms of shared"),
        ("deploy/embedded/planted.py", "deploy.demo.story", "The rooms of deploy"),
        ("deploy/planted.py", "deploy.routes", "The rooms of deploy"),
        ("shared/events/planted.py", "shared.storage.contract", "Events depend on nothing but words"),
    ],
)
def test_a_planted_import_is_found(copied: Path, importer: str, imported: str, contract: str) -> None:
    planted = copied / importer
    planted.write_text(f"import {imported}\n")
    try:
        status, words = lint(copied)
    finally:
        planted.unlink()

    broken = [line for line in words.splitlines() if line.endswith("BROKEN")]
    assert status != 0
    assert any(line.startswith(contract) for line in broken), words
