"""The catalogue of the open data: DCAT-AP 3.0.1, and DCAT-AP-ES 1.0.0 for datos.gob.es. Written with rdflib, which is
imported when somebody asks for it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from services.registration.public_site import SiteOwner
from shared.events.vocabulary import Language
from shared.problems import Problem, mark
from shared.text.catalogues import Translations

if TYPE_CHECKING:
    from rdflib import Graph, URIRef

PAGE = "/open-data"
_AUTHORITY = "http://publications.europa.eu/resource/authority"
_LANGUAGES = {Language.CA: "CAT", Language.ES: "SPA", Language.EN: "ENG"}
_SECTORS = "http://datos.gob.es/kos/sector-publico/sector"
_THEMES = f"{_AUTHORITY}/data-theme"
_ORGANISATIONS = "http://datos.gob.es/recurso/sector-publico/org/Organismo"
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types"
_PREFIXES = {"dct": "http://purl.org/dc/terms/", "vcard": "http://www.w3.org/2006/vcard/ns#"}
_TITLE = mark("{site}: open data")
_ABOUT = mark("Online sessions for local entities: what was held, who took part, what they thought and proposed.")
_KEYWORDS = (mark("local government"), mark("transparency"), mark("citizen participation"))
_SECTORS_TITLE = mark("Sectors of the public administrations")


class NoPublisherProblem(Problem):
    """A catalogue names its publisher by the code that the directory of the administrations gives it."""

    status = 404
    code = "no-publisher"
    title = mark(
        "The catalogue cannot be written: it names its publisher by a DIR3 code, and this installation has none. "
        "Whoever operates it sets DIJOUS_DIR3."
    )


@dataclass(frozen=True, slots=True)
class Dataset:
    name: str
    """In its address; the anchor of its place on the page."""
    title: str
    description: str
    """Message ids, both."""
    formats: Sequence[str] = ("csv",)

    def path(self, form: str) -> str:
        return f"{PAGE}/{self.name}.{form}"


DATASETS = (
    Dataset(
        "sessions",
        mark("Sessions"),
        mark("Every session for everybody: programme, title, date, state, recording, materials."),
        ("csv", "json"),
    ),
    Dataset(
        "participation",
        mark("Participation of local entities"),
        mark(
            "In how many sessions of each programme and year each local entity was present. Only years that are over, "
            "never people; the figure is left empty where it could be one person's."
        ),
    ),
    Dataset(
        "results",
        mark("Results of the surveys"),
        mark("What the people registered thought of each session, under the rule of small groups."),
    ),
    Dataset(
        "proposals",
        mark("Proposals"),
        mark("Topics and doubts that were proposed, their state and their supports, without people."),
    ),
)


@dataclass(frozen=True)
class Catalogue:
    owner: SiteOwner
    site_name: str
    public_url: str
    words: Translations
    issued: datetime
    modified: Mapping[str, datetime | None]
    """Of each dataset by name, where it is known."""

    def written(self, form: str, *, datasets_only: bool) -> tuple[bytes, str]:
        """As Turtle or JSON-LD, and a digest of what is said, in whichever order it is. `datasets_only` for a body that
        has a catalogue already: a body has one.

        Raises NoPublisherProblem.
        """
        if not self.owner.dir3:
            raise NoPublisherProblem
        graph = _Writing(self).graph(datasets_only=datasets_only)
        said = sorted(graph.serialize(format="nt").splitlines())
        digest = hashlib.sha256("\n".join([form, *said]).encode()).hexdigest()
        return graph.serialize(format=form, encoding="utf-8", auto_compact=True), digest


class _Writing:
    """One graph."""

    def __init__(self, catalogue: Catalogue) -> None:
        from rdflib import DCAT, DCTERMS, FOAF, RDF, SKOS, XSD, Graph, Literal, Namespace, URIRef

        self._catalogue = catalogue
        self._graph = Graph(bind_namespaces="none")
        self._iri, self._literal = URIRef, Literal
        self._dcat, self._dct, self._foaf, self._rdf, self._skos, self._xsd = DCAT, DCTERMS, FOAF, RDF, SKOS, XSD
        self._vcard = Namespace(_PREFIXES["vcard"])
        for prefix, namespace in {"dcat": DCAT, "foaf": FOAF, "skos": SKOS, "xsd": XSD, **_PREFIXES}.items():
            self._graph.bind(prefix, namespace)

    def graph(self, *, datasets_only: bool) -> "Graph":
        publisher = self._publisher()
        nodes = [self._dataset(dataset, publisher) for dataset in DATASETS]
        if not datasets_only:
            self._catalog(publisher, nodes)
        return self._graph

    def _catalog(self, publisher: "URIRef", datasets: Sequence["URIRef"]) -> None:
        catalogue, dct = self._catalogue, self._dct
        node = self._node(f"{catalogue.public_url}/catalogue", self._dcat.Catalog)
        self._texts(node, dct.title, _TITLE, site=catalogue.site_name)
        self._texts(node, dct.description, _ABOUT)
        self._graph.add((node, dct.publisher, publisher))
        self._link(node, self._foaf.homepage, catalogue.public_url + PAGE, self._foaf.Document)
        taxonomy = self._link(node, self._dcat.themeTaxonomy, _SECTORS, self._skos.ConceptScheme)
        self._texts(taxonomy, dct.title, _SECTORS_TITLE)
        self._instant(node, dct.issued, catalogue.issued)
        known = [instant for instant in catalogue.modified.values() if instant]
        self._instant(node, dct.modified, max(known, default=catalogue.issued))
        for code in _LANGUAGES.values():
            self._link(node, dct.language, f"{_AUTHORITY}/language/{code}", dct.LinguisticSystem)
        self._link(node, dct.license, catalogue.owner.open_data_licence, dct.LicenseDocument)
        for dataset in datasets:
            self._graph.add((node, self._dcat.dataset, dataset))

    def _dataset(self, dataset: Dataset, publisher: "URIRef") -> "URIRef":
        address = f"{self._catalogue.public_url}{PAGE}#{dataset.name}"
        node = self._node(address, self._dcat.Dataset)
        self._texts(node, self._dct.title, dataset.title)
        self._texts(node, self._dct.description, dataset.description)
        self._graph.add((node, self._dct.publisher, publisher))
        self._graph.add((node, self._dct.identifier, self._literal(address)))
        self._theme(node, f"{_SECTORS}/sector-publico", "Sector público", Language.ES)
        for word in _KEYWORDS:
            self._texts(node, self._dcat.keyword, word)
        self._theme(node, f"{_THEMES}/GOVE", "Government and public sector", Language.EN)
        if modified := self._catalogue.modified.get(dataset.name):
            self._instant(node, self._dct.modified, modified)
        self._contact(node)
        for form in dataset.formats:
            self._distribution(node, dataset, form)
        return node

    def _distribution(self, owner: "URIRef", dataset: Dataset, form: str) -> None:
        address = self._catalogue.public_url + dataset.path(form)
        node = self._link(owner, self._dcat.distribution, f"{address}#distribution", self._dcat.Distribution)
        self._texts(node, self._dct.title, dataset.title)
        self._texts(node, self._dct.description, dataset.description)
        file = self._iri(address)
        self._graph.add((node, self._dcat.accessURL, file))
        self._graph.add((node, self._dcat.downloadURL, file))
        self._link(node, self._dct.license, self._catalogue.owner.open_data_licence, self._dct.LicenseDocument)
        self._link(node, self._dct["format"], f"{_AUTHORITY}/file-type/{form.upper()}", self._dct.MediaTypeOrExtent)
        media_type = {"csv": "text/csv", "json": "application/json"}[form]
        self._link(node, self._dcat.mediaType, f"{_MEDIA_TYPES}/{media_type}", self._dct.MediaType)

    def _publisher(self) -> "URIRef":
        code = self._catalogue.owner.dir3
        node = self._node(f"{_ORGANISATIONS}/{code}", self._foaf.Agent)
        self._name(node, self._foaf.name)
        self._graph.add((node, self._dct.identifier, self._literal(code)))
        return node

    def _contact(self, owner: "URIRef") -> None:
        mailbox = self._catalogue.owner.contact
        if not mailbox:
            return
        address = f"{self._catalogue.public_url}{PAGE}#contact"
        node = self._link(owner, self._dcat.contactPoint, address, self._vcard.Kind)
        self._graph.add((node, self._rdf.type, self._vcard.Organization))
        self._name(node, self._vcard.fn)
        self._graph.add((node, self._vcard.hasEmail, self._iri(f"mailto:{mailbox}")))

    def _theme(self, owner: "URIRef", address: str, name: str, language: Language) -> None:
        node = self._link(owner, self._dcat.theme, address, self._skos.Concept)
        self._graph.add((node, self._skos.prefLabel, self._literal(name, lang=language.value)))

    def _name(self, owner: "URIRef", by: "URIRef") -> None:
        """Of the body; the profile wants it in Spanish at least, and it is the same in every language."""
        name = self._catalogue.owner.organiser or self._catalogue.site_name
        for language in Language:
            self._graph.add((owner, by, self._literal(name, lang=language.value)))

    def _node(self, address: str, kind: "URIRef") -> "URIRef":
        node = self._iri(address)
        self._graph.add((node, self._rdf.type, kind))
        return node

    def _link(self, owner: "URIRef", by: "URIRef", address: str, kind: "URIRef") -> "URIRef":
        """To a node with its class, as DCAT-AP asks of what a property leads to."""
        node = self._node(address, kind)
        self._graph.add((owner, by, node))
        return node

    def _texts(self, owner: "URIRef", by: "URIRef", message: str, **values: object) -> None:
        for language in Language:
            text = self._catalogue.words.text(language, message, **values)
            self._graph.add((owner, by, self._literal(text, lang=language.value)))

    def _instant(self, owner: "URIRef", by: "URIRef", instant: datetime) -> None:
        text = instant.isoformat(timespec="seconds")
        self._graph.add((owner, by, self._literal(text, datatype=self._xsd.dateTime)))
