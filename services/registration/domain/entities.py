"""Local entities and the directory in which people look for their own, however they write it."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class EntityKind(StrEnum):
    """Kinds of local entities that take part."""

    MUNICIPALITY = "municipality"
    COMARCAL_COUNCIL = "comarcal_council"
    ARAN_COUNCIL = "aran_council"
    PROVINCIAL_COUNCIL = "provincial_council"


class Entity(BaseModel):
    """A council or another local body, as the directory lists it. Codes are text: some begin with 0."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    """The ens code of a municipality (10 digits); the directory's own code of any other body."""
    idescat_code: str = ""
    ine_code: str = ""
    kind: EntityKind
    name: str
    """The body's full name, with the article as Catalan contracts it: «Ajuntament dels Alamús»."""
    short_name: str
    """The municipality's own name: «els Alamús»."""
    comarca: str = ""
    province: str = ""
    population: int | None = None


MAX_QUERY = 100
_LITTLE_WORDS = frozenset(
    "a al als d de del dels e el els en es i l la las les lo los na s sa ses y".split()  # noqa: SIM905  reads better
)
_CATALAN_FOR = {
    "ayuntamiento": "ajuntament",
    "ayto": "ajuntament",
    "aj": "ajuntament",
    "consejo": "consell",
    "diputacion": "diputacio",
}
_ELA_GEMINADA = str.maketrans("", "", "·•‧")


def words_of(text: str) -> list[str]:
    """Lower-case words without accents and punctuation; «l·l» becomes «ll»."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_ELA_GEMINADA)).casefold()
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return [_CATALAN_FOR.get(word, word) for word in re.findall(r"[a-z0-9]+", plain)]


def telling_words(words: list[str]) -> list[str]:
    """The words without articles and prepositions, unless there is nothing else: one municipality is called Les."""
    return [word for word in words if word not in _LITTLE_WORDS] or words


@dataclass(frozen=True, slots=True)
class _Entry:
    entity: Entity
    words: tuple[str, ...]
    """All words of the body's name and of its codes."""
    name_words: tuple[str, ...]
    """Words of its own name, by which matches are ranked."""


class Directory:
    """An immutable index of entities, in memory."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        entries = [_entry(entity) for entity in {entity.code: entity for entity in entities}.values()]
        self._by_code = dict(_by_every_code(entries))
        by_word = sorted(
            ((word, place) for place, entry in enumerate(entries) for word in set(entry.words)),
        )
        self._entries = entries
        self._words = [word for word, _ in by_word]
        self._places = [place for _, place in by_word]

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, code: str) -> bool:
        return code in self._by_code

    def __iter__(self) -> Iterator[Entity]:
        return (entry.entity for entry in self._entries)

    def get(self, code: str) -> Entity | None:
        """The entity with this code: the directory's, Idescat's (6 digits) or INE's (5 digits)."""
        return self._by_code.get(code.strip())

    def search(self, query: str, limit: int) -> list[Entity]:
        """Up to `limit` entities in which every telling word of the query begins a word or a code; the best first.

        Those whose own name is or begins with the query come first, then the more populous. No words, no entities.
        """
        asked = telling_words(words_of(query[:MAX_QUERY]))
        if not asked:
            return []
        places = self._starting_with(max(asked, key=len))
        found = [entry for place in places if _matches(entry := self._entries[place], asked)]
        found.sort(key=lambda entry: _rank(entry, asked))
        return [entry.entity for entry in found[:limit]]

    def _starting_with(self, prefix: str) -> set[int]:
        start = bisect_left(self._words, prefix)
        end = bisect_left(self._words, prefix + "\x7f", lo=start)
        return set(self._places[start:end])


def _entry(entity: Entity) -> _Entry:
    codes = [code.casefold() for code in (entity.code, entity.idescat_code, entity.ine_code) if code]
    words = words_of(entity.name) + words_of(entity.short_name) + codes
    return _Entry(entity, tuple(words), tuple(telling_words(words_of(entity.short_name))))


def _by_every_code(entries: list[_Entry]) -> Iterator[tuple[str, Entity]]:
    """Codes of others first, so that the directory's own prevails."""
    for entry in entries:
        for code in (entry.entity.idescat_code, entry.entity.ine_code):
            if code:
                yield code, entry.entity
    for entry in entries:
        yield entry.entity.code, entry.entity


def _matches(entry: _Entry, asked: list[str]) -> bool:
    return all(any(word.startswith(prefix) for word in entry.words) for prefix in asked)


def _rank(entry: _Entry, asked: list[str]) -> tuple[bool, bool, int, str]:
    """False sorts first."""
    name = entry.name_words
    own = [word for word in asked if word not in ("ajuntament", "consell", "comarcal", "diputacio")] or asked
    is_name = name == tuple(own)
    begins = " ".join(name).startswith(" ".join(own))
    return not is_name, not begins, -(entry.entity.population or 0), entry.entity.short_name


def replaced(shipped: Mapping[str, Entity], imported: Iterable[Entity]) -> Directory:
    """The shipped directory with the imported entities added, or in place of those with the same code."""
    return Directory({**shipped, **{entity.code: entity for entity in imported}}.values())
