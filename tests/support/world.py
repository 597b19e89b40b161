"""A small world in an installation: a programme, sessions in every state, people, a survey, results, proposals."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.support.embedded import Embedded
from tests.support.links import Reader
from tests.support.probes import eventually

PROGRAMME = "dijous-gomunicipal"
PILOT = "pilot-decidim"
"""A cohort; who registers comes from its members."""
OFFER = f"{PROGRAMME}:suport"
ABRERA, ALAMUS = "0800180001", "2500450006"
RESOURCE = "transparencia"
JOIN_URL = "https://teams.example/secret-meeting"
ANSWERS = {"content": 9, "duration": 8, "understood": 10, "applicable": 7}
A, B, C = "aina@abrera.example", "biel@alamus.example", "carla@alamus.example"
PEOPLE = {A: ("Aina Amat", ABRERA), B: ("Biel Bosch", ALAMUS), C: ("Carla Coll", ALAMUS)}
"""The links of C are for tests that may use them up."""
GONE = "dolors@alamus.example"
"""Who registered and had everything erased."""
ANSWERING = {"published": 10, "earlier": 5, "few": 1}
"""How many answer the survey of a session whose results are published: enough for all, for means, for nothing."""


@dataclass
class World:
    """What is there, by name; personal links as paths, by address."""

    installation: Embedded
    sessions: dict[str, str] = field(default_factory=dict)
    """By what they are: `coming`, `full`, `soon`, `cancelled`, `fresh` (nobody has registered), `ended` (its survey is
    open), `published`, `earlier`, `few` (the results of these three are published). The `fresh` one was moved."""
    links: dict[str, dict[str, str]] = field(default_factory=dict)
    """By purpose, then address: `/registration/…` (in the session `coming`), `/join/…` (in `soon`), `/survey/…`,
    `/support/…`, `/following/…`, `/preferences/…`, `/membership/…`,
    `/petition/…`."""
    standings: dict[str, str] = field(default_factory=dict)
    """Paths of one's own registration by how it stands: `soon` (time to join), `waiting`, `given up`, `over`,
    `called off`, `erased`; of the button to join: `early`, `late`, `off`; of a survey: `answered`, `closed`; of a
    support: `supported`; of the mails to oneself: `stopped`."""
    petitions: dict[str, str] = field(default_factory=dict)
    """By address. That of B is offered a place."""
    proposals: dict[str, str] = field(default_factory=dict)
    """By what they are: `received`, `declined`, `merged` (into the received one), `scheduled`, `answered`."""

    def link(self, purpose: str, email: str = A) -> str:
        """The path of a personal link."""
        return self.links[purpose][email]


async def make_world(installation: Embedded) -> World:
    """Everything through the API, as an office would."""
    world = World(installation)
    await installation.staff("POST", "/programmes", _programme())
    for name, starts_in, capacity in (
        ("few", 0.4, None),
        ("earlier", 0.7, None),
        ("published", 1, None),
        ("ended", 2, None),
        ("soon", 0.1, None),
        ("coming", 240, 30),
        ("full", 264, 1),
        ("cancelled", 288, None),
        ("fresh", 312, 20),
    ):
        world.sessions[name] = await schedule(installation, name, timedelta(hours=starts_in), capacity)
    await _move(world)
    await _fill(world)
    await _stand(world)
    await _end(world)
    await _propose(world)
    await _petition(world)
    await _catalogue(installation)
    await _accompany(world)
    return world


async def _catalogue(installation: Embedded) -> None:
    """A resource that is offered, one that is not any more, and what a council did with them."""
    limits = {"kinds": ["municipality", "comarcal_council"], "population_max": 5000, "per_entity": 1}
    resources = [
        {"slug": RESOURCE, "name": {"ca": "Gestió de la transparència municipal"}, **limits},
        {"slug": "publicacio", "name": {"ca": "Publicació automatitzada d'informació"}, "years": [2019, 2020]},
    ]
    for resource in resources:
        await installation.staff("POST", "/resources", resource)
    days = {"requested_on": "2024-02-01", "finished_on": "2024-03-03"}
    await installation.staff("PUT", f"/assistances/{RESOURCE}/{ALAMUS}", {"reference": "2024/118", **days})
    await installation.staff("PUT", f"/assistances/publicacio/{ALAMUS}", {"requested_on": "2019-05-06"})


async def schedule(
    installation: Embedded, name: str, starts_in: timedelta, capacity: int | None = None, **more: Any
) -> str:
    """Schedule a session; its id."""
    body = {
        "programme": PROGRAMME,
        "title": {"ca": f"Treu-li suc a l'eina de seguiment ({name})", "es": f"Saque jugo a la herramienta ({name})"},
        "description": {"ca": "Dubtes recurrents sobre la publicació activa.\n\nCal un ordinador amb càmera."},
        "starts_at": installation.minute(starts_in).isoformat(),
        "duration_minutes": 60,
        "capacity": capacity,
        "join_url": JOIN_URL,
        **more,
    }
    return str((await installation.staff("POST", "/sessions", body))["id"])


async def register(installation: Embedded, session: str, email: str, *, by_office: bool = False, **more: Any) -> None:
    """Register a person."""
    call = installation.staff if by_office else installation.public
    name, entity = PEOPLE.get(email, ("Núria Puig", ALAMUS))
    body = {"name": name, "email": email, "entity": entity, "role": "Secretària", "language": "ca", "consent": True}
    await call("POST", f"/sessions/{session}/registrations", {**body, **more})


def respondent(number: int) -> str:
    """The address of one of those who answer surveys."""
    return f"p{number}@alamus.example"


def _programme() -> dict[str, Any]:
    name = {"ca": "Dijous GOmunicipal", "es": "Jueves GOmunicipal", "en": "GOmunicipal Thursdays"}
    return {"slug": PROGRAMME, "name": name, "kind": "series", "time_zone": "Europe/Madrid", "organiser": "Consorci"}


async def _move(world: World) -> None:
    later = {"starts_at": world.installation.minute(timedelta(hours=336)).isoformat()}
    await world.installation.staff("POST", f"/sessions/{world.sessions['fresh']}/reschedule", later)


async def _fill(world: World) -> None:
    installation = world.installation
    for email in PEOPLE:
        for name in ("ended", "cancelled", "full", "coming", "soon"):
            await register(installation, world.sessions[name], email)
    for name, people in ANSWERING.items():
        for number in range(people):
            await register(installation, world.sessions[name], respondent(number))
    await register(installation, world.sessions["ended"], respondent(0))
    for email in PEOPLE:
        for purpose, words in (("registration", "(coming)"), ("join", "(soon)")):
            mail = await _mail_about(world, "confirmation", email, words)
            world.links.setdefault(purpose, {})[email] = installation.link(mail, purpose)
    await _mail_about(world, "confirmation", A, "(cancelled)")  # before it applies no more
    await installation.staff("POST", f"/sessions/{world.sessions['cancelled']}/cancel", {"reason": {"ca": "Vaga."}})


async def _stand(world: World) -> None:
    """The links of registrations that are not simply a seat in a session days ahead."""
    installation = world.installation
    for name, kind, email, words, purpose in (
        ("soon", "confirmation", A, "(soon)", "registration"),
        ("waiting", "waiting_list", C, "(full)", "registration"),
        ("given up", "waiting_list", B, "(full)", "registration"),
        ("over", "confirmation", A, "(ended)", "registration"),
        ("called off", "confirmation", A, "(cancelled)", "registration"),
        ("early", "confirmation", A, "(coming)", "join"),
        ("late", "confirmation", A, "(ended)", "join"),
        ("off", "confirmation", A, "(cancelled)", "join"),
    ):
        mail = await _mail_about(world, kind, email, words)
        world.standings[name] = installation.link(mail, purpose).partition("?")[0]
    await installation.public("DELETE", f"/registrations/{world.standings['given up'].rpartition('/')[2]}")
    await register(installation, world.sessions["coming"], GONE)
    mail = await _mail_about(world, "confirmation", GONE, "(coming)")
    world.standings["erased"] = installation.link(mail, "registration").partition("?")[0]
    await _erase(world, world.standings["erased"])


async def _erase(world: World, path: str) -> None:
    """As the person does, by the form."""
    async with Reader(base_url=world.installation.url) as browser:
        page = await browser.get(f"{path}/erase")
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
        assert token, page.text
        done = await browser.post(f"{path}/erase", data={"csrf": token[1]})
        assert done.status_code == 303, done.text


async def _end(world: World) -> None:
    installation, sessions = world.installation, world.sessions
    for name in ("ended", *ANSWERING):
        await installation.staff("POST", f"/sessions/{sessions[name]}/end", {})
    material = {"title": "Presentació", "url": "https://materials.example/presentacio.pdf"}
    body = {"recording_url": "https://video.example/1", "materials": [material]}
    await installation.staff("POST", f"/sessions/{sessions['published']}/materials", body)
    for email in PEOPLE:
        mail = await installation.mail("survey", email)
        world.links.setdefault("survey", {})[email] = installation.link(mail, "survey")
    for name, people in ANSWERING.items():
        for number in range(people):
            world.standings["closed"] = await _answer(world, name, respondent(number))
        await installation.staff("POST", f"/results/{sessions[name]}/publish", {})
    world.standings["answered"] = await _answer(world, "ended", respondent(0))


async def _answer(world: World, session: str, email: str) -> str:
    """Answer a session's survey; the path of the link, which is used now."""
    mail = await _mail_about(world, "survey", email, f"({session})")
    path = world.installation.link(mail, "survey").partition("?")[0]
    answers = {"answers": ANSWERS, "comment": "Molt clar."}
    await world.installation.public("POST", f"/surveys/{path.rpartition('/')[2]}", answers)
    return path


async def _propose(world: World) -> None:
    installation, proposals = world.installation, world.proposals
    for name in ("received", "declined", "merged", "scheduled", "answered"):
        body = {"programme": PROGRAMME, "title": f"Publicar les actes del ple ({name})", "body": "Com?", "email": A}
        proposals[name] = (await installation.public("POST", "/proposals", body))["id"]
    for name, step, words in (
        ("declined", "decline", {"reason": "Ja és al web."}),
        ("merged", "merge", {"into": proposals["received"]}),
        ("scheduled", "schedule", {"session": world.sessions["coming"]}),
        ("answered", "answer", {"reason": "Cinc anys, com a mínim."}),
    ):
        await installation.staff("POST", f"/proposals/{proposals[name]}/{step}", words)
    await _follow(world)


async def _follow(world: World) -> None:
    """Ask for the links of supports and of mails; one of each is used."""
    installation = world.installation
    for email in PEOPLE:
        await installation.public("POST", f"/proposals/{world.proposals['received']}/supports", {"email": email})
        mail = await installation.mail("support_confirmation", email)
        for purpose in ("support", "following"):
            world.links.setdefault(purpose, {})[email] = installation.link(mail, purpose)
        world.links.setdefault("preferences", {})[email] = await _preferences(world, email, "session_cancelled")
    world.standings["supported"] = world.link("support", B).partition("?")[0]
    await installation.public("POST", f"/supports/{world.standings['supported'].rpartition('/')[2]}", {})
    world.standings["stopped"] = await _preferences(world, respondent(9), "survey")
    stopped = await installation.api.post(world.standings["stopped"], data={"List-Unsubscribe": "One-Click"})
    assert stopped.status_code == 200, stopped.text


async def _preferences(world: World, email: str, kind: str) -> str:
    mail = await world.installation.mail(kind, email)
    return world.installation.path_in(mail["headers"].get("List-Unsubscribe", ""), "preferences").partition("?")[0]


async def _petition(world: World) -> None:
    """An offer under which all have asked; B is offered a place."""
    installation = world.installation
    questions = [
        {"key": "why", "text": {"ca": "Per què ho voleu?"}, "kind": "text"},
        {"key": "hours", "text": {"ca": "Hores de dedicació a la setmana"}, "kind": "number", "weight": 6},
        {"key": "plan", "text": {"ca": "Teniu un pla de participació?"}, "kind": "yes_no", "weight": 2},
    ]
    offer = {"programme": PROGRAMME, "slug": "suport", "title": {"ca": "Suport a mida"}, "questions": questions}
    await installation.staff("POST", "/offers", {**offer, "places": 3, "rule": {"provinces": ["Lleida"]}})
    for email, (name, entity) in PEOPLE.items():
        body = {"name": name, "email": email, "entity": entity, "role": "Secretària", "consent": True}
        answers = {"why": "Per publicar bé.", "hours": "5", "plan": "yes"}
        await installation.public("POST", f"/offers/{OFFER}/petitions", {**body, "answers": answers})
        mail = await installation.mail("petition_received", email)
        world.links.setdefault("petition", {})[email] = installation.link(mail, "petition")
    for petition in (await installation.staff("GET", "/petitions"))["items"]:
        world.petitions[petition["email"]] = petition["id"]
    await installation.staff("POST", f"/petitions/{world.petitions[B]}/decide", {"state": "offered"})


async def _mail_about(world: World, kind: str, email: str, words: str) -> dict[str, Any]:
    """Wait for the mail of that kind whose subject holds the words."""
    found: list[dict[str, Any]] = []

    async def check() -> None:
        mails = await world.installation.mails(email)
        found[:] = [mail for mail in mails if mail["kind"] == kind and words in mail["subject"]]
        assert found, f"no {kind} about {words} to {email}, only {[(mail['kind'], mail['subject']) for mail in mails]}"

    await eventually(check, within=20, every=0.1)
    return found[-1]


async def _accompany(world: World) -> None:
    """A cohort whose members are the entities of the people, who are their contacts."""
    installation = world.installation
    programme = {"slug": PILOT, "name": {"ca": "Pilot de Decidim"}, "kind": "cohort", "members_public": True}
    await installation.staff("POST", "/programmes", programme)
    for entity in (ABRERA, ALAMUS):
        people = [{"name": name, "email": email} for email, (name, of) in PEOPLE.items() if of == entity]
        body = {"programme": PILOT, "entity": entity, "reason": "Acord de la xarxa", "contacts": people}
        await installation.staff("POST", "/memberships", body)
    step = {"text": "Nomenar les persones administradores", "due_on": "2099-01-31"}
    await installation.staff("PATCH", f"/memberships/{PILOT}:{ABRERA}", {"next_step": step})
    for email in PEOPLE:
        mail = await installation.mail("membership_started", email)
        world.links.setdefault("membership", {})[email] = installation.link(mail, "membership")
