"""Local entities, and the directory that finds them however people write them."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from shared.events.vocabulary import EntityKind
from shared.text.search_words import words_of


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

_PREPOSITIONS = frozenset("a al als d de del dels e i y".split())  # noqa: SIM905  reads better
"""Also contracted with an article, and conjunctions."""

_ARTICLES = frozenset("el els en es l la las les lo los na s sa ses".split())  # noqa: SIM905  reads better

_KINDS = frozenset(("ajuntament", "consell", "comarcal", "diputacio"))


def significant_words(words: list[str]) -> list[str]:
    """The words without articles and prepositions.

    Articles stay if nothing but the kind of body would be left: one municipality is called Les. All stay if there are
    no other words.
    """
    with_articles = [word for word in words if word not in _PREPOSITIONS]
    without = [word for word in with_articles if word not in _ARTICLES]
    return (without if set(without) - _KINDS else with_articles) or words


@dataclass(frozen=True, slots=True)
class _Entry:
    entity: Entity
    words: tuple[str, ...]
    """All words of the body's name and of its codes."""
    name: str
    """The significant words of its own name, by which matches are ranked."""
    full_with_articles: str
    """All words of its full name."""
    own_with_articles: str


class Directory:
    """An immutable index of entities, in memory."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        """A later entity replaces an earlier one with the same code."""
        own = {entity.code: entity for entity in entities}
        others = {code: entity for entity in own.values() for code in (entity.idescat_code, entity.ine_code) if code}
        self._entities = list(own.values())
        self._by_code = others | own
        self._same_body: dict[str, list[str]] = {}
        for entity in self._entities:
            if entity.ine_code:
                self._same_body.setdefault(entity.ine_code, []).append(entity.code)
        # The more populous first.
        populous = sorted(self._entities, key=lambda entity: (-(entity.population or 0), entity.short_name))
        self._entries = list(map(_entry, populous))
        by_word = sorted((word, place) for place, entry in enumerate(self._entries) for word in set(entry.words))
        self._words = [word for word, _ in by_word]
        self._places = [place for _, place in by_word]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entity]:
        return iter(self._entities)

    def get(self, code: str) -> Entity | None:
        """By the directory's own code, else Idescat's (6 digits) or INE's (5 digits)."""
        return self._by_code.get(code.strip())

    def codes_of(self, entity: Entity) -> list[str]:
        """The directory's own codes of this body, its present one and those that it had before: INE's stays."""
        return [entity.code, *(code for code in self._same_body.get(entity.ine_code, ()) if code != entity.code)]

    def by_code(self) -> list[Entity]:
        return sorted(self._entities, key=lambda entity: entity.code)

    def search(self, query: str, limit: int) -> list[Entity]:
        """Up to `limit` entities in which every significant word of the query begins a word or a code, best first.

        Names that are or begin with the query come first, with the article if one was typed; then the more populous.
        A query without words finds nothing.
        """
        typed = self._typed(query)
        asked = significant_words(typed)
        own = " ".join([word for word in asked if word not in _KINDS] or asked)
        with_articles = " ".join(typed) if typed != asked else ""
        found = sorted(self._found(asked), key=lambda entry: _rank(entry, own, with_articles))
        return [entry.entity for entry in found[:limit]]

    def named(self, query: str) -> Entity | None:
        """The only entity with exactly this full name or code, else the only one with this name of its own."""
        asked = significant_words(self._typed(query))
        found = [entry.entity for entry in self._found(asked)]
        exact = [entity for entity in found if asked in _full_names(entity)]
        exact = exact or [entity for entity in found if asked == significant_words(words_of(entity.short_name))]
        return exact[0] if len(exact) == 1 else None

    def _found(self, asked: list[str]) -> list[_Entry]:
        """The entries that match, the more populous first. The rarest word selects the candidates."""
        if not asked:
            return []
        first, *others = sorted(asked, key=lambda word: len(self._span(word)))
        places = sorted({self._places[at] for at in self._span(first)})
        found = [self._entries[place] for place in places]
        return [
            entry for entry in found if all(any(word.startswith(other) for word in entry.words) for other in others)
        ]

    def _typed(self, query: str) -> list[str]:
        """The words of a query. An article without its apostrophe is split off: «lalbi» is «l» and «albi»."""
        return [part for word in words_of(query[:MAX_QUERY]) for part in self._apart(word)]

    def _apart(self, word: str) -> tuple[str, ...]:
        may_elide = word[0] in "ld" and word[1:2] in tuple("aeiouh")
        return (word[0], word[1:]) if may_elide and not self._span(word) else (word,)

    def _span(self, prefix: str) -> range:
        """The places in the index of the words with this prefix."""
        start = bisect_left(self._words, prefix)
        return range(start, bisect_left(self._words, prefix + "\x7f", lo=start))


def _entry(entity: Entity) -> _Entry:
    codes = [code.casefold() for code in (entity.code, entity.idescat_code, entity.ine_code) if code]
    full, own = words_of(entity.name), words_of(entity.short_name)
    return _Entry(entity, (*full, *own, *codes), " ".join(significant_words(own)), " ".join(full), " ".join(own))


def _rank(entry: _Entry, own: str, with_articles: str) -> int:
    """The best is 0; equals stay in order of population."""
    if entry.name == own:
        return 0
    if with_articles and (
        entry.own_with_articles.startswith(with_articles) or entry.full_with_articles.startswith(with_articles)
    ):
        return 1
    return 2 if entry.name.startswith(own) else 3


def _full_names(entity: Entity) -> list[list[str]]:
    texts = (entity.name, entity.code, entity.idescat_code, entity.ine_code)
    return [significant_words(words_of(text)) for text in texts if text]
