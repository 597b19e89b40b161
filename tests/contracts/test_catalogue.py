"""The catalogue of the open data against the shapes of both profiles, which find whatever it lacks."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyshacl import validate
from rdflib import DCAT, DCTERMS, FOAF, RDF, SH, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from services.registration.app import LOCALES
from services.registration.open_data.catalogue import DATASETS, Catalogue, NoPublisherProblem
from services.registration.public_site import SiteOwner
from shared.text.catalogues import Translations

# Of the parser for JSON-LD, which is rdflib's own affair.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

SHAPES = {path.stem: Graph().parse(path) for path in (Path(__file__).parent / "shapes").glob("*.ttl")}
EUROPE, SPAIN = "dcat_ap_3_0_1", "dcat_ap_es_1_0_0"
OWNER = SiteOwner(organiser='Diputació «de "Mostra"»\\', contact="govern.obert@mostra.example", dir3="L99999999")
MODIFIED = {"sessions": datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC), "participation": None}
WORDS = Translations(*LOCALES)
VCARD = "http://www.w3.org/2006/vcard/ns#"


def catalogue(owner: SiteOwner = OWNER) -> Catalogue:
    issued = datetime(2023, 9, 21, 8, tzinfo=UTC)
    return Catalogue(owner, "Dijous", "https://dijous.example", WORDS, issued, MODIFIED)


def graph(form: str = "turtle", *, owner: SiteOwner = OWNER, datasets_only: bool = False) -> Graph:
    body, _ = catalogue(owner).written(form, datasets_only=datasets_only)
    return Graph().parse(data=body, format=form)


def faults(found: Graph, profile: str) -> str:
    """What the profile has against it; empty for nothing."""
    conforms, _, text = validate(found, shacl_graph=SHAPES[profile], inference="none")
    return "" if conforms else str(text)


@pytest.mark.parametrize("profile", SHAPES)
@pytest.mark.parametrize("form", ["turtle", "json-ld"])
def test_the_catalogue_keeps_the_profile(form: str, profile: str) -> None:
    assert faults(graph(form), profile) == ""


OFFICIAL = Path(__file__).parents[3] / "shared" / "data" / "shacl"
"""The profiles' own shapes, which are not Dijous's to pass on."""
LACKING = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix es: <https://datosgobes.github.io/DCAT-AP-ES/#> .
es:DIR3OrganismRestriction a sh:NodeShape ;
    sh:nodeKind sh:IRI ; sh:pattern "^http://datos.gob.es/recurso/sector-publico/org/Organismo/" .
"""
"""A shape that those of DCAT-AP-ES 1.0.0 name and do not have: a shape that is not there is kept by everything."""


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the profiles' own shapes are not beside the repository")
@pytest.mark.parametrize("folder", ["dcat-ap-3.0.1", "dcat-ap-es-1.0.0"])
def test_the_catalogue_keeps_the_profile_by_its_own_shapes(folder: str) -> None:
    shapes = Graph().parse(data=LACKING, format="turtle")
    for path in (OFFICIAL / folder).glob("*.ttl"):
        shapes.parse(path)
    for shape, _, constraint in list(shapes.triples((None, SH.property, None))):
        if (constraint, SH.path, None) not in shapes:  # ranges.ttl of 3.0.1 names five that are empty
            shapes.remove((shape, SH.property, constraint))

    def keeps(found: Graph) -> bool:
        return bool(validate(found, shacl_graph=shapes, inference="none", advanced=True, allow_warnings=True)[0])

    assert keeps(graph())
    without_names = graph()
    without_names.remove((None, DCTERMS.title, None))
    assert not keeps(without_names)


@pytest.mark.parametrize("profile", SHAPES)
def test_it_keeps_the_profile_without_a_mailbox_and_without_the_name_of_the_body(profile: str) -> None:
    assert faults(graph(owner=SiteOwner(dir3="L99999999")), profile) == ""


CATALOGUE, DATASET = DCAT.Catalog, DCAT.Dataset
REQUIRED = [
    (EUROPE, CATALOGUE, DCTERMS.title),
    (EUROPE, CATALOGUE, DCTERMS.description),
    (EUROPE, CATALOGUE, DCTERMS.publisher),
    (EUROPE, FOAF.Agent, FOAF.name),
    (EUROPE, DATASET, DCTERMS.title),
    (EUROPE, DATASET, DCTERMS.description),
    (EUROPE, DCAT.Distribution, DCAT.accessURL),
    *((SPAIN, CATALOGUE, each) for each in (FOAF.homepage, DCAT.themeTaxonomy, DCTERMS.issued, DCTERMS.modified)),
    *((SPAIN, CATALOGUE, each) for each in (DCTERMS.language, DCTERMS.license)),
    *((SPAIN, DATASET, each) for each in (DCTERMS.publisher, DCAT.theme, DCAT.distribution, DCTERMS.identifier)),
]


@pytest.mark.parametrize(("profile", "kind", "missing"), REQUIRED)
def test_what_a_profile_requires_is_missed(profile: str, kind: URIRef, missing: URIRef) -> None:
    found = graph()
    for node in list(found.subjects(RDF.type, kind)):
        found.remove((node, missing, None))
    assert faults(found, profile)


@pytest.mark.parametrize("kind", [CATALOGUE, DATASET])
@pytest.mark.parametrize("text", [DCTERMS.title, DCTERMS.description])
def test_every_text_is_tagged_and_there_in_spanish(kind: URIRef, text: URIRef) -> None:
    for node in graph().subjects(RDF.type, kind):
        texts = list(graph().objects(node, text))
        assert sorted(each.language for each in texts if isinstance(each, Literal)) == ["ca", "en", "es"]
    untranslated = graph()
    for node, _, value in list(untranslated.triples((None, text, None))):
        if isinstance(value, Literal) and value.language == "es":
            untranslated.remove((node, text, value))
    assert faults(untranslated, SPAIN)


def test_both_forms_say_the_same() -> None:
    assert isomorphic(graph("turtle"), graph("json-ld"))


def test_a_body_with_a_catalogue_gets_the_datasets_alone() -> None:
    found = graph(datasets_only=True)
    assert list(found.subjects(RDF.type, DCAT.Catalog)) == []
    assert len(list(found.subjects(RDF.type, DCAT.Dataset))) == len(DATASETS)
    assert faults(found, EUROPE) == faults(found, SPAIN) == ""


def test_without_the_code_of_its_publisher_there_is_no_catalogue() -> None:
    with pytest.raises(NoPublisherProblem, match="DIJOUS_DIR3"):
        catalogue(SiteOwner(organiser="Diputació de Mostra")).written("turtle", datasets_only=False)


def test_modified_is_that_of_the_data_and_left_out_where_it_is_not_known() -> None:
    found = graph()
    instants = {str(node).rpartition("#")[2]: str(value) for node, value in found.subject_objects(DCTERMS.modified)}
    assert instants == {
        "https://dijous.example/catalogue": "2026-01-02T03:04:05+00:00",
        "sessions": "2026-01-02T03:04:05+00:00",
    }


def test_the_same_is_tagged_alike_and_another_form_otherwise() -> None:
    _, first = catalogue().written("turtle", datasets_only=False)
    _, again = catalogue().written("turtle", datasets_only=False)
    _, other = catalogue().written("json-ld", datasets_only=False)
    assert first == again != other
