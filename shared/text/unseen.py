"""Unseen characters in typed or pasted text, which can change how the rest reads.

Those that a paste from other programs leaves are removed silently, since nobody sees them; others are refused.
"""

import re
import string
import unicodedata

_LEFT_BY_PASTING = "\u200b\u2060\u2061\u2062\u2063\u2064\ufeff\u061c\u200e\u200f"
"""Spaces and joiners without width, a byte order mark, and direction marks, which turn no other characters."""
_WITHOUT_THOSE = dict.fromkeys(map(ord, _LEFT_BY_PASTING))
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories: controls, formats, surrogates, separators of lines and paragraphs. Some formats turn the
direction of writing: after one of them «fdp.exe» reads «exe.pdf»."""
_USEFUL = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}\N{SOFT HYPHEN}")
"""Formats that some scripts and pictograms need."""
_FLAG = re.compile("\N{WAVING BLACK FLAG}[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\N{CANCEL TAG}")
"""The flag of a part of a country, such as Scotland. Tags are refused elsewhere: they can hide whole sentences."""
_BLANK_LETTERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters, marks and signs that alone show nothing: Unicode's Default_Ignorable_Code_Point and the empty Braille
pattern."""


def tidy(text: str) -> str:
    """Remove unseen leftovers of a paste; empty if nothing visible remains. Characters to refuse stay."""
    if text.isprintable() and not _BLANK_LETTERS.search(text):  # most texts: nothing unseen but spaces
        return text if text.strip() else ""
    kept = text.translate(_WITHOUT_THOSE)
    shows = any(unicodedata.category(each)[0] not in "CZ" for each in _BLANK_LETTERS.sub("", kept))
    return kept if shows or holds_unseen(kept, allowed=string.whitespace) else ""


def tidy_line(text: str) -> str:
    """`tidy` for one line: a tab, as from a spreadsheet, becomes a space."""
    return tidy(text.replace("\t", " "))


def tidied(given: object) -> object:
    """`tidy` for a model's validator; the model itself refuses anything but text."""
    return tidy(given) if isinstance(given, str) else given


def tidied_line(given: object) -> object:
    return tidy_line(given) if isinstance(given, str) else given


def without_unseen_ends(text: str) -> str:
    return text.strip(f"{string.whitespace}\N{NO-BREAK SPACE}{_LEFT_BY_PASTING}")


def holds_unseen(text: str, *, allowed: str = "") -> bool:
    """Whether it holds an unseen character; `allowed` lists exceptions, such as the line feed."""
    if text.isprintable():  # no character of those categories is, and most texts are
        return False
    accepted = _USEFUL.union(allowed)
    return any(
        unicodedata.category(character) in _UNSEEN and character not in accepted for character in _FLAG.sub("", text)
    )
