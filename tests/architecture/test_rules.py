"""The house rules hold, and each of them is seen to fail on a planted fault."""

import importlib.metadata
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.architecture import rules
from tests.architecture.rules import Rule

ROOT = Path(__file__).parents[2]

LONG_FUNCTIONS: Mapping[str, str] = {}
"""Functions of more than 45 lines that stay so, each with its reason."""

RULES: Sequence[Rule] = (
    rules.handlers_are_named_for_their_event,
    rules.handlers_stand_in_handlers,
    rules.subjects_come_from_shared,
    rules.no_file_without_a_noun,
    rules.no_file_is_long,
    rules.nothing_is_imported_by_string,
    rules.collections_are_the_services_own,
    rules.every_service_has_the_same_rooms,
    rules.every_folder_is_a_regular_package,
)

FAULTS: Sequence[tuple[Rule, str, str, str]] = (
    (
        rules.handlers_are_named_for_their_event,
        "services/feedback/handlers.py",
        '@consumes(router, SessionEnded, by="feedback")\nasync def open_survey(event): ...',
        "open_survey handles SessionEnded",
    ),
    (
        rules.handlers_stand_in_handlers,
        "services/feedback/usecases/planted.py",
        '@consumes(router, events.SessionEnded, by="feedback")\nasync def on_session_ended(event): ...',
        "services/feedback/usecases/planted.py consumes events",
    ),
    (
        rules.handlers_stand_in_handlers,
        "services/feedback/usecases/planted.py",
        'on = EventTable(router, "feedback")',
        "services/feedback/usecases/planted.py consumes events",
    ),
    (
        rules.subjects_come_from_shared,
        "services/feedback/planted.py",
        'SUBJECT = f"evt.sessions.session-ended.v1.{key}"',
        "has the subject 'evt.sessions.session-ended.v1.'",
    ),
    (rules.subjects_come_from_shared, "deploy/planted.py", 'DEAD = "dlq.>"', "has the subject 'dlq.>'"),
    (rules.no_file_without_a_noun, "shared/utils.py", "", "shared/utils.py is named for nothing"),
    (rules.no_file_is_long, "tests/planted.py", "\n" * 401, "tests/planted.py has 401 lines"),
    (
        rules.nothing_is_imported_by_string,
        "services/feedback/planted.py",
        'import importlib\nother = importlib.import_module("services.registration.sessions.store")',
        "services/feedback/planted.py:2 imports by string",
    ),
    (
        rules.nothing_is_imported_by_string,
        "shared/planted.py",
        'other = __import__("services.registration")',
        "shared/planted.py:1 imports by string",
    ),
    (
        rules.collections_are_the_services_own,
        "services/proposals/planted.py",
        'KEPT = "registrations"\nasync def read(store): return await store.find(KEPT)',
        "names the collection 'registrations'",
    ),
    (
        rules.collections_are_the_services_own,
        "services/proposals/planted.py",
        'async def read(self): return await self._documents.find("registrations")',
        "names the collection 'registrations'",
    ),
    (
        rules.collections_are_the_services_own,
        "services/proposals/planted.py",
        'surveys = Aggregates(store, "surveys", Survey)',
        "names the collection 'surveys'",
    ),
    (
        rules.collections_are_the_services_own,
        "services/proposals/planted.py",
        'class Own(Aggregates):\n    def __init__(self, store):\n        super().__init__(store, "surveys", Survey)',
        "names the collection 'surveys'",
    ),
    (
        rules.collections_are_the_services_own,
        "services/proposals/planted.py",
        'surveys = Projection(store, "surveys", KnownSurvey)',
        "names the collection 'surveys'",
    ),
    (
        rules.collections_are_the_services_own,
        "services/proposals/planted.py",
        'store = open_store(url, "registration")',
        "opens the store of 'registration'",
    ),
    (
        rules.functions_are_short,
        "shared/planted.py",
        "def long():\n" + "    step()\n" * rules.MAX_LINES,
        "shared/planted.py:long",
    ),
    (rules.every_folder_is_a_regular_package, "shared/planted/thing.py", "", "shared/planted has no __init__.py"),
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_holds(rule: Rule) -> None:
    assert list(rule(ROOT)) == []


def test_long_functions_are_the_listed_ones() -> None:
    assert sorted(rules.functions_are_short(ROOT)) == sorted(LONG_FUNCTIONS)


@pytest.mark.parametrize(("rule", "path", "code", "fault"), FAULTS, ids=lambda value: getattr(value, "__name__", None))
def test_a_planted_fault_is_found(tmp_path: Path, rule: Rule, path: str, code: str, fault: str) -> None:
    store = tmp_path / "services" / "proposals" / "store.py"
    store.parent.mkdir(parents=True)
    shutil.copy(ROOT / store.relative_to(tmp_path), store)
    for folder in (store.parent, store.parent.parent):
        (folder / "__init__.py").touch()
    assert list(rule(tmp_path)) == []

    planted = tmp_path / path
    planted.parent.mkdir(parents=True, exist_ok=True)
    planted.write_text(code)

    assert [found for found in rule(tmp_path) if fault in found]


def test_a_missing_room_is_found(tmp_path: Path) -> None:
    proposals = tmp_path / "services" / "proposals"
    shutil.copytree(ROOT / "services" / "proposals", proposals)
    assert not [fault for fault in rules.every_service_has_the_same_rooms(tmp_path) if "proposals" in fault]

    (proposals / "settings.py").unlink()

    assert "services/proposals has no settings.py" in list(rules.every_service_has_the_same_rooms(tmp_path))


def clashes(distributions: Mapping[str, Sequence[str]]) -> list[str]:
    """Our packages that another distribution brings too: installing it overwrote ours without a word."""
    return [name for name in rules.PACKAGES if set(distributions.get(name, ())) - {"dijous"}]


def test_no_other_distribution_has_packages_of_our_names() -> None:
    assert clashes(importlib.metadata.packages_distributions()) == []
    assert clashes({"shared": ["dijous", "another"], "services": ["dijous"]}) == ["shared"]
