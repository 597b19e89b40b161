import time

import pytest

from shared.entities.csv_files import EntityFileError, read_entities, shipped_entities
from shared.entities.domain import Directory
from shared.events.vocabulary import EntityKind
from shared.text.search_words import words_of

DIRECTORY = Directory(shipped_entities().values())
HEADER = "ens_code,code,ine5,kind,name,name_sorted,council,comarca_code,comarca,province_code,province,population_2020"
ROW = "0800180001,080018,08001,municipality,Abrera,Abrera,Ajuntament d'Abrera,11,Baix Llobregat,08,Barcelona,12538"


def test_the_whole_directory_is_shipped() -> None:
    kinds = [entity.kind for entity in shipped_entities().values()]
    assert kinds.count(EntityKind.MUNICIPALITY) == 947
    assert len(kinds) - kinds.count(EntityKind.MUNICIPALITY) == 45


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("alamus", "Ajuntament dels Alamús"),
        ("els alamús", "Ajuntament dels Alamús"),
        ("ELS ALAMUS", "Ajuntament dels Alamús"),
        ("Ajuntament dels Alamús", "Ajuntament dels Alamús"),
        ("l'albi", "Ajuntament de l'Albi"),
        ("albi", "Ajuntament de l'Albi"),
        ("Ajuntament de Lleida", "Ajuntament de Lleida"),
        ("ayuntamiento de lleida", "Ajuntament de Lleida"),
        ("hospitalet", "Ajuntament de l'Hospitalet de Llobregat"),
        ("L’Hospitalet de Llobregat", "Ajuntament de l'Hospitalet de Llobregat"),
        ("sant cugat", "Ajuntament de Sant Cugat del Vallès"),
        ("cugat sant", "Ajuntament de Sant Cugat del Vallès"),
        ("barcelona", "Ajuntament de Barcelona"),
        ("diputació de barcelona", "Diputació de Barcelona"),
        ("consell comarcal alt camp", "Consell Comarcal de l'Alt Camp"),
        ("les", "Ajuntament de Les"),
        ("ajuntament de les", "Ajuntament de Les"),
        ("ayuntamiento les", "Ajuntament de Les"),
        ("2500450006", "Ajuntament dels Alamús"),
        ("250045", "Ajuntament dels Alamús"),
        ("25004", "Ajuntament dels Alamús"),
        ("CC01", "Consell Comarcal de l'Alt Camp"),
        ("bigues i riells", "Ajuntament de Bigues i Riells"),
        ("l'alb", "Ajuntament de l'Albi"),  # who types the article means a name that has it
        ("ajuntament de l'alb", "Ajuntament de l'Albi"),
        ("ajuntament d'albe", "Ajuntament d'Albesa"),
        ("ajuntament d'a", "Ajuntament d'Amposta"),
        ("lalbi", "Ajuntament de l'Albi"),
        ("lhospitalet", "Ajuntament de l'Hospitalet de Llobregat"),
        ("lesca", "Ajuntament de l'Escala"),
        ("ajuntament dabrera", "Ajuntament d'Abrera"),
        ("st cugat", "Ajuntament de Sant Cugat del Vallès"),
        ("St. Boi", "Ajuntament de Sant Boi de Llobregat"),
        ("sta coloma", "Ajuntament de Santa Coloma de Gramenet"),
    ],
)
def test_an_entity_is_found_however_it_is_written(query: str, first: str) -> None:
    found = [entity.name for entity in DIRECTORY.search(query, 10)]
    assert first in found[:1] or (found and found[0].startswith(first)), found


def test_each_entity_of_the_directory_is_first_by_its_name() -> None:
    assert [entity.name for entity in DIRECTORY if DIRECTORY.search(entity.name, 1) != [entity]] == []
    assert [entity.name for entity in DIRECTORY if DIRECTORY.named(entity.name) != entity] == []
    # Three provinces and their capitals have one name.
    assert [entity.name for entity in DIRECTORY if entity not in DIRECTORY.search(entity.short_name, 3)] == []


def test_each_entity_of_the_directory_is_first_by_its_name_without_little_words() -> None:
    little = set("d de del dels el els la les l es i".split())  # noqa: SIM905  reads better
    bare = {entity: [word for word in words_of(entity.name) if word not in little] for entity in DIRECTORY}
    bare[DIRECTORY.search("les", 1)[0]] = ["ajuntament", "les"]  # whose own name is a little word
    assert [words for entity, words in bare.items() if DIRECTORY.search(" ".join(words), 1) != [entity]] == []
    assert [words for entity, words in bare.items() if DIRECTORY.named(" ".join(words)) != entity] == []


@pytest.mark.parametrize("query", ["", "  ", "'", "·", "zzzz", "lleida zzzz", "%", "*"])
def test_what_names_no_entity_finds_none(query: str) -> None:
    assert DIRECTORY.search(query, 10) == []


def test_a_search_gives_no_more_than_asked_and_the_populous_first() -> None:
    found = DIRECTORY.search("sant", 5)
    populations = [entity.population or 0 for entity in found]
    assert len(found) == 5
    assert populations == sorted(populations, reverse=True)


def test_an_article_forgotten_or_typed_loses_no_name() -> None:
    for query in ("alb", "l'alb", "lalb"):
        found = [entity.short_name for entity in DIRECTORY.search(query, 20)]
        assert {"l'Albi", "l'Albiol", "Albesa"} <= set(found), query


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("lalbi", "Ajuntament de l'Albi"),
        ("st cugat sesgarrigues", "Ajuntament de Sant Cugat Sesgarrigues"),
        ("barcelona", ""),  # its council and its provincial council
        ("l'alb", ""),
        ("ajuntament les", "Ajuntament de Les"),
        ("ajuntament", ""),
        ("ajuntament de la", ""),
        ("ajuntament del", ""),
    ],
)
def test_only_who_is_called_just_so_is_named(words: str, name: str) -> None:
    named = DIRECTORY.named(words)
    assert (named.name if named else "") == name


def test_every_code_of_an_entity_leads_to_it() -> None:
    for code in ("0800180001", "080018", "08001", " 08001 "):
        entity = DIRECTORY.get(code)
        assert entity is not None
        assert entity.code == "0800180001"
    assert DIRECTORY.get("0") is None


def test_a_search_takes_less_than_two_milliseconds() -> None:
    queries = ["s", "a", "sant", "ajuntament", "hospitalet", "0", "ajuntament de sant"]
    best = min(_seconds(query) for _ in range(5) for query in queries)
    slowest = max(min(_seconds(query) for _ in range(5)) for query in queries)
    assert best < 0.002
    assert slowest < 0.01, "even the least telling query on a busy machine"


def _seconds(query: str) -> float:
    began = time.perf_counter()
    DIRECTORY.search(query, 20)
    return time.perf_counter() - began


def test_a_row_of_the_shipped_form_is_read() -> None:
    [entity] = read_entities(f"{HEADER}\n{ROW}\n")
    assert (entity.code, entity.name, entity.population) == ("0800180001", "Ajuntament d'Abrera", 12538)


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("", 1, "columns"),
        ("a,b\n1,2", 1, "columns"),
        (HEADER, 2, "columns"),
        (f"{HEADER}\n{ROW}\n{ROW}", 3, "code"),
        (f"{HEADER}\n{ROW},more", 2, "columns"),
        (f"{HEADER}\n{ROW.replace('0800180001', '800180001')}", 2, "ens_code"),
        (f"{HEADER}\n{ROW.replace('municipality', 'city')}", 2, "kind"),
        (f"{HEADER}\n{ROW.replace('12538', '-3')}", 2, "population_2020"),
        (f"{HEADER}\n{ROW.replace(',Abrera,', ',,', 1)}", 2, "name"),
        (f'{HEADER}\n"{ROW}', 2, "columns"),
    ],
)
def test_a_wrong_line_is_named(text: str, line: int, field: str) -> None:
    with pytest.raises(EntityFileError) as refused:
        read_entities(text)
    assert (refused.value.errors[0].line, refused.value.errors[0].field) == (line, field)
