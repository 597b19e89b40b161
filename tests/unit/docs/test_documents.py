"""Documents lead somewhere, and the office's guide says what the pages say."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "docs" / "office"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("services/*/README.md")])
PAGES = sorted(GUIDE.glob("*.md"))
MAX_PICTURE_BYTES = 150_000

_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_PLACE = re.compile(r"%\(\w+\)s|\{\w+\}")


def links(document: Path) -> Iterator[tuple[bool, str, str]]:
    """Whether it is a picture, its words, where it leads: the links that stay in the repository."""
    for mark, words, target in _LINK.findall(_CODE.sub("", document.read_text())):
        if "://" not in target and not target.startswith("mailto:"):
            yield bool(mark), words, target


def anchors(document: Path) -> set[str]:
    """The anchors of its headings, as hosts of repositories make them."""
    headings = re.findall(r"^#+ (.+)$", _CODE.sub("", document.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_picture_of_a_document_is_there(document: Path) -> None:
    for _, _, target in links(document):
        path, _, anchor = target.partition("#")
        file = document.parent / path if path else document
        assert file.exists(), f"{target} is not there"
        assert not anchor or file.is_dir() or anchor in anchors(file), f"{target}: no such heading"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_picture_is_described(document: Path) -> None:
    assert not [target for is_picture, words, target in links(document) if is_picture and len(words) < 20]


def test_every_picture_of_the_guide_is_shown_and_light() -> None:
    shown = {target for page in PAGES for is_picture, _, target in links(page) if is_picture}
    there = {f"images/{path.name}": path.stat().st_size for path in (GUIDE / "images").iterdir()}
    assert there.keys() == shown
    assert not {name for name, size in there.items() if size > MAX_PICTURE_BYTES}


def test_every_page_of_the_guide_is_in_its_index() -> None:
    listed = {target for _, _, target in links(GUIDE / "README.md")}
    assert {page.name for page in PAGES} - {"README.md"} <= listed


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_the_guide_names_things_as_the_pages_do(page: Path) -> None:
    """What stands in bold in a table or a sentence is what is on the screen; a whole sentence is emphasis."""
    said = {_plain(words) for words in _BOLD.findall(page.read_text())}
    unknown = {words for words in said - _words() if not words.endswith((".", "?")) and words not in EMPHASIS}
    assert not unknown


EMPHASIS = {"en negreta", "No es pot desfer", "no s'acrediten com a formació"}
"""What is bold because it matters."""


def _words() -> set[str]:
    """All that pages and mails say in Catalan, without the parts that are filled in."""
    found: set[str] = set()
    for file in ROOT.glob("s*/**/locale/ca.po"):
        with file.open("rb") as content:
            for message in read_po(content):
                texts = message.string if isinstance(message.string, tuple | list) else [message.string]
                found |= {_plain(_PLACE.sub("", str(text))) for text in texts if message.id}
    return found


def _plain(words: str) -> str:
    """Without line breaks, and with one kind of apostrophe."""
    return " ".join(words.split()).replace("’", "'")


def test_the_guide_says_in_one_way_whether_a_limit_of_seats_may_be_set() -> None:
    """It may, at any time: a session without one has a roster too."""
    questions, planning = ((GUIDE / page).read_text() for page in ("preguntes-frequents.md", "2-planificar.md"))
    answer = questions.partition("**Podem posar un límit de places quan ja hi ha inscripcions?**")[2].partition("\n\n")[
        0
    ]
    assert answer.strip().startswith("Sí")
    assert "2-planificar.md#una-sessió-sola" in answer
    assert "Podeu posar un límit, apujar-lo, abaixar-lo o treure'l sempre" in planning
