"""What anybody reads: the start page, the programmes, the list of sessions, the notices."""

import json
import re
from datetime import datetime, timedelta
from xml.etree.ElementTree import fromstring

import pytest

from services.registration.projections import KnownResult
from shared.events.feedback import ResultsPublished
from tests.integration.registration.browsing import assert_page, data_of, title, words
from tests.integration.registration.conftest import Office
from tests.support.sharing import assert_shared, shared_as

SITE = "http://127.0.0.1:8080"
RECORDING = {"recording_url": "https://video.example/1", "materials": [{"title": "Guia", "url": "https://m.example/1"}]}


@pytest.fixture(autouse=True)
def catalan(office: Office) -> None:
    office.api.headers["accept-language"] = "ca"


async def _ended(office: Office, **given: object) -> str:
    session = await office.scheduled(**given)
    await office.register(session)
    await office.staff("POST", f"/sessions/{session}/end", {})
    return session


async def test_with_nothing_yet_no_page_is_a_dead_end(office: Office) -> None:
    for path in ("/", "/programmes/dijous", "/sessions"):
        page = await office.api.get(path)
        assert_page(page)
    home = words(await office.api.get("/"))
    assert "Encara no hi ha cap sessió al calendari." in home
    assert "Aquí trobareu la gravació" in home
    assert 'href="/proposals/new"' in (await office.api.get("/")).text
    assert 'href="/proposals/new?programme=dijous"' in (await office.api.get("/programmes/dijous")).text


async def test_the_next_session_stands_first_with_when_and_how(office: Office) -> None:
    await office.scheduled(title={"ca": "La segona"}, starts_at="2026-12-17T10:00:00+01:00")
    await office.scheduled(title={"ca": "La primera"}, capacity=20)
    off = await office.scheduled(title={"ca": "L'anul·lada"}, starts_at="2026-12-01T10:00:00+01:00")
    await office.staff("POST", f"/sessions/{off}/cancel", {})
    for path in ("/", "/programmes/dijous"):
        page = await office.api.get(path)
        assert_page(page)
        text = words(page)
        assert text.index("La primera") < min(text.index("La segona"), text.index("L'anul·lada"))
        assert "dijous 3 de desembre de 2026, 10.00 h (hora d'Europa central)" in text
        assert "Queden 20 places" in text
        assert "ordinador amb càmera" in text
        assert "Microsoft Teams" in text
        assert "no s'acrediten com a formació" in text
        assert "Sessió anul·lada" in text


async def test_a_text_in_another_language_than_the_page_s_says_so(office: Office) -> None:
    title = "Treu-li <b>suc</b> a l'eina"
    session = await office.scheduled(title={"ca": title}, description={"ca": "De què va", "en": "What it is about"})
    said = '<span lang="ca">Treu-li &lt;b&gt;suc&lt;/b&gt; a l&#39;eina</span>'
    page = await office.api.get(f"/sessions/{session}?lang=en")
    assert f"<h1>{said}" in page.text
    assert '<p class="lines">What it is about</p>' in page.text
    assert '<span lang="ca">' not in page.text.partition("</title>")[0]
    for path in ("/", "/sessions", "/programmes/dijous"):
        assert f'<h3><a href="/sessions/{session}">{said}</a>' in (await office.api.get(f"{path}?lang=en")).text, path
    assert '<span lang="' not in (await office.api.get(f"/sessions/{session}?lang=ca")).text


@pytest.mark.parametrize(("language", "own"), [("en", "ca"), ("es", "es")])
async def test_what_search_engines_read_names_the_language_of_the_title(
    office: Office, language: str, own: str
) -> None:
    session = await office.scheduled(title={"ca": "Eina de seguiment", "es": "Herramienta de seguimiento"})
    page = await office.api.get(f"/sessions/{session}?lang={language}")
    data = json.loads(page.text.partition('<script type="application/ld+json">')[2].partition("</script>")[0])
    assert data["inLanguage"] == own


async def test_public_pages_say_what_is_shown_where_they_are_shared(office: Office) -> None:
    session = await office.scheduled(title={"ca": '«Suc» & "bytes"'})
    for path, called in (
        ("/", "Sessions per als ens locals"),
        ("/sessions", "Sessions"),
        (f"/sessions/{session}", '«Suc» & "bytes"'),
        ("/programmes/dijous", "Dijous GOmunicipal"),
        ("/accessibility", "Declaració d'accessibilitat"),
        ("/privacy", "Privadesa"),
        ("/legal", "Avís legal"),
    ):
        page = await office.api.get(path, headers={"accept-language": "ca"})
        assert_shared(page, SITE + path, called)
    again = await office.api.post(f"/sessions/{session}/register", data={})
    assert shared_as(again)["canonical"] == f"{SITE}/sessions/{session}"
    assert shared_as(await office.api.get(f"/sessions/{session}/registered")) == {}
    assert shared_as(await office.api.get("/sessions/nothing")) == {}


async def test_past_sessions_are_an_archive_with_recording_materials_and_results(office: Office) -> None:
    session = await _ended(office)
    await office.staff("POST", f"/sessions/{session}/materials", RECORDING)
    results = ResultsPublished(version=9, session_id=session, programme="dijous", answers=5, questions={})
    await office.use_cases.known.results.apply(KnownResult.from_event(results))
    office.clock.move(days=8)
    for path in ("/", "/programmes/dijous", "/sessions", f"/sessions/{session}"):
        page = await office.api.get(path)
        for address in ("https://video.example/1", "https://m.example/1", f"/results/{session}"):
            assert f'href="{address}"' in page.text, (path, address)
        assert f'action="/sessions/{session}/register"' not in page.text


async def test_a_recording_is_promised_while_it_may_come_and_no_longer(office: Office) -> None:
    session = await _ended(office)
    assert "seran aquí tan bon punt" in words(await office.api.get(f"/sessions/{session}"))
    office.clock.move(days=61)
    page = words(await office.api.get(f"/sessions/{session}"))
    assert "tan bon punt" not in page
    assert "No se'n va publicar cap gravació ni cap material." in page
    await office.staff("POST", f"/sessions/{session}/materials", RECORDING)
    assert "No se'n va publicar" not in words(await office.api.get(f"/sessions/{session}"))


async def test_results_are_not_linked_before_they_are_published(office: Office) -> None:
    session = await _ended(office)
    assert "/results/" not in (await office.api.get(f"/sessions/{session}")).text.partition("<main")[2]


async def test_the_search_forgives_accents_and_finds_beginnings(office: Office) -> None:
    await office.scheduled(title={"ca": "La transparència, pas a pas"}, description={"ca": "Col·lecció de dubtes"})
    await office.scheduled(title={"ca": "Contractes menors"})
    for query, found in (("TRANSPARENCIA", 1), ("coleccio dubt", 0), ("colleccio dubt", 1), ("menors pas", 0), ("", 2)):
        page = await office.api.get("/sessions", params={"q": query})
        assert_page(page)
        assert f"{found} sessi" in words(page), query
    nothing = await office.api.get("/sessions", params={"q": "<b>res"})
    assert "No s'ha trobat cap sessió." in words(nothing)
    assert "<b>res" not in nothing.text


async def test_the_list_is_filtered_by_programme_and_year(office: Office) -> None:
    await office.staff("POST", "/programmes", {"slug": "pilot", "name": {"ca": "Pilot"}, "kind": "cohort"}, expect=201)
    await office.scheduled(title={"ca": "Una"}, starts_at="2027-01-01T00:30:00+01:00")
    await office.scheduled(title={"ca": "Dues"})
    await office.scheduled(title={"ca": "Tres"}, programme="pilot")
    for asked, there in (
        ({"year": "2027"}, {"Una"}),  # by the programme's clock, not by UTC's
        ({"programme": "pilot"}, {"Tres"}),
        ({"programme": "dijous", "year": "2026"}, {"Dues"}),
        ({"page": "nonsense", "year": "x"}, set()),
    ):
        text = words(await office.api.get("/sessions", params=asked))
        assert {title for title in ("Una", "Dues", "Tres") if f" {title} " in text} == there, asked


async def test_a_long_list_is_leafed_through_without_losing_the_search(office: Office) -> None:
    begin = datetime.fromisoformat("2026-12-03T10:00:00+01:00")
    for number in range(23):
        starts_at = (begin + timedelta(days=number)).isoformat()
        await office.scheduled(title={"ca": f"Dubte {number:02}"}, starts_at=starts_at)
    first = await office.api.get("/sessions?q=dubte")
    assert "Dubte 00" in words(first)
    assert "Dubte 20" not in words(first)
    assert 'href="/sessions?q=dubte&amp;page=2"' in first.text
    second = words(await office.api.get("/sessions?q=dubte&page=2"))
    assert [f"Dubte {number:02}" in second for number in (19, 20, 21, 22)] == [False, True, True, True]


async def test_the_list_has_what_comes_the_next_first_and_then_the_past_the_latest_first(office: Office) -> None:
    for name, starts_at in (
        ("Primera", "2026-11-27T10:00:00+01:00"),
        ("Segona", "2026-11-28T10:00:00+01:00"),
        ("Tercera", "2026-12-03T10:00:00+01:00"),
        ("Cinquena", "2027-01-28T10:00:00+01:00"),
    ):
        await office.scheduled(title={"ca": name}, starts_at=starts_at)
    off = await office.scheduled(title={"ca": "Quarta"}, starts_at="2026-12-10T10:00:00+01:00")
    await office.staff("POST", f"/sessions/{off}/cancel", {})
    office.clock.move(days=7, minutes=30)
    page = words(await office.api.get("/sessions"))
    read = ("Properes sessions", "Tercera", "Quarta", "Cinquena", "Sessions anteriors", "Segona", "Primera")
    assert [page.index(part) for part in read] == sorted(page.index(part) for part in read)
    assert "Tercera En curs" in page
    assert "Quarta Sessió anul·lada dijous 10 de desembre de 2026, 10.00" in page, "when it would have been"
    only_past = words(await office.api.get("/sessions?q=segona"))
    assert "Properes sessions" not in only_past


@pytest.mark.parametrize(("capacity", "may_register"), [(None, True), (1, False)])
async def test_a_session_under_way_is_called_so_and_says_until_when_one_may_register(
    office: Office, capacity: int | None, may_register: bool
) -> None:
    session = await office.scheduled(capacity=capacity)
    await office.register(session)
    office.clock.move(days=7, minutes=10)
    home, page = words(await office.api.get("/")), await office.api.get(f"/sessions/{session}")
    assert "Sessió en curs Treu-li suc En curs" in home
    assert "Propera sessió" not in home
    assert_page(page)
    assert "La sessió ha començat." in words(page)
    assert ("Encara us hi podeu inscriure fins que acabi (11.00" in words(page)) is may_register
    assert ('id="registering"' in page.text) is may_register
    assert ("Inscriu-m'hi" in home) is may_register
    for text in (home, words(page)):
        assert ("No queden places" in text) is not may_register
        assert "llista d'espera" not in text
    office.clock.move(hours=1)
    over = words(await office.api.get(f"/sessions/{session}"))
    assert "En curs" not in over
    assert "La sessió ha començat." not in over


async def test_the_language_is_switched_on_the_same_page(office: Office) -> None:
    await office.scheduled()
    page = await office.api.get("/sessions?q=suc")
    assert 'href="?q=suc&amp;lang=es"' in page.text
    switched = await office.api.get("/sessions?q=suc&lang=es")
    assert_page(switched, language="es")
    assert_page(await office.api.get("/"), language="es")


@pytest.mark.parametrize("language", ["ca", "es", "en"])
@pytest.mark.parametrize("path", ["/accessibility", "/privacy", "/legal"])
async def test_notices_are_there_in_every_language_and_name_the_organiser(
    office: Office, path: str, language: str
) -> None:
    change = {"organiser": "Consorci <Exemple>", "reply_to": "oficina@consorci.example"}
    await office.staff("PATCH", "/programmes/dijous", change)
    page = await office.api.get(path, headers={"accept-language": language})
    assert_page(page, language=language)
    assert "Consorci <Exemple>" in words(page)
    assert "mailto:oficina@consorci.example" in page.text


async def test_the_accessibility_statement_follows_the_model_and_claims_no_tests_that_nobody_made(
    office: Office,
) -> None:
    page = await office.api.get("/accessibility")
    assert re.findall(r"<h2>(.*?)</h2>", page.text) == [
        "Situació de compliment",
        "Contingut no accessible",
        "Preparació d'aquesta declaració",
        "Observacions i dades de contacte",
        "Procediment d'aplicació",
    ]
    assert "es va preparar el dijous 26 de novembre de 2026." in words(page)
    assert "Es va revisar per darrera vegada el " in words(page)
    assert "No inclou proves fetes per persones" in words(page)


async def test_a_session_is_described_for_search_engines_with_its_state(office: Office) -> None:
    session = await office.scheduled(description={"ca": "</script><script>alert(1)</script>"}, capacity=20)

    async def told() -> dict[str, object]:
        page = await office.api.get(f"/sessions/{session}")
        assert_page(page)
        data: dict[str, object] = json.loads(data_of(page))
        return data

    first = await told()
    assert first["eventStatus"] == "https://schema.org/EventScheduled"
    assert first["eventAttendanceMode"] == "https://schema.org/OnlineEventAttendanceMode"
    assert first["startDate"] == "2026-12-03T09:00:00+00:00"
    assert first["description"] == "</script><script>alert(1)</script>"
    await office.staff("POST", f"/sessions/{session}/reschedule", {"starts_at": "2026-12-10T10:00:00+01:00"})
    moved = await told()
    assert moved["eventStatus"] == "https://schema.org/EventRescheduled"
    assert moved["previousStartDate"] == "2026-12-03T09:00:00+00:00"
    await office.staff("POST", f"/sessions/{session}/cancel", {"reason": {"ca": "Vaga <b>general</b>"}})
    assert (await told())["eventStatus"] == "https://schema.org/EventCancelled"
    page = await office.api.get(f"/sessions/{session}")
    assert "Vaga <b>general</b>" in words(page)
    assert "<form" not in page.text.partition("<main")[2]


async def test_what_is_not_there_is_answered_by_a_page(office: Office) -> None:
    for path in ("/sessions/nothing", "/sessions/", "/programmes/nothing", "/nothing", "/sessions/nothing/registered"):
        page = await office.api.get(path)
        assert_page(page, 404)
        assert 'href="/"' in page.text
    assert title(await office.api.get("/programmes/nothing")).startswith("Aquest programa no existeix.")


async def test_machines_find_the_public_pages_and_no_personal_one(office: Office) -> None:
    session = await office.scheduled()
    sitemap = (await office.api.get("/sitemap.xml")).text
    robots = (await office.api.get("/robots.txt")).text
    assert f"<loc>https://dijous.example/sessions/{session}</loc>" in sitemap
    assert "<loc>https://dijous.example/programmes/dijous</loc>" in sitemap
    for path in ("/registration/", "/join/", "/survey/", "/support/", "/preferences/", "/office", "/api/"):
        assert f"Disallow: {path}\n" in robots
        assert path not in sitemap
    for path in ("/sitemap.xml", "/proposals/sitemap.xml", "/results/sitemap.xml"):
        assert f"Sitemap: https://dijous.example{path}\n" in robots


async def test_browsers_find_the_icon_that_pages_name_and_the_one_that_they_ask_for_unasked(office: Office) -> None:
    named = re.search(r'<link rel="icon" href="([^"]+)"', (await office.api.get("/")).text)
    assert named
    for path in (named[1], "/favicon.ico"):
        icon = await office.api.get(path)
        assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml"), path
        assert fromstring(icon.text).tag.endswith("svg")
        assert len(icon.content) < 1000
        assert "public" in icon.headers["cache-control"]
