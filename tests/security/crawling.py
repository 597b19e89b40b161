"""Every page and form that links lead to, by route: what is new is found by itself."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx

from shared.staff import Role
from tests.security.matrix import MATRIX
from tests.security.people import office_cookie
from tests.security.routes import Route
from tests.support.embedded import Embedded
from tests.support.forms import HtmlForm, Visitor, forms_in
from tests.support.world import ALAMUS, OFFER, PROGRAMME, World

_LINK = re.compile(r'<(?:a|link)\b[^>]*?\shref="([^"]*)"')
_ID_MEMBERS = ("id", "slug", "session")
_PLAIN_FIRST = sorted(MATRIX, key=lambda route: (route.path.count("{"), -len(route.path)))
_SHAPES = {route: re.compile(re.sub(r"\{\w+\}", "[^/]+", route.path.replace(".", r"\."))) for route in _PLAIN_FIRST}
_ENOUGH = 2
"""Addresses of a route that are opened, by each visitor."""


@dataclass(frozen=True, slots=True)
class Place:
    """An address and who may ask it."""

    visitor: Visitor
    path: str
    answer: httpx.Response


@dataclass(frozen=True, slots=True)
class FormAt:
    """A form on a page, and where it goes."""

    visitor: Visitor
    page: str
    action: str
    form: HtmlForm

    @property
    def names(self) -> set[str]:
        """Of its fields."""
        return {*self.form.fields, *self.form.files}


@dataclass
class Crawl:
    """What was found."""

    places: dict[Route, list[Place]] = field(default_factory=dict)
    forms: dict[Route, list[FormAt]] = field(default_factory=dict)
    """Of a route those that have other fields than the ones before."""
    queries: dict[Route, set[str]] = field(default_factory=dict)
    """Names of parameters, as links and search forms have them."""

    async def follow(self, visitor: Visitor, starts: Sequence[str]) -> None:
        """Open the addresses and what they lead to."""
        waiting, seen, opened = list(starts), set(starts), dict[Route, int]()
        while waiting:
            address = waiting.pop(0)
            route = route_of("GET", address)
            times = opened.get(route, 0) if route else _ENOUGH
            if route is None or times == _ENOUGH or (times and "lang=" in address):
                continue
            opened[route] = times + 1
            answer = await visitor.api.get(address, headers=visitor.headers)
            self.places.setdefault(route, []).append(Place(visitor, address, answer))
            for found in self.read(visitor, address, answer):
                if found not in seen:
                    seen.add(found)
                    waiting.append(found)

    def read(self, visitor: Visitor, address: str, answer: httpx.Response) -> list[str]:
        """Note the forms of an answer; the addresses that it names."""
        if answer.is_redirect:
            return [_own(urljoin(address, answer.headers["location"]))]
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        if media_type == "application/json":
            return [*_items(address, answer), *_right_below(address)]
        if media_type != "text/html":
            return []
        for form in forms_in(answer.text):
            self._note(FormAt(visitor, address, urljoin(address, form.action), form))
        links = [_own(urljoin(address, unescape(link))) for link in _LINK.findall(answer.text)]
        for link in links:
            self._note_query(route_of("GET", link), dict(parse_qsl(urlsplit(link).query)))
        return [*links, *_right_below(address)]

    def _note(self, found: FormAt) -> None:
        if found.form.method != "post":
            return self._note_query(route_of("GET", found.action), found.form.fields)
        if route := route_of("POST", found.action):
            known = self.forms.setdefault(route, [])
            if found.names not in [each.names for each in known]:
                known.append(found)
        return None

    def _note_query(self, route: Route | None, names: Iterable[str]) -> None:
        if route:
            self.queries.setdefault(route, set()).update(names)


def _items(address: str, answer: httpx.Response) -> Iterator[str]:
    """The addresses of what a list of the API holds."""
    data = answer.json()
    for item in data.get("items", ()) if isinstance(data, dict) else ():
        yield from (f"{urlsplit(address).path}/{item[name]}" for name in _ID_MEMBERS if item.get(name))


def _right_below(address: str) -> Iterator[str]:
    """Pages about the same thing, whether or not a link leads there."""
    route = route_of("GET", address)
    found = (other.path[len(route.path) :] for other in MATRIX if route and _is_right_below(other, route))
    yield from (urlsplit(address).path + rest for rest in found)


def _is_right_below(other: Route, route: Route) -> bool:
    rest = other.path.removeprefix(route.path)
    return other.method == "GET" and rest != other.path and rest.startswith("/") and "{" not in rest


def route_of(method: str, address: str) -> Route | None:
    """The route that answers a path, or None."""
    path = urlsplit(address).path
    return next((route for route in _PLAIN_FIRST if route.method == method and _SHAPES[route].fullmatch(path)), None)


def _own(address: str) -> str:
    """Without its host, if it has one, and its fragment."""
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def office_of(installation: Embedded) -> Visitor:
    """An administrator."""
    return Visitor(installation.api, office_cookie(installation, Role.ADMIN))


def with_token(installation: Embedded) -> Visitor:
    """A program of the office."""
    return Visitor(installation.api, {"Authorization": f"Bearer {installation.staff_token}"})


async def crawl(installation: Embedded, office: Sequence[str], personal: Sequence[str]) -> Crawl:
    """Everything that an administrator, the holder of `personal` links, anybody and a program find."""
    plain = [route.path for route in MATRIX if route.method == "GET" and "{" not in route.path]
    found = Crawl()
    anybody = Visitor(installation.api, {})
    await found.follow(office_of(installation), [*office, *(path for path in plain if path.startswith("/office"))])
    await found.follow(anybody, [*personal, *(path for path in plain if not path.startswith("/api/"))])
    by_token = [
        f"/api/v1/{of}s/{token}"
        for of, token in re.findall(r"/(registration|survey|petition)/(\w[\w-]*)", " ".join(personal))
    ]
    await found.follow(with_token(installation), [*by_token, *(path for path in plain if path.startswith("/api/"))])
    return found


async def _ask_for_support(installation: Embedded) -> None:
    """A council that gets support has a doubt, and asks for a place for which the office gives points; another offer
    was selected, and a body could answer all."""
    body = {"key": "lleida", "name": "Diputació de Lleida", "mailbox": "ajuda@x.example", "provinces": ["Lleida"]}
    await installation.staff("PATCH", f"/programmes/{PROGRAMME}", {"bodies": [body]})
    question = {"key": "doubt", "text": {"ca": "Quin dubte teniu?"}, "kind": "text", "weight": 1}
    person = {"name": "Laia", "email": "laia@x.example", "entity": ALAMUS, "role": "Tècnica", "consent": True}
    for slug, places in (("dubtes", None), ("crida", 1)):
        offer = {"programme": PROGRAMME, "slug": slug, "title": {"ca": slug}, "questions": [question], "places": places}
        offer_id = (await installation.staff("POST", "/offers", offer))["id"]
        asked = {**person, "answers": {"doubt": "Com es fa?"}}
        await installation.public("POST", f"/offers/{offer_id}/petitions", asked)
    for petition in (await installation.staff("GET", "/petitions"))["items"]:
        if petition["email"] == person["email"] and petition["offer"].endswith(":dubtes"):
            await installation.staff("POST", f"/petitions/{petition['id']}/decide", {"state": "accepted"})
    shown = await installation.staff("POST", f"/offers/{OFFER}/select?dry_run=true", {})
    await installation.staff("POST", f"/offers/{OFFER}/select", {"digest": shown["digest"]})


async def crawl_world(world: World) -> Crawl:
    """All of it, with somebody in the office, a series planned and a report read."""
    installation, office = world.installation, office_of(world.installation)
    person = await office.done("/office/people", {"name": "Pere", "user_name": "pere@x.example", "role": "viewer"})
    password = re.search(r"/office/password/[\w-]+", (await office.send(person, {}, to="/link")).text)
    assert password, "the link to choose one"
    await _ask_for_support(installation)
    plan = "weekday=3&nth=1&at=10:00&first=2027-01&last=2027-06"
    results = [f"/office/results/{world.sessions[name]}" for name in ("published", "ended")]
    selection = f"/office/programmes/{PROGRAMME}/offers/{OFFER.partition(':')[2]}/selection.json"
    starts = [f"/office/programmes/{PROGRAMME}/plan?{plan}", selection, *results]
    links = [*(path for by_address in world.links.values() for path in by_address.values()), *world.standings.values()]
    found = await crawl(installation, starts, [*links, password[0], installation.first_run])
    report = f"/office/sessions/{world.sessions['ended']}/attendance"
    page = await office.open(report)
    file = {"report": ("report.csv", "Name,Email\nAina Amat,aina@abrera.example\n")}
    answer = await installation.api.post(report, data=page.fields, files=file, headers=office.headers)
    found.read(office, report, answer)
    return found
