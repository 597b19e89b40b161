"""A pilot from fourteen petitions to ten memberships: kill -9 between any two steps loses and doubles nothing."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from shared.clock import system_clock
from shared.entities.csv_files import shipped_entities
from shared.events.vocabulary import EntityKind
from shared.events.vocabulary import PetitionState as S
from shared.security.audit import Audit, AuditEntry
from shared.storage.opening import open_store
from shared.web.cookies import cookie_name
from shared.web.csrf import CSRF_COOKIE
from tests.faults.supervision import insist, supervised, until_acknowledged
from tests.support.forms import Visitor
from tests.support.links import Reader
from tests.support.probes import eventually
from tests.support.stack import STAFF, ByPrefix, Stack, link, running_stack

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLACES, PETITIONS = 10, 14
BODIES = [
    {"key": province.lower(), "name": f"Diputació de {province}", "provinces": [province]}
    for province in ("Lleida", "Tarragona")
]
QUESTION = {"key": "hours", "text": {"ca": "Hores de dedicació"}, "kind": "number", "weight": 5, "required": True}
OVER = timedelta(days=15)
CSRF = f"{cookie_name(CSRF_COOKIE, secure=True)}={'s' * 32}"
AGREED, WAIT = "Acord de la junta", "Hi ha qui hi dedica més hores."
POINTS = [
    "verdict-carried-out:6",  # some petitions know of the selection
    "petition-accepting:3",  # a council has accepted and the offer does not know
    "offer-decided:12",  # a place has expired and the reserve is not told
    "membership-ended:1",  # a council has left and its place is not free yet
    "after-publish:60",
]
"""What dies in a selection itself: `test_kill_selection.py`."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("pilot")
    async with running_stack(folder, DIJOUS_SEND_LEASE_SECONDS="5", DIJOUS_SWEEP_SECONDS="0.5") as stack:
        yield stack


def councils() -> list[str]:
    """Codes of seven councils of each of two provinces, in turn."""
    found = [each for each in shipped_entities().values() if each.kind is EntityKind.MUNICIPALITY]
    of = [[each.code for each in found if each.province == province][:7] for province in ("Lleida", "Tarragona")]
    return [code for pair in zip(*of, strict=True) for code in pair]


class Pilot:
    """One pilot lived through while something dies."""

    def __init__(self, stack: Stack, slug: str) -> None:
        self.stack, self.slug = stack, slug
        self.offer = f"{slug}:places"
        self.councils = councils()
        self.expected = Counter[tuple[str, str]]()

    async def define(self) -> None:
        body = {"slug": self.slug, "name": {"ca": "Pilot de Decidim"}, "kind": "cohort", "bodies": BODIES}
        await self.stack.staff("POST", "/programmes", body, expect=201)
        offer = {"programme": self.slug, "slug": "places", "title": {"ca": "Deu places"}, "questions": [QUESTION]}
        await self.stack.staff("POST", "/offers", {**offer, "places": PLACES, "offer_days": 14}, expect=201)

    def email(self, code: str) -> str:
        return f"secretaria@{code}.{self.slug}.example"

    async def read(self, path: str) -> Any:
        answer = await until_acknowledged(lambda: self.stack.api.get(f"/api/v1{path}", headers=STAFF))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def petitions(self) -> dict[str, Any]:
        """By council; at no moment do more than the places hold one."""
        found = (await self.read(f"/petitions?offer={self.offer}"))["items"]
        assert sum(each["state"] in (S.OFFERED, S.ACCEPTED) for each in found) <= PLACES, found
        assert len({each["entity"] for each in found}) == len(found), "a petition stands twice"
        return {each["entity"]: each for each in found}

    async def state(self, code: str) -> str:
        found = (await self.petitions()).get(code)
        return str(found["state"]) if found else ""

    async def come_to(self, state: S, *codes: str) -> None:
        """Wait until they stand so, and have the mail about it."""

        async def check() -> None:
            assert {code: await self.state(code) for code in codes} == dict.fromkeys(codes, state)

        await eventually(check, within=40, every=0.1)
        await self.told(f"petition_{state}", codes)

    async def told(self, kind: str, codes: Iterable[str]) -> None:
        for code in codes:
            self.expected[self.email(code), kind] += 1
            await self.stack.mail(kind, self.email(code), within=40)

    async def ask(self, code: str, hours: int) -> None:
        person = {"name": f"Persona {code}", "email": self.email(code), "entity": code, "consent": True}
        body = {**person, "answers": {"hours": str(hours)}}
        path = f"/offers/{self.offer}/petitions"
        await insist(partial(self.stack.public, "POST", path, body), lambda: self.is_in(code, *S))

    async def is_in(self, code: str, *states: S) -> bool:
        return await self.state(code) in states

    async def select(self) -> None:
        async def act() -> None:
            path = f"/offers/{self.offer}/select"
            waiting = {(await self.petitions())[code]["id"]: WAIT for code in self.councils[PLACES:]}
            shown = await self.stack.staff("POST", f"{path}?dry_run=true", {"reasons": waiting}, expect=200)
            if shown["file"]["petitions"]:  # else they are decided already
                await self.stack.staff("POST", path, {"reasons": waiting, "digest": shown["digest"]})

        await insist(act, lambda: self.is_in(self.councils[0], S.OFFERED))
        await self.come_to(S.OFFERED, *self.councils[:PLACES])
        await self.come_to(S.RESERVE, *self.councils[PLACES:])

    async def by_link(self, code: str, to: str, state: S, **fields: str) -> None:
        """A council takes a step on the page behind its link."""
        path = f"/petition/{link(await self.stack.mail('petition_received', self.email(code)), 'petition')}"

        async def act() -> None:
            transport = ByPrefix(self.stack.services)
            async with Reader(base_url="https://dijous.example", transport=transport, timeout=20) as browser:
                await Visitor(browser, {"cookie": CSRF}).done(path if fields else f"{path}/{to}", fields, to=to)

        await insist(act, lambda: self.is_in(code, state))

    async def accept(self, *codes: str) -> None:
        for code in codes:
            await self.by_link(code, "accept", S.ACCEPTED, name="Joan Pons", role="Alcalde")
        await self.come_to(S.ACCEPTED, *codes)

    async def members(self) -> dict[str, Any]:
        found = await self.read(f"/memberships?programme={self.slug}")
        return {each["entity"]: each for each in found}

    async def step(self, code: str, method: str, path: str, body: Any, **reached: str) -> None:
        """The office takes a membership on until it stands so."""

        async def is_done() -> bool:
            found = (await self.members()).get(code, {})
            return all(found.get(field) == value for field, value in reached.items())

        await insist(lambda: self.stack.staff(method, path, body), is_done)

    async def begin(self, *codes: str) -> None:
        """Start and go on to the second phase."""
        for code in codes:
            petition = (await self.petitions())[code]["id"]
            body = {"programme": self.slug, "petition": petition, "reason": AGREED}
            await self.step(code, "POST", "/memberships", body, state="active", petition=petition)
        await self.told("membership_started", codes)

    async def go_on(self, *codes: str) -> None:
        for code in codes:
            body = {"phase": "design", "state": "doing"}
            await self.step(code, "POST", f"/memberships/{self.slug}:{code}/advance", body, phase="design")
        await self.told("membership_advanced", codes)

    async def leave(self, code: str) -> None:
        await self.step(code, "PATCH", f"/memberships/{self.slug}:{code}", {"state": "left"}, state="left")

    async def live(self) -> None:
        """From the first petition to ten councils in the second phase."""
        first, *_, gives_up, forgets = self.councils[:PLACES]
        second, third, fourth, last = self.councils[PLACES:]
        for hours, code in enumerate(reversed(self.councils)):
            await self.ask(code, hours)
        await self.told("petition_received", self.councils)
        await self.select()
        await self.accept(*self.councils[: PLACES - 2])
        await self.by_link(gives_up, "withdraw", S.WITHDRAWN)
        await self.come_to(S.OFFERED, second)
        await self.accept(second)
        self.stack.move_clock(OVER)
        await self.come_to(S.DECLINED, forgets)
        await self.come_to(S.OFFERED, third)
        await self.accept(third)
        taken = [*self.councils[: PLACES - 2], second, third]
        await self.begin(*taken)
        await self.leave(first)
        await self.come_to(S.OFFERED, fourth)
        await self.accept(fourth)
        await self.begin(fourth)
        await self.go_on(*taken[1:], fourth)
        assert await self.is_in(last, S.RESERVE)

    async def assert_recorded(self) -> None:
        """Each step once, each beginning with its reason; on the petitions why, and by whom."""
        members = {code: each for code, each in (await self.members()).items() if each["state"] == "active"}
        assert len(members) == PLACES
        acts = await self.acts([self.offer, *(each["id"] for each in members.values())])
        assert acts[self.offer] == [("offer.published", None), ("offer.selected", None)]
        for each in members.values():
            assert acts[each["id"]] == [("membership.started", AGREED), ("membership.advanced", None)]
        petitions = await self.petitions()
        for code in self.councils[PLACES:]:
            assert [step["reason"] for step in petitions[code]["history"]][:2] == ["", WAIT]

    async def acts(self, subjects: Iterable[str]) -> dict[str, list[tuple[str, Any]]]:
        store = open_store(self.stack.environment["DIJOUS_STORE_URL"], "registration")
        try:
            audit = Audit(store, system_clock)
            found = {subject: await audit.entries(subject=subject) for subject in subjects}
        finally:
            await store.close()
        return {
            subject: [(entry.action, entry.details.get("reason")) for entry in sorted(entries, key=_place)]
            for subject, entries in found.items()
        }


@pytest.mark.parametrize("point", POINTS)
async def test_a_pilot_comes_to_its_end_whatever_dies(stack: Stack, point: str) -> None:
    pilot = Pilot(stack, point.replace(":", "-"))
    await pilot.define()
    registration = stack.services["registration"]
    registration.end()
    registration.spawn(failpoint=point)
    async with supervised(stack) as died:
        await pilot.live()
        await eventually(lambda: _assert_died(died, point))
        await eventually(pilot.assert_recorded)
    mails = [mail for mail in stack.mails() if mail.to.endswith(f".{pilot.slug}.example")]
    counts = Counter((mail.to, mail.kind) for mail in mails)
    assert counts == pilot.expected, "notifications did not die: nothing is mailed twice"


def _assert_died(died: list[str], point: str) -> None:
    assert "registration" in died, f"registration never passed {point}: the test proves nothing"


def _place(entry: AuditEntry) -> int:
    return entry.sequence
