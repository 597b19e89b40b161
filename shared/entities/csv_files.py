"""The directory as CSV, in its two forms, shipped or imported."""

import csv
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.entities.domain import Entity
from shared.events.vocabulary import EntityKind
from shared.imports.tables import decoded, delimiter_of
from shared.problems import mark
from shared.text.fields import OneLine

DATA = Path(__file__).parent / "data"
SHIPPED = (DATA / "local_entities_cat.csv", DATA / "local_entities_cat_supramunicipal.csv")
WRONG_HEADER = mark("The first line must name the columns exactly as the shipped files do.")
WRONG_COLUMNS = mark("This line does not have as many columns as the first.")
REPEATED = mark("This code is in the file twice.")
NO_ROWS = mark("There are no entities in this file.")
NOT_CSV = mark("This is not a CSV file.")
Name = Annotated[OneLine, Field(min_length=1, max_length=200)]
Label = Annotated[OneLine, Field(max_length=200)]


class _MunicipalityRow(BaseModel):
    """A row of local_entities_cat.csv."""

    model_config = ConfigDict(extra="forbid")

    ens_code: Annotated[str, Field(pattern=r"^\d{10}$")]
    code: Annotated[str, Field(pattern=r"^\d{6}$")]
    ine5: Annotated[str, Field(pattern=r"^\d{5}$")]
    kind: EntityKind
    name: Name
    name_sorted: Label
    council: Name
    comarca_code: Label
    comarca: Label
    province_code: Label
    province: Label
    population_2020: Annotated[str, Field(pattern=r"^\d{0,9}$")]

    def entity(self) -> Entity:
        return Entity(
            code=self.ens_code,
            idescat_code=self.code,
            ine_code=self.ine5,
            kind=self.kind,
            name=self.council,
            short_name=self.name,
            comarca=self.comarca,
            province=self.province,
            population=int(self.population_2020) if self.population_2020 else None,
        )


class _SupramunicipalRow(BaseModel):
    """A row of local_entities_cat_supramunicipal.csv."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{2,20}$")]
    kind: EntityKind
    name: Name
    comarca_code: Label
    comarca: Label
    province_code: Label
    province: Label

    def entity(self) -> Entity:
        """`short_name` is the territory's."""
        return Entity(
            code=self.code,
            kind=self.kind,
            name=self.name,
            short_name=self.comarca or self.province,
            comarca=self.comarca,
            province=self.province,
        )


_FORMS: dict[tuple[str, ...], type[_MunicipalityRow] | type[_SupramunicipalRow]] = {
    tuple(_MunicipalityRow.model_fields): _MunicipalityRow,
    tuple(_SupramunicipalRow.model_fields): _SupramunicipalRow,
}


@dataclass(frozen=True, slots=True)
class RowError:
    """`message` is an English message id, or `kind` pydantic's error type."""

    line: int
    field: str
    message: str
    kind: str = "value_error"


class EntityFileError(ValueError):
    def __init__(self, errors: list[RowError]) -> None:
        super().__init__("; ".join(f"line {error.line}, {error.field}: {error.message}" for error in errors))
        self.errors = errors


def read_entities(text: str) -> list[Entity]:
    """All lines or none.

    Raises:
        EntityFileError: any line is wrong.
    """
    rows = csv.reader(io.StringIO(text), delimiter=delimiter_of(text.partition("\n")[0]), strict=True)
    entities: dict[str, Entity] = {}
    errors: list[RowError] = []
    try:
        header = tuple(next(rows, ()))
        if header not in _FORMS:
            raise EntityFileError([RowError(1, "columns", WRONG_HEADER)])
        for fields in rows:
            found = _read_row(rows.line_num, header, fields)
            if isinstance(found, list):
                errors += found
            elif found.code in entities:
                errors.append(RowError(rows.line_num, "code", REPEATED))
            else:
                entities[found.code] = found
    except csv.Error:
        errors.append(RowError(rows.line_num, "columns", NOT_CSV))
    if not entities and not errors:
        errors.append(RowError(2, "columns", NO_ROWS))
    if errors:
        raise EntityFileError(errors)
    return list(entities.values())


def decode_entities(data: bytes) -> list[Entity]:
    """`read_entities` from bytes as Office programs save them; others are an EntityFileError too."""
    text = decoded(data)
    if "\N{REPLACEMENT CHARACTER}" in text:
        raise EntityFileError([RowError(1, "columns", NOT_CSV)])
    return read_entities(text)


@cache
def shipped_entities() -> dict[str, Entity]:
    return {entity.code: entity for path in SHIPPED for entity in decode_entities(path.read_bytes())}


def _read_row(line: int, header: tuple[str, ...], fields: list[str]) -> Entity | list[RowError]:
    if len(fields) != len(header):
        return [RowError(line, "columns", WRONG_COLUMNS)]
    try:
        return _FORMS[header].model_validate(dict(zip(header, fields, strict=True))).entity()
    except ValidationError as error:
        return [
            RowError(line, str(item["loc"][0]), str(item.get("ctx", {}).get("error") or item["msg"]), item["type"])
            for item in error.errors()
        ]
