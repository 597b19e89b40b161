"""How near two titles are, apart from accents, capitals, articles and endings."""

import re
import unicodedata
from collections import Counter

_SILENT = frozenset(
    re.findall(
        "[a-z]+",
        "a al als amb com de del dels des el els en es i l la les lo los o per que s un una unes uns "
        "como con las para por su sus y and for how in is of on the to",
    )
)
"""Words without a topic in Catalan, Spanish and English, without accents."""


def similarity(title: str, other: str) -> float:
    """From 0 (nothing in common) to 1 (the same words): Dice's coefficient of the words' trigrams."""
    mine, theirs = _trigrams(title), _trigrams(other)
    total = mine.total() + theirs.total()
    return 2 * (mine & theirs).total() / total if total else 0.0


def mentions(text: str, search: str) -> bool:
    """Whether every word of a search begins a word of the text; True for an empty search."""
    bare = f" {' '.join(_every_word(text))}"
    return all(f" {word}" in bare for word in words(search))


def words(text: str) -> list[str]:
    """The words that have a topic, or all if none has; lower case, without accents."""
    every = _every_word(text)
    return [word for word in every if word not in _SILENT] or every


def _every_word(text: str) -> list[str]:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return "".join(c if c.isalnum() else " " for c in bare.replace("l·l", "ll")).split()


def _trigrams(text: str) -> Counter[str]:
    padded = (f" {word} " for word in words(text))
    return Counter(word[start : start + 3] for word in padded for start in range(len(word) - 2))
