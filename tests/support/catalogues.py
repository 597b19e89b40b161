"""The words that code and templates use, compared with the gettext catalogues beside them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
SHARED = ROOT / "shared"
LANGUAGES = ("ca", "es")

Word = str | tuple[str, ...]
"""A message id: the English words, or singular and plural."""

_TEMPLATES = [("**.html", "jinja2"), ("**.txt", "jinja2")]
_OPTIONS = {pattern: {"silent": "false"} for pattern, _ in _TEMPLATES}
_MARKERS = {"mark": 1, "_": 1, "gettext": 1, "ngettext": 2}
"""Functions whose first so many arguments are a message; a method of such a name is something else."""
_STRAY = {
    "ca": re.compile(r"’|\bvosaltres\b", re.IGNORECASE),
    "es": re.compile(r"\b(vosotr[oa]s|vuestr[oa]s?|os|\w+[áé]is)\b", re.IGNORECASE),
}
"""What is said in one way only: one apostrophe, and one person addressed as «vós» and «usted»."""
_PERCENT = re.compile(r"%\((\w+)\)")


def locale_folders() -> list[Path]:
    """The packages that have words of their own; a room's words belong to its service."""
    found = sorted(path.parent for path in ROOT.glob("[a-z]*/**/locale") if path.is_dir())
    return [package for package in found if not set(package.parents) & set(found)]


def used_words(package: Path) -> dict[Word, str]:
    """The messages that the Python files and templates of a package mark, each with a place where it is used."""
    found = {word: place for path in sorted(package.rglob("*.py")) for word, place in _marked_in(path)}
    for path, line, message, _, _ in extract_from_dir(package, _TEMPLATES, _OPTIONS, keywords=DEFAULT_KEYWORDS):
        found[message if isinstance(message, str) else tuple(message)] = f"{path}:{line}"
    return found


def _marked_in(path: Path) -> Iterator[tuple[Word, str]]:
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id not in _MARKERS:
            continue
        count = _MARKERS[call.func.id]
        texts = [arg.value for arg in call.args[:count] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if len(texts) == count:
            yield (texts[0] if count == 1 else tuple(texts)), f"{path.name}:{call.lineno}"


def faults(package: Path, language: str, *, beneath: Path = SHARED) -> list[str]:
    """What is wrong with a package's catalogue, one line each: missing, stale, untranslated, with other placeholders or
    in stray words.

    Words that the catalogue of `beneath` translates need not be repeated.
    """
    used = used_words(package)
    own = {_word(message): message for message in _messages(package, language)}
    common = {_word(message) for message in _messages(beneath, language)} if beneath != package else set()
    missing = [f"missing: {word!r} used at {place}" for word, place in used.items() if word not in own.keys() | common]
    stale = [f"stale: {word!r}" for word in own if word not in used]
    wrong = [f"{fault}: {word!r}" for word, message in own.items() for fault in _faults_of(message, language)]
    return sorted(missing + stale + wrong)


def _messages(package: Path, language: str) -> Iterator[Message]:
    for path in package.glob(f"**/locale/{language}.po"):
        with path.open("rb") as file:
            yield from (message for message in read_po(file, locale=language) if message.id)


def _word(message: Message) -> Word:
    return message.id if isinstance(message.id, str) else tuple(message.id)


def _faults_of(message: Message, language: str) -> Iterator[str]:
    originals, translations = (
        [text] if isinstance(text, str) else list(text or ()) for text in (message.id, message.string)
    )
    if message.fuzzy or not translations or not all(translations):
        yield "untranslated"
    elif {_placeholders(text) for text in translations} - {_placeholders(text) for text in originals}:
        yield "other placeholders"
    elif any(_STRAY[language].search(text) for text in translations):
        yield "stray words"


def _placeholders(text: str) -> frozenset[str]:
    percent = _PERCENT.findall(text)
    return frozenset(percent or (name for _, name, _, _ in Formatter().parse(text) if name is not None))
