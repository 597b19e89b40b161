"""How payloads are written: by people into forms; the directory, which has no form, by a file."""

import csv
import io
from datetime import timedelta

from shared.staff import Role
from tests.security.attacks import LANGUAGES, SHARED, Attack
from tests.security.people import anybody, office_cookie
from tests.support.embedded import Embedded
from tests.support.forms import Visitor
from tests.support.probes import eventually
from tests.support.world import ANSWERS


class ByTheForms:
    """People, without scripts."""

    def __init__(self, installation: Embedded) -> None:
        self._installation = installation
        self._person = Visitor(installation.api, anybody(installation))
        self._office = Visitor(installation.api, office_cookie(installation, Role.ADMIN))

    async def make_programme(self, attack: Attack) -> None:
        texts = in_every_language(attack, "name", "summary", "audience")
        fields = {"slug": attack.programme, "tool": attack.payload, "organiser": attack.payload, **texts}
        await self._office.done("/office/programmes/new", {**fields, "kind": "series"})
        question = in_every_language(attack, "survey_questions_0_text")
        await self._office.done(f"/office/programmes/{attack.programme}/survey", question)
        wording = f"/office/mails/wording/{attack.programme}/confirmation/ca"
        await eventually(lambda: self._is_there(wording))
        words = {"introduction": attack.payload, "closing": attack.payload}
        await self._office.done(wording, {**words, "act": "save"})

    async def add_resource(self, attack: Attack) -> None:
        fields = {"slug": attack.programme, **in_every_language(attack, "name")}
        await self._office.done("/office/resources/new", fields)
        noted = {"reference": attack.payload[:100], "requested_on": "2024-02-01"}
        await self._installation.staff("PUT", f"/assistances/{attack.programme}/{attack.entity}", noted)

    async def ask_for_a_place(self, attack: Attack) -> None:
        """Under two offers, one of which is selected."""
        words, staff = attack.everywhere(), self._installation.staff
        question = {"key": "why", "text": words, "kind": "text", "weight": 1}
        terms = {"programme": attack.programme, "title": words, "text": words, "questions": [question], "places": 1}
        person = {"name": attack.payload, "role": attack.payload, "email": attack.email, "entity": attack.entity}
        for slug in ("asked", "chosen"):
            offer = (await staff("POST", "/offers", {**terms, "slug": slug}))["id"]
            asked = {**person, "consent": True, "answers": {"why": attack.payload}}
            await self._installation.public("POST", f"/offers/{offer}/petitions", asked)
        shown = await staff("POST", f"/offers/{offer}/select?dry_run=true", {})
        await staff("POST", f"/offers/{offer}/select", {"digest": shown["digest"]})

    async def accompany(self, attack: Attack) -> None:
        words, staff = attack.everywhere(), self._installation.staff
        phases = [{"key": key, "text": words} for key in ("first", "second")]
        body = {"key": "body", "name": attack.payload, "mailbox": "body@inj.example", "provinces": []}
        await staff("PATCH", f"/programmes/{attack.programme}", {"phases": phases, "bodies": [body]})
        contact = {"name": attack.payload, "role": attack.payload, "email": attack.email}
        started = {"programme": attack.programme, "entity": attack.entity, "reason": attack.payload}
        member = (await staff("POST", "/memberships", {**started, "contacts": [contact], "mentor": "body"}))["id"]
        step = {"phase": "first", "state": "done", "note": attack.payload}
        await staff("POST", f"/memberships/{member}/advance", step)
        due_on = self._installation.minute(timedelta(days=60)).date().isoformat()
        await staff("PATCH", f"/memberships/{member}", {"next_step": {"text": attack.payload, "due_on": due_on}})

    async def add_person(self, attack: Attack) -> None:
        person = {"name": attack.payload, "user_name": attack.email, "role": "viewer"}
        await self._office.done("/office/people", person)

    async def schedule(self, attack: Attack, after: timedelta) -> str:
        fields = {
            "programme": attack.programme, **in_every_language(attack, "title", "description"),
            "starts_at": self._installation.minute(after).replace(tzinfo=None).isoformat(), "join_url": attack.url,
        }  # fmt: skip
        return (await self._office.done("/office/sessions/new", fields)).rpartition("/")[2]

    async def register(self, attack: Attack, session: str) -> None:
        fields = {"name": attack.payload, "role": attack.payload, "email": attack.email, "consent": "1"}
        entity = {"entity": "", "entity_code": attack.entity}
        await self._person.done(f"/sessions/{session}", {**fields, **entity, "language": "ca"})

    async def propose(self, attack: Attack, what: str) -> str:
        fields = {"title": title_of(attack, what), "body": attack.payload, "email": attack.email}
        path = f"/proposals/new?programme={attack.programme}"
        answer = await self._person.send(path, fields)
        if answer.status_code == 200:  # it resembles one that is there: send it anyway
            answer = await self._person.send_again(answer)
        assert answer.status_code == 303, answer.text[-2000:]
        return str(answer.headers["location"]).partition("?")[0].rpartition("/")[2]

    async def cancel(self, attack: Attack) -> None:
        reason = in_every_language(attack, "reason")
        await self._office.done(f"/office/sessions/{attack.sessions['cancelled']}/cancel", reason)

    async def publish_materials(self, attack: Attack) -> None:
        fields = {"recording_url": attack.url, "material_0_title": attack.payload, "material_0_url": attack.url}
        await self._office.done(f"/office/sessions/{attack.sessions['ended']}/materials", fields)

    async def merge(self, attack: Attack) -> None:
        page = f"/office/proposals/{attack.proposals['merged']}?q=answered"
        await self._office.done(page, {"into": attack.proposals["answered"]}, to="/merge")

    async def answer(self, attack: Attack) -> None:
        await self._step(attack, "answered", "answer", {"answer": attack.payload})

    async def decline(self, attack: Attack) -> None:
        await self._step(attack, "declined", "decline", {"reason": attack.payload})

    async def comment(self, attack: Attack, link: str) -> None:
        scores = {f"q-{key}": str(score) for key, score in ANSWERS.items()}
        await self._person.done(link, {**scores, "comment": attack.payload})

    async def publish_results(self, session: str) -> None:
        await self._office.done(f"/office/results/{session}/publish", {})

    async def _step(self, attack: Attack, what: str, step: str, fields: dict[str, str]) -> None:
        await self._office.done(f"/office/proposals/{attack.proposals[what]}", fields, to=f"/{step}")

    async def _is_there(self, path: str) -> None:
        answer = await self._installation.api.get(path, headers=self._office.headers)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"


def title_of(attack: Attack, what: str) -> str:
    """Different for each, or the very same proposal would be received once."""
    return f"{attack.payload} {what}"


def in_every_language(attack: Attack, *names: str) -> dict[str, str]:
    """The fields of texts in several languages."""
    return {f"{name}_{language}": attack.payload for name in names for language in LANGUAGES}


async def shared_session(installation: Embedded) -> str:
    """A session of a harmless programme on which every payload is a comment."""
    programme = {"slug": SHARED, "name": {"ca": SHARED}, "kind": "series"}
    await installation.staff("POST", "/programmes", programme)
    starts_at = installation.minute(timedelta(days=2)).isoformat()
    body = {"programme": SHARED, "title": {"ca": SHARED}, "starts_at": starts_at, "join_url": "https://teams.example/x"}
    return str((await installation.staff("POST", "/sessions", body))["id"])


async def import_entities(installation: Embedded, attacks: list[Attack]) -> None:
    """A local entity called like each payload, by the file that only programs send."""
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(("code", "kind", "name", "comarca_code", "comarca", "province_code", "province"))
    for attack in attacks:
        rows.writerow((attack.entity, "comarcal_council", attack.payload, "", attack.payload, "", attack.payload))
    headers = {"Authorization": f"Bearer {installation.staff_token}", "Content-Type": "text/csv"}
    answer = await installation.api.post("/api/v1/entities/import", content=file.getvalue(), headers=headers)
    assert answer.status_code == 200, answer.text
