"""The caller's language, and words in it."""

from pathlib import Path

import pytest
from jinja2 import Environment

from shared.events.vocabulary import Language
from shared.problems import LinkExpiredProblem, Problem
from shared.text.catalogues import Translations, preferred_language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "ca"),
        ("fr, de", "ca"),
        ("es", "es"),
        ("ES-mx", "es"),
        ("en-GB,en;q=0.9,es;q=0.8", "en"),
        ("es;q=0.5, en;q=0.9", "en"),
        ("es; q=0.5 , en ; q=0.9", "en"),
        ("es;q=0.9,en;q=0.9", "es"),
        ("fr;q=1, es;q=0.2", "es"),
        ("en;q=0, es;q=0.1", "es"),
        ("en;q=0", "ca"),
        ("*", "ca"),
        ("fr, *;q=0.1, es;q=0.5", "es"),
        ("*, es;q=0.5", "ca"),
        ("oc-aranes, es;q=0.5", "es"),
        ("en;q=nan", "ca"),
        ("en;q=5, es;q=0.1", "es"),
        ("en;q=, es;q=0.1", "es"),
        (",,;;q=,=", "ca"),
    ],
)
def test_the_best_supported_language_is_chosen(header: str, language: str) -> None:
    assert preferred_language(header) is Language(language)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    (tmp_path / "ca.po").write_text(
        head + 'msgid "Seats left: {seats}"\nmsgstr "Queden {seats} places"\n', encoding="utf-8"
    )
    return tmp_path


def test_a_message_is_said_in_the_language_or_in_english(folder: Path) -> None:
    words = Translations(folder)

    assert words.text(Language.CA, "Seats left: {seats}", seats=3) == "Queden 3 places"
    assert words.text(Language.ES, "Seats left: {seats}", seats=3) == "Seats left: 3"
    assert words.text(Language.EN, "Seats left: {seats}", seats=3) == "Seats left: 3"


def test_the_words_of_shared_stand_beside_those_of_a_service(folder: Path) -> None:
    words = Translations(folder)

    assert words.text(Language.CA, LinkExpiredProblem.title) == "Aquest enllaç ha caducat."
    assert words.text(Language.ES, LinkExpiredProblem.title) == "Este enlace ha caducado."


def test_several_services_in_one_process_keep_their_words_apart(folder: Path, tmp_path: Path) -> None:
    mine, other = Translations(folder), Translations(tmp_path / "nowhere")

    assert mine.text(Language.CA, "Seats left: {seats}", seats=1) == "Queden 1 places"
    assert other.text(Language.CA, "Seats left: {seats}", seats=1) == "Seats left: 1"
    assert mine.text(Language.CA, Problem.title) == other.text(Language.CA, Problem.title) != Problem.title


def test_templates_take_the_same_words(folder: Path) -> None:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    environment.install_gettext_translations(Translations(folder).catalogue(Language.CA))  # type: ignore[attr-defined]  # added by the extension

    assert environment.from_string('{{ _("This link has expired.") }}').render() == "Aquest enllaç ha caducat."
