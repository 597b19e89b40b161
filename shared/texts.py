"""What may stand in a text that somebody typed: nothing that is unseen and changes how the rest is read."""

import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories: controls, formats, surrogates, separators of lines and paragraphs. Among the formats are those
that turn the direction of writing: after one of them «fdp.exe» reads «exe.pdf»."""
_USEFUL = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}\N{SOFT HYPHEN}")
"""Formats that some scripts and pictograms are written with, and that texts are pasted with from other programs."""


def holds_unseen(text: str, *, allowed: str = "") -> bool:
    """Whether there is a character in it that is not seen; `allowed` are those which the field takes all the same,
    such as the line feed."""
    accepted = _USEFUL.union(allowed)
    return any(unicodedata.category(character) in _UNSEEN and character not in accepted for character in text)
