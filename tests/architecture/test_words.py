"""Every word that a person reads is there in Catalan and Spanish, and no word is there that nobody reads."""

from pathlib import Path

import pytest

from tests.support.catalogues import LANGUAGES, ROOT, faults, locale_folders

CODE = """
from shared.problems import mark
TITLE = mark("There is no such {thing}.")
"""
TEMPLATE = '{{ _("Support it") }} {{ ngettext("One.", "%(num)s many.", n) }}'


HEAD = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""


def catalogue(*entries: str) -> str:
    return "\n".join([HEAD, *entries])


THING = 'msgid "There is no such {thing}."\nmsgstr "No hi ha {thing}."\n'
SUPPORT = 'msgid "Support it"\nmsgstr "Dono suport"\n'
MANY = 'msgid "One."\nmsgid_plural "%(num)s many."\nmsgstr[0] "Un."\nmsgstr[1] "%(num)s molts."\n'


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "web" / "templates").mkdir(parents=True)
    (tmp_path / "locale").mkdir()
    (tmp_path / "titles.py").write_text(CODE)
    (tmp_path / "web" / "templates" / "page.html").write_text(TEMPLATE)
    return tmp_path


def found(package: Path, *entries: str) -> list[str]:
    (package / "locale" / "ca.po").write_text(catalogue(*entries))
    return [fault.split(" used at ")[0] for fault in faults(package, "ca", beneath=package)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("package", locale_folders(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_words_are_complete(package: Path, language: str) -> None:
    assert faults(package, language) == []


def test_complete_words_are_found_to_be_complete(package: Path) -> None:
    assert found(package, THING, SUPPORT, MANY) == []


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ((SUPPORT, MANY), "missing: 'There is no such {thing}.'"),
        ((THING, MANY), "missing: 'Support it'"),
        ((THING, SUPPORT), "missing: ('One.', '%(num)s many.')"),
        ((THING, SUPPORT, MANY, 'msgid "Gone"\nmsgstr "Fora"\n'), "stale: 'Gone'"),
        ((THING, 'msgid "Support it"\nmsgstr ""\n', MANY), "untranslated: 'Support it'"),
        ((THING, SUPPORT.replace("Dono", "D’on"), MANY), "stray words: 'Support it'"),
        ((THING, SUPPORT.replace("Dono", "Vosaltres doneu"), MANY), "stray words: 'Support it'"),
        ((THING, "#, fuzzy\n" + SUPPORT, MANY), "untranslated: 'Support it'"),
        (
            (THING.replace("hi ha {thing}", "hi ha {cosa}"), SUPPORT, MANY),
            "other placeholders: 'There is no such {thing}.'",
        ),
        (
            (THING, SUPPORT, MANY.replace("%(num)s molts", "%(nombre)s molts")),
            "other placeholders: ('One.', '%(num)s many.')",
        ),
    ],
)
def test_a_planted_fault_is_found(package: Path, entries: tuple[str, ...], fault: str) -> None:
    assert found(package, *entries) == [fault]
