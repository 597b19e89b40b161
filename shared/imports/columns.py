"""Which column of a file is which of ours: guessed from its headings, corrected by whoever looks at the preview."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.imports.tables import Row, Table
from shared.problems import Problem, mark
from shared.text.search_words import words_of

COLUMN_NEEDED = mark("Say which column of the file is «{column}».")
# fmt: off
_TELLS_OF_PEOPLE = frozenset("cognom cognoms apellido apellidos surname correu correo email mail dni nif".split())  # noqa: SIM905  reads better
_NAMES = frozenset("nom nombre name full first last complet completo i y persona persones personas people".split())  # noqa: SIM905  reads better
# fmt: on
"""Words of headings under which people stand: with one of the former, or of nothing but the latter."""


class PeopleInTheFileProblem(Problem):
    """What was is brought in without people: nobody could be asked any more."""

    status = 422
    code = "people-in-the-file"
    title = mark(
        "The column «{column}» holds people. Of the past only figures are taken: delete that column from the file."
    )


@dataclass(frozen=True, slots=True)
class Column:
    """A column that we read. `name` is what the API calls it and the best heading for it."""

    name: str
    label: str
    """A message id."""
    titles: str = ""
    """Other headings for it, as `words_of` writes them, with bars between."""
    is_required: bool = False
    number: int = 0
    """Of several columns alike; 0 for the only one."""

    @property
    def headings(self) -> list[str]:
        return [_plain(self.name), *self.titles.split("|")]


Places = Mapping[str, int]
"""Of our columns by name: where in the file each stands. Those that the file lacks are not in it."""


def guessed(columns: Sequence[Column], header: Sequence[str]) -> Places:
    titles = [_plain(title) for title in header]
    places: dict[str, int] = {}
    for column in columns:
        fits = [titles.index(title) for title in column.headings if title and title in titles]
        if free := [place for place in fits if place not in places.values()]:
            places[column.name] = free[0]
    return places


def chosen(columns: Sequence[Column], header: Sequence[str], fields: Mapping[str, str]) -> Places:
    """As a form says it in the fields `column_<name>`: the number of the column from 0, or nothing."""
    given = {column.name: fields.get(f"column_{column.name}", "") for column in columns}
    allowed = {str(place): place for place in range(len(header))}
    return {name: allowed[text] for name, text in given.items() if text in allowed}


def missing(columns: Sequence[Column], places: Places) -> list[Column]:
    return [column for column in columns if column.is_required and column.name not in places]


def cells_of(row: Row, places: Places) -> dict[str, str]:
    """The cells of a row by our names; of those that it lacks or leaves empty there is none."""
    return {name: row.cells[place] for name, place in places.items() if place < len(row.cells) and row.cells[place]}


def refuse_people(table: Table, places: Places) -> None:
    """Check that no column holds people: neither by its heading nor by what looks like an address.

    Raises:
        PeopleInTheFileProblem: one does.
    """
    taken = set(places.values())
    for place, title in enumerate(table.header):
        cells = (row.cells[place] for row in table.rows if place < len(row.cells))
        if (place not in taken and _names_people(title)) or _holds_addresses(cells):
            raise PeopleInTheFileProblem(column=title or str(place + 1))


def _names_people(title: str) -> bool:
    words = set(words_of(title))
    return bool(words & _TELLS_OF_PEOPLE) or (bool(words) and words <= _NAMES)


def _holds_addresses(cells: Iterable[str]) -> bool:
    return any("." in cell.partition("@")[2] and len(cell.split()) == 1 for cell in cells)


def _plain(title: str) -> str:
    return " ".join(words_of(title))
