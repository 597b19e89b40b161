"""What a cell may mean: an id, a name, a date. Where it may mean several, the candidates are named."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from shared.imports.cells import day_of
from shared.imports.plans import Fault
from shared.problems import mark
from shared.text.search_words import words_of

NOTHING_MEANT = mark("Nothing here is called that.")
SEVERAL_MEANT = mark("This may mean several: {candidates}. Write the code of the one that is meant.")
_MOST_NAMED = 5


@dataclass(frozen=True)
class Reference:
    id: str
    about: str
    code: str
    """What tells it apart from others that are called alike."""
    names: tuple[str, ...]
    """What else it may be called."""

    @cached_property
    def words(self) -> list[list[str]]:
        return [words_of(name) for name in self.names]


def meant(text: str, known: Iterable[Reference], column: str) -> Reference | Fault:
    """The only one with this id or name; a date is a name too, however it is written."""
    day = day_of(text)
    asked = words_of(day.isoformat() if day else text)
    found = [each for each in known if text == each.id or asked in each.words]
    if len(found) == 1:
        return found[0]
    return several(column, [f"{each.about} ({each.code})" for each in found]) if found else Fault(column, NOTHING_MEANT)


def several(column: str, candidates: Iterable[str]) -> Fault:
    named = list(candidates)
    texts = [*named[:_MOST_NAMED], *(["…"] if len(named) > _MOST_NAMED else [])]
    return Fault(column, SEVERAL_MEANT, {"candidates": " / ".join(texts)})
