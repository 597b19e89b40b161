"""Stories of support, of a cohort and of incidents, over real processes, and what is erased of their people."""

import csv
import io
import re
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from shared.staff import Role, StaffMember
from shared.web.csrf import CSRF_COOKIE
from shared.web.staff_cookie import SESSION_COOKIE
from tests.conftest import NO_LIMITS_FOR_THIS_MACHINE
from tests.support.embedded import Embedded, running_embedded
from tests.support.forms import Visitor
from tests.support.links import Reader
from tests.support.office import office_cookie
from tests.support.people import finds, jetstream, kept_of, messages, person, stored
from tests.support.probes import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALAMUS, ALBATARREC, REUS, AIGUAMURCIA, ABRERA = "2500450006", "2500770005", "4312330008", "4300170005", "0800180001"
MAILBOX = "xarxa@tarragona.example"
BODIES = [
    {"key": "lleida", "name": "Diputació de Lleida", "mailbox": "xarxa@lleida.example", "provinces": ["Lleida"]},
    {
        "key": "tarragona",
        "name": "Diputació de Tarragona",
        "mailbox": MAILBOX,
        "provinces": ["Tarragona"],
    },
]
PHASES = ("training", "design", "rollout", "execution")
DOUBT = "Com es publiquen els convenis antics?"
VIDEO = "https://video.example/convenis"
CANARY, NAME = "canary.bird@alamus.example", "Canària Ocell"
OTHER, OTHER_NAME = "other.bird@abrera.example", "Altra Persona"
QUESTION = {"key": "doubt", "text": {"ca": "Quin dubte teniu?"}, "kind": "text"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def installation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Embedded]:
    settings = {**NO_LIMITS_FOR_THIS_MACHINE, "DIJOUS_SWEEP_SECONDS": "0.5", "DIJOUS_COMPACT_SECONDS": "0.5"}
    async with running_embedded(tmp_path_factory.mktemp("support"), **settings) as installation:
        yield installation


def member_of(installation: Embedded, body: str = "") -> Visitor:
    """Somebody of the office, or of a body's staff, at the pages."""
    member = StaffMember("m", "Marta Vila", Role.EDITOR if body else Role.ADMIN, body=body)
    value = office_cookie(installation.secret, installation.clock, member)
    cookies = {SESSION_COOKIE: value, CSRF_COOKIE: secrets.token_urlsafe(32)}
    return Visitor(installation.api, {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())})


async def seen(visitor: Visitor, path: str, *, status: int = 200) -> str:
    """The words of a page."""
    answer = await visitor.api.get(path, headers={**visitor.headers, "accept": "text/html"})
    assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text[-2000:]}"
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).replace("&#39;", "'").split())


async def define(installation: Embedded, slug: str, kind: str) -> None:
    body = {"slug": slug, "name": {"ca": f"Programa {slug}"}, "kind": kind, "bodies": BODIES}
    await installation.staff("POST", "/programmes", body)


async def publish(installation: Embedded, programme: str, slug: str, **terms: Any) -> str:
    """The id of an offer."""
    body = {"programme": programme, "slug": slug, "title": {"ca": f"Oferta {slug}"}, "questions": [QUESTION], **terms}
    return str((await installation.staff("POST", "/offers", body))["id"])


def contact(entity: str, **given: str) -> dict[str, str]:
    return {"name": f"Persona de {entity}", "email": f"persona@{entity}.example", "role": "Secretària", **given}


async def ask(installation: Embedded, offer: str, entity: str, **given: str) -> Any:
    """What is found of the entity whose contact asks."""
    body = {**contact(entity, **given), "entity": entity, "consent": True, "answers": {"doubt": DOUBT}}
    return (await installation.public("POST", f"/offers/{offer}/petitions", body))["findings"]


async def petition(installation: Embedded, offer: str, entity: str) -> Any:
    """The last petition of an entity, as the office sees it."""
    found = await installation.staff("GET", f"/petitions?offer={offer}")
    return next(each for each in found["items"] if each["entity"] == entity)


async def decide(installation: Embedded, offer: str, entity: str, state: str, reason: str = "") -> None:
    key = (await petition(installation, offer, entity))["id"]
    await installation.staff("POST", f"/petitions/{key}/decide", {"state": state, "reason": reason})


async def schedule(installation: Embedded, programme: str, **given: Any) -> str:
    body = {
        "programme": programme,
        "title": {"ca": f"Trobada de {programme}"},
        "starts_at": installation.minute(timedelta(days=5)).isoformat(),
        "join_url": "https://teams.example/sala",
        **given,
    }
    return str((await installation.staff("POST", "/sessions", body))["id"])


async def test_support_is_for_who_finished_the_resource_and_its_doubts_reach_a_session_and_its_recording(
    installation: Embedded,
) -> None:
    await define(installation, "suport", "series")
    await installation.staff("POST", "/resources", {"slug": "transparencia", "name": {"ca": "Transparència"}})
    requested = {"requested_on": "2024-02-01"}
    await installation.staff("PUT", f"/assistances/transparencia/{REUS}", requested)
    await installation.staff("PUT", f"/assistances/transparencia/{ALAMUS}", {**requested, "finished_on": "2024-03-03"})
    offer = await publish(installation, "suport", "a-mida", rule={"finished_any": ["transparencia"]})

    found = {code: await ask(installation, offer, code) for code in (ABRERA, REUS, ALAMUS)}
    assert {code: [each["passed"] for each in one] for code, one in found.items()} == {
        ABRERA: [False],
        REUS: [False],
        ALAMUS: [True],
    }
    for code, words in (
        (ABRERA, "No consta que s'hagi finalitzat cap d'aquests recursos: Transparència."),
        (REUS, "no consta que l'hagi finalitzat."),
        (ALAMUS, "L'ajuntament va finalitzar «Transparència» el 3 de març de 2024."),
    ):
        mail = await installation.mail("petition_received", contact(code)["email"])
        said = " ".join(mail["text"].split())
        assert words in said, said

    await decide(installation, offer, ABRERA, "declined", "Cal haver fet abans la formació.")
    await decide(installation, offer, ALAMUS, "accepted")
    await installation.mail("petition_declined", contact(ABRERA)["email"])
    accepted = await installation.mail("petition_accepted", contact(ALAMUS)["email"])
    assert "La vostra petició s'ha acceptat." in await seen(
        Visitor(installation.api, {}), installation.link(accepted, "petition")
    )

    office, session = member_of(installation), await schedule(installation, "suport")
    person = {**contact(ALAMUS), "entity": ALAMUS, "language": "ca", "consent": True}
    await installation.public("POST", f"/sessions/{session}/registrations", person)
    prepare = f"/office/sessions/{session}/prepare"
    shown = await seen(office, prepare)
    assert shown.count(DOUBT) == 1
    assert "Ajuntament dels Alamús" in shown
    assert "amb suport" in await seen(office, f"/office/sessions/{session}/registrations")
    assert await office.done(prepare, {}, to="/treat") == prepare
    assert DOUBT not in await seen(office, prepare)

    await installation.staff("POST", f"/sessions/{session}/end", {})
    await installation.staff("POST", f"/sessions/{session}/materials", {"recording_url": VIDEO})
    assert VIDEO in (await installation.mail("materials", contact(ALAMUS)["email"]))["text"]
    for code in (ABRERA, REUS):
        assert "materials" not in [mail["kind"] for mail in await installation.mails(contact(code)["email"])]


async def test_councils_advance_at_their_pace_and_their_meetings_are_for_them_alone(installation: Embedded) -> None:
    await define(installation, "pilot", "cohort")
    councils = (ALAMUS, ALBATARREC, REUS, AIGUAMURCIA)
    for number, code in enumerate(councils):
        body = {"programme": "pilot", "entity": code, "reason": "Acord", "contacts": [contact(code)]}
        await installation.staff("POST", "/memberships", body)
        for phase in PHASES[1 : number + 1]:
            await installation.staff("POST", f"/memberships/pilot:{code}/advance", {"phase": phase, "state": "doing"})
    listed = {each["entity"]: each for each in await installation.staff("GET", "/memberships?programme=pilot")}
    assert [listed[code]["phase"] for code in councils] == list(PHASES)
    assert [listed[code]["mentor"] for code in councils] == ["lleida", "lleida", "tarragona", "tarragona"]

    session = await schedule(installation, "pilot", audience="members")
    enrolled = await installation.staff("POST", f"/sessions/{session}/enrol", {})
    assert enrolled["enrolled"] == len(councils)
    stranger = Visitor(installation.api, {})
    for path in ("/", "/sessions", "/programmes/pilot", "/calendar.ics", "/feed.atom", "/api/v1/sessions"):
        assert "Trobada de pilot" not in (await installation.api.get(path)).text
    await seen(stranger, f"/sessions/{session}", status=404)
    for entity in (ABRERA, ALAMUS):  # also in the name of a council that it is for
        asked = {**contact(ABRERA), "entity": entity, "consent": True}
        refused = await installation.api.post(f"/api/v1/sessions/{session}/registrations", json=asked)
        assert refused.status_code == 404
    installation.move_clock(timedelta(days=5))
    mail = await installation.mail("confirmation", contact(ALAMUS)["email"])
    path = installation.link(mail, "join").partition("?")[0]
    await seen(stranger, f"{path[:-4]}AAAA", status=404)
    async with Reader(base_url=installation.url) as browser:
        assert "teams.example" not in (await browser.get(path)).text
        room = await Visitor(browser, {}).done(path, {})
        assert "teams.example" in (await browser.get(room)).text

    lleida = member_of(installation, "lleida")
    board = await seen(lleida, "/office/programmes/pilot/members")
    assert "Alamús" in board
    assert "Reus" not in board
    assert "Reus" not in await seen(lleida, "/office")
    await seen(lleida, f"/office/programmes/pilot/members/{ALAMUS}")
    await seen(lleida, f"/office/programmes/pilot/members/{REUS}", status=404)


async def test_a_second_wave_opens_and_an_incident_reaches_its_body_is_answered_and_counted(
    installation: Embedded,
) -> None:
    await define(installation, "xarxa", "series")
    second = installation.minute(timedelta(days=10))
    waves = [
        {"at": installation.minute(timedelta(days=-1)).isoformat(), "provinces": ["Lleida"]},
        {"at": second.isoformat(), "provinces": ["Tarragona"]},
    ]
    offer = await publish(installation, "xarxa", "incidencies", rule={"openings": waves}, answer_days=5)
    assert [each["passed"] for each in await ask(installation, offer, ALAMUS)] == [True]
    [early] = await ask(installation, offer, REUS, email="massa.aviat@reus.example")
    assert early["passed"] is False
    assert f"{second.day} de " in early["text"]["ca"]
    await installation.mail("petition_received", "massa.aviat@reus.example")

    installation.move_clock(timedelta(days=10))
    assert [each["passed"] for each in await ask(installation, offer, REUS)] == [True]
    incident = await petition(installation, offer, REUS)
    assert incident["owner"] == "tarragona"
    assigned = await installation.mail("petition_assigned", MAILBOX)
    assert "Persona de" not in str(assigned)
    assert DOUBT not in str(assigned)

    tarragona, lleida = member_of(installation, "tarragona"), member_of(installation, "lleida")
    page = f"/office/petitions/{incident['id']}"
    assert DOUBT in await seen(tarragona, page)
    await seen(lleida, page, status=403)
    assert "Reus" not in await seen(lleida, "/office/petitions?view=all")
    await tarragona.done(page, {"answer_text": "Ja funciona: era el certificat."}, to="/answer")
    answered = await installation.mail("petition_answered", contact(REUS)["email"])
    own = await seen(Visitor(installation.api, {}), installation.link(answered, "petition"))
    assert "Ja funciona: era el certificat." in own
    await _assert_counted(installation, tarragona)


async def _assert_counted(installation: Embedded, tarragona: Visitor) -> None:
    """In the list of its body, and in the year's report of the office."""

    table = (await installation.api.get("/office/petitions.csv", headers=tarragona.headers)).content
    rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))[1:]
    assert [(row[0], row[3], row[4]) for row in rows if row[2] == "Oferta incidencies"] == [
        ("Ajuntament de Reus", "rebuda", "Diputació de Tarragona"),
        ("Ajuntament de Reus", "resposta", "Diputació de Tarragona"),
    ]
    path = f"/office/programmes/xarxa/report.csv?year={installation.clock().year}"
    report = (await installation.api.get(path, headers=member_of(installation).headers)).text
    assert "Peticions respostes,1," in report, report
    assert "Peticions respostes dins del termini compromès,1," in report, report


async def test_nothing_is_left_of_who_asked_and_took_part(installation: Embedded) -> None:
    await define(installation, "canaris", "cohort")
    offer = await publish(installation, "canaris", "places", places=3)
    for code, email, name in ((ALAMUS, CANARY, NAME), (ABRERA, OTHER, OTHER_NAME)):
        await ask(installation, offer, code, email=email, name=name)
        mail = await installation.mail("petition_received", email)
        await decide(installation, offer, code, "offered")
        fields = {"name": name, "role": "Alcaldia"}
        async with Reader(base_url=installation.url) as browser:
            await Visitor(browser, {}).done(installation.link(mail, "petition"), fields, to="/accept")
        await installation.mail("petition_accepted", email)
    for each in (await installation.staff("GET", f"/petitions?offer={offer}"))["items"]:
        await installation.staff("POST", "/memberships", {"programme": "canaris", "petition": each["id"]})
    await installation.mail("membership_started", CANARY)

    kept = await kept_of(installation, CANARY)
    assert sorted(each["about"] for each in kept["registration"]["contacts"]) == ["membership", "petition"]
    assert sorted(each["about"] for each in kept["notifications"]["contacts"]) == ["membership", "petition"]
    assert [path for path, data in stored(installation) if finds(data, CANARY)]
    assert "nothing is kept any more" in await person(installation, "erase", CANARY, "--yes")

    client, js = await jetstream(installation)
    assert [path for path, data in stored(installation) if finds(data, CANARY, NAME)] == []
    assert [data for data in await messages(js) if finds(data, CANARY, NAME)] == []
    await client.close()
    left = await kept_of(installation, CANARY)
    assert not [found for of in left.values() for found in of.values() if found]
    others = await kept_of(installation, OTHER)
    assert others["registration"]["contacts"]
    assert len((await installation.staff("GET", f"/petitions?offer={offer}"))["items"]) == 2, "with their entity"


async def test_people_go_by_themselves_once_what_they_took_part_in_is_long_over(installation: Embedded) -> None:
    """It is looked for at the start, and then every few hours."""
    await installation.staff("PATCH", "/programmes/canaris", {"keep_people_days": 30})
    await installation.staff("PATCH", f"/memberships/canaris:{ABRERA}", {"state": "finished"})
    assert len((await kept_of(installation, OTHER))["registration"]["contacts"]) == 2
    installation.move_clock(timedelta(days=31))
    await installation.restart()

    async def nothing_is_kept() -> None:
        kept = await kept_of(installation, OTHER)
        assert not [found for of in kept.values() for found in of.values() if found]
        assert [path for path, data in stored(installation) if finds(data, OTHER, OTHER_NAME)] == []

    await eventually(nothing_is_kept, within=40, every=0.5)
