"""How near two titles are."""

import pytest

from services.proposals.domain.similarity import similarity, words
from services.proposals.usecases.proposals import SIMILAR_FROM


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("Publicació dels contractes menors", "PUBLICACIO CONTRACTES MENORS"),
        ("Com publiquem els contractes menors?", "Publicar contractes menors"),
        ("Protecció de dades a les actes del ple", "Actes del ple i protecció de dades personals"),
        ("L'accés a la informació pública", "Accés a informació pública: terminis"),
        ("Il·luminar el portal", "Iŀluminar el portal"),
        ("¿Cómo se publica el padrón?", "com es publica el padró"),
    ],
)
def test_near_titles_are_found(title: str, other: str) -> None:
    assert similarity(title, other) >= SIMILAR_FROM
    assert similarity(title, other) == similarity(other, title)


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("Publicació dels contractes menors", "Accessibilitat del web municipal"),
        ("Com es fa el pressupost de la participació?", "Com es fa el ple de la setmana?"),
        ("", "Contractes"),
        ("", ""),
        ("¿?", "!"),
    ],
)
def test_far_titles_are_not(title: str, other: str) -> None:
    assert similarity(title, other) < SIMILAR_FROM


def test_equal_titles_are_one() -> None:
    assert similarity("Contractes", "contractes") == 1
    assert similarity("els les", "Els les") == 1


def test_articles_and_accents_do_not_count() -> None:
    assert words("L'accés a la informació dels Alamús") == ["acces", "informacio", "alamus"]
    assert words("dels") == ["dels"]
