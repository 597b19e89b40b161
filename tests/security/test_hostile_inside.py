"""The same for who may go on: every page, form, parameter and member, as found, with what parsers fail at.

An installation of its own is crawled and then maltreated, at last through nginx.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit
from zlib import crc32

import httpx
import pytest
import pytest_asyncio
from fastapi.routing import APIRoute

from deploy.mailbox.pages import mailbox_routes
from deploy.mailbox.store import MailStore
from deploy.routes import SERVICES
from tests.conftest import NO_LIMITS_FOR_THIS_MACHINE
from tests.security.crawling import Crawl, FormAt, crawl_world, office_of, with_token
from tests.security.inert import active_parts
from tests.security.matrix import MATRIX
from tests.security.payloads import PAYLOADS
from tests.security.routes import Route, parameters
from tests.support.embedded import Embedded, running_embedded
from tests.support.hostile import (
    AT_THE_ENDS,
    EVERYWHERE,
    JSON_VALUES,
    ODD_HEADERS,
    SEGMENTS,
    SHARP,
    TEXTS,
    WHOLE_JSON,
    Body,
    in_codec,
    multipart,
    part,
)
from tests.support.hostile import FORMS as BEFORE_THE_CHECK
from tests.support.openapi_samples import leaves, sample, with_leaf
from tests.support.probes import eventually
from tests.support.proxy import needs_nginx, running_nginx
from tests.support.world import make_world

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOST_SECONDS = 0.5
NOT_CRAWLED = ("/office/passkey", "/office/account/")
"""Of somebody with an account of their own and a passkey, whom a crawl would sign out; what they are sent is in
tests/integration/registration/test_office_account.py and test_office_passkeys.py."""
GETS = [route for route in MATRIX if route.method == "GET" and not route.path.startswith("/office/account/")]
FORMS = [
    route for route in MATRIX if route.method == "POST" and not route.is_api and not route.path.startswith(NOT_CRAWLED)
]
CALLS = [route for route in MATRIX if route.method != "GET" and route.is_api]
T = TypeVar("T")
WRITTEN = (*TEXTS, *(payload.encode() for payload in PAYLOADS))
COMMON = ("lang", "page", "cursor", "limit", "before", "q", "next", "from", "programme", "state", "day", "as", "shown")
"""Asked of every address, whether or not it is known to take them."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def installation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Embedded]:
    settings = {**NO_LIMITS_FOR_THIS_MACHINE, "DIJOUS_DIR3": "L99999999"}  # so that there is a catalogue
    async with running_embedded(tmp_path_factory.mktemp("stormed"), **settings) as installation:
        yield installation


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def crawl(installation: Embedded) -> Crawl:
    return await crawl_world(await make_world(installation))


_LETTER = re.compile(r'<iframe class="letter" sandbox [^>]*>')  # looked at in test_injection


class Storm:
    """Sends, and looks at what comes of it."""

    def __init__(self, installation: Embedded, api: httpx.AsyncClient) -> None:
        self.installation = installation
        self.api = api

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str | bytes], content: bytes = b"", *, what: object
    ) -> httpx.Response:
        """The answer, which came without much work and holds nothing that acts."""
        sent = [
            (name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in headers.items()
        ]
        request = self.api.build_request(method, path, headers=sent, content=content)
        before = self.installation.processor_seconds()
        answer = await self.api.send(request)
        if self.installation.processor_seconds() - before > MOST_SECONDS:
            await self.others_go_on(request, what)
        assert answer.status_code < 500, f"{method} {path} {what!r:.200}: {answer.status_code}"
        if answer.headers.get("content-type", "").startswith("text/html") and "xq(" in answer.text:
            assert active_parts(_LETTER.sub("", answer.text)) == [], f"{path} {what!r:.200}"
        return answer

    async def others_go_on(self, request: httpx.Request, what: object) -> None:
        """It took long: what others wait meanwhile counts, and the best of three, since others use the machine."""
        waits = [await self._longest_wait(request) for _ in range(3)]
        assert min(waits) < MOST_SECONDS, f"{what!r:.200}: others wait {waits}"

    async def _longest_wait(self, request: httpx.Request) -> float:
        """Seconds of the clock or, where other processes hold the machine, of the installation's own work."""
        asking = asyncio.create_task(self.api.send(request))
        longest = 0.0
        async with httpx.AsyncClient(base_url=self.api.base_url, timeout=20) as other:
            while not asking.done():
                began, worked = time.monotonic(), self.installation.processor_seconds()
                await other.get("/health/live")
                waited = time.monotonic() - began, self.installation.processor_seconds() - worked
                longest = max(longest, min(waited))
        await asking
        return longest

    async def send(self, found: FormAt, fields: Mapping[str, bytes], *, what: object) -> None:
        """Send a form with its token and as it stands, but for some fields."""
        values = {name: value.encode() for name, value in found.form.fields.items()} | dict(fields)
        media_type = {"Content-Type": "application/x-www-form-urlencoded", **found.visitor.headers}
        await self.ask("POST", found.action, media_type, urlencode(values).encode(), what=what)

    async def send_body(self, found: FormAt, body: Body) -> None:
        """Send a body as the form, as if by a page of ours."""
        headers = {**found.visitor.headers, "Content-Type": body.media_type}
        await self.ask("POST", found.action, headers, body.content, what=body.name)


def in_turn(items: Sequence[T], route: Route) -> Iterator[T]:
    """Endlessly, from another one on for each route: all are tried, though not everywhere."""
    at = crc32(str(route).encode()) % len(items)
    return cycle([*items[at:], *items[:at]])


@pytest.fixture
def storm(installation: Embedded) -> Storm:
    return Storm(installation, installation.api)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def behind_nginx(installation: Embedded) -> AsyncIterator[Storm]:
    services = dict.fromkeys((*SERVICES, "mailbox"), installation.url)
    with running_nginx(installation.data / "nginx", services) as url:
        async with httpx.AsyncClient(base_url=url, timeout=20) as api:

            async def answers() -> None:
                try:
                    await api.get("/health/live")
                except httpx.TransportError as error:
                    raise AssertionError(f"nginx does not answer: {error!r}") from None

            await eventually(answers)
            yield Storm(installation, api)


@pytest.mark.parametrize("route", GETS, ids=str)
async def test_every_page_is_found_and_inert(crawl: Crawl, route: Route) -> None:
    answers = [place.answer.status_code for place in crawl.places.get(route, [])]
    assert {200, 303, 422} & set(answers), answers
    assert not [status for status in answers if status >= 500]


@pytest.mark.parametrize("route", FORMS, ids=str)
async def test_every_form_is_found(crawl: Crawl, route: Route) -> None:
    assert crawl.forms.get(route)


@pytest.mark.parametrize("route", GETS, ids=str)
async def test_no_parameter_is_too_much(crawl: Crawl, storm: Storm, route: Route) -> None:
    names = sorted({*COMMON, *crawl.queries.get(route, ()), *parameters(route)})
    texts, place = in_turn(WRITTEN, route), crawl.places[route][0]
    path = urlsplit(place.path).path
    for _ in range(4):
        query = {name: text for name, text in zip(names, texts, strict=False) if len(text) < 300}
        await storm.ask("GET", f"{path}?{urlencode(query)}", place.visitor.headers, what=query)
    for name in {*crawl.queries.get(route, ()), *parameters(route)} - {"lang"}:
        for text in EVERYWHERE:
            await storm.ask("GET", f"{path}?{urlencode({name: text})}", place.visitor.headers, what=(name, text))


@pytest.mark.parametrize("route", GETS, ids=str)
async def test_no_header_is_too_much(crawl: Crawl, storm: Storm, route: Route) -> None:
    place = crawl.places[route][0]
    for headers in islice(in_turn(ODD_HEADERS, route), 3):
        await storm.ask("GET", place.path, {**place.visitor.headers, **headers}, what=headers)


@pytest.mark.parametrize("route", [route for route in MATRIX if "{" in route.path], ids=str)
async def test_no_path_is_too_much(installation: Embedded, storm: Storm, route: Route) -> None:
    who = with_token(installation) if route.is_api else office_of(installation)
    for segment in islice(in_turn(SEGMENTS, route), 6):
        path = "/".join(segment if "{" in part else part for part in route.path.split("/"))
        await storm.ask(route.method, path, who.headers, what=segment)


@pytest.mark.parametrize("route", sorted(CALLS, key=str), ids=str)
async def test_no_member_is_too_much(crawl: Crawl, storm: Storm, installation: Embedded, route: Route) -> None:
    headers = {**with_token(installation).headers, "Content-Type": "application/json"}
    path = _known(crawl, route)
    for body in islice(in_turn(WHOLE_JSON, route), 7):
        await storm.ask(route.method, path, headers, body.content, what=body.name)
    description = (await installation.api.get("/api/v1/openapi.json")).json()
    schemas, operation = description["components"]["schemas"], description["paths"][route.path][route.method.lower()]
    media = operation.get("requestBody", {}).get("content", {}).get("application/json")
    body = sample(media["schema"], schemas) if media else {}
    values = in_turn(JSON_VALUES, route)
    for place in leaves(body):
        for value in islice(values, 6):
            text = json.dumps(with_leaf(body, place, "@")).replace('"@"', value)
            await storm.ask(route.method, path, headers, text.encode(), what=(place, value))


def _known(crawl: Crawl, route: Route) -> str:
    """The address of a call about something that is there, as far as its ids are known from a page."""
    above = [each for each in crawl.places if each.is_api and route.path.startswith(each.path) and "{" in each.path]
    known = max(above, key=lambda each: len(each.path), default=None)
    if known is None:
        return route.filled()
    return urlsplit(crawl.places[known][0].path).path + route.filled()[len(known.filled()) :]


@pytest.mark.parametrize("route", FORMS, ids=str)
async def test_no_field_is_too_much(crawl: Crawl, storm: Storm, route: Route) -> None:
    """One in every field, then in one field beside what stood in the others."""
    texts, sharp = in_turn(WRITTEN, route), in_turn(SHARP, route)
    for found in crawl.forms[route]:
        names = found.names - {"csrf"}
        for fields in (dict.fromkeys(names, text) for text in EVERYWHERE):
            await storm.send(found, fields, what=fields)
        for _ in range(4):
            fields = dict(zip(names, texts, strict=False))
            await storm.send(found, fields, what=fields)
        for name in names:
            for text in (*AT_THE_ENDS, *islice(sharp, 2)):
                await storm.send(found, {name: text}, what=(name, text))


@pytest.mark.parametrize("route", FORMS, ids=str)
async def test_no_form_is_too_large(crawl: Crawl, storm: Storm, route: Route) -> None:
    """Behind the check: each body is sent with the form's token."""
    for found in crawl.forms[route]:
        token = part(found.form.fields["csrf"].encode(), name='"csrf"')
        names = sorted(found.names - {"csrf"}) or ["a"]
        quoted = [f'"{name}"' for name in names]
        await storm.send_body(found, multipart("one field", token, part(b"x" * 900_000, name=quoted[0])))
        files = [part(more='; filename="a"')] * (98 - len(quoted[:50]))
        files += [part(b"\xff\0" * 9000, name=name, more='; filename="\0/../é"') for name in quoted[:50]]
        await storm.send_body(found, multipart("files", token, *files))
        lines = part(b"a@x.example,1\r\n" * 60_000, name=quoted[0], more='; filename="a.csv"')
        await storm.send_body(found, multipart("many lines", token, lines))
        await storm.send(found, {f"f{number}": b"x" for number in range(450)}, what="many fields")


async def test_nothing_is_too_much_for_the_mailbox(storm: Storm, tmp_path: Path) -> None:
    store = MailStore(tmp_path / "mailbox.sqlite3")
    routes = [route for route in mailbox_routes(store).routes if isinstance(route, APIRoute)]
    store.close()
    for route in routes:
        for text in (*EVERYWHERE, *SHARP):
            query = urlencode({each.alias: text[:1500] for each in route.dependant.query_params})
            path = re.sub(r"\{\w+\}", quote(text, safe=""), route.path)
            await storm.ask("GET", f"{path}?{query}", {}, what=text)


@needs_nginx
@pytest.mark.parametrize("route", GETS, ids=str)
async def test_no_question_is_too_much_through_nginx(crawl: Crawl, behind_nginx: Storm, route: Route) -> None:
    place, texts = crawl.places[route][0], in_turn(WRITTEN, route)
    query = {name: text for name, text in zip(COMMON, texts, strict=False) if len(text) < 500}
    await behind_nginx.ask("GET", f"{urlsplit(place.path).path}?{urlencode(query)}", place.visitor.headers, what=query)
    for headers in islice(in_turn(ODD_HEADERS, route), 2):
        await behind_nginx.ask("GET", place.path, {**place.visitor.headers, **headers}, what=headers)


@needs_nginx
@pytest.mark.parametrize("route", FORMS, ids=str)
async def test_no_form_is_too_much_through_nginx(crawl: Crawl, behind_nginx: Storm, route: Route) -> None:
    found, texts = crawl.forms[route][0], in_turn(WRITTEN, route)
    fields = dict(zip(found.names - {"csrf"}, texts, strict=False))
    await behind_nginx.send(found, fields, what=fields)
    for body in (*islice(in_turn(BEFORE_THE_CHECK, route), 2), *in_codec("punycode")[:1]):
        await behind_nginx.send_body(found, body)


@needs_nginx
@pytest.mark.parametrize("route", sorted(CALLS, key=str), ids=str)
async def test_no_call_is_too_much_through_nginx(
    crawl: Crawl, behind_nginx: Storm, installation: Embedded, route: Route
) -> None:
    headers = {**with_token(installation).headers, "Content-Type": "application/json"}
    for body in islice(in_turn(WHOLE_JSON, route), 2):
        await behind_nginx.ask(route.method, _known(crawl, route), headers, body.content, what=body.name)


async def test_hundreds_of_idle_and_slow_connections_stop_nobody(installation: Embedded, storm: Storm) -> None:
    port = int(installation.url.rpartition(":")[2])
    begun = (b"", b"G", b"GET / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na")
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(500)]
    for number, (_, writer) in enumerate(opened):
        writer.write(begun[number % len(begun)])
    request = storm.api.build_request("GET", "/sessions")
    await storm.others_go_on(request, "five hundred connections")
    for _, writer in opened:
        writer.close()


async def test_nothing_of_it_was_a_fault_of_ours(installation: Embedded) -> None:
    log = "".join(path.read_text() for path in (installation.data / "logs").iterdir())
    assert "Traceback" not in log
    assert "Exception in ASGI" not in log
