"""A session that is not for everybody: no public address of any service shows what it is about."""

from datetime import timedelta

import pytest
import pytest_asyncio

from tests.security.matrix import MATRIX
from tests.security.routes import Access, Route
from tests.support.probes import eventually
from tests.support.world import ALAMUS, OFFER, PROGRAMME, A, B, World, register, schedule

pytestmark = pytest.mark.asyncio(loop_scope="session")
CANARY = "Canari de cohort"
VIDEO = "https://video.example/canari"
NAMED = [
    Route("GET", path)
    for path in (
        *("/sessions/{session_id}", "/sessions/{session_id}/link", "/sessions/{session_id}/registered"),
        *("/api/v1/sessions/{session_id}", "/api/v1/results/{session}", "/results/{session}", "/results/{session}.csv"),
    )
]
"""Addresses that name a session."""
ASKED = ("", "?q=canari", "?when=past", "?when=upcoming", f"?programme={PROGRAMME}", "?lang=en")


def public_addresses() -> list[Route]:
    """What anybody may open, of all four services."""
    return [route for route, access in MATRIX.items() if access is Access.PUBLIC and route.method == "GET"]


class Hidden:
    """Two sessions for one council: one to come that treats a proposal, one that ended with results."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sessions: list[str] = []
        self.proposal = ""

    async def make(self) -> None:
        installation = self.world.installation
        given = {"title": {"ca": CANARY}, "description": {"ca": CANARY}, "audience": "entities", "entities": [ALAMUS]}
        for hours in (100, 0.1):
            session = await schedule(installation, "hidden", timedelta(hours=hours), **given)
            await register(installation, session, B, by_office=True)
            self.sessions.append(session)
        coming, past = self.sessions
        proposed = {"programme": PROGRAMME, "title": "Com es reparteixen els fons?", "body": "Com?", "email": A}
        self.proposal = (await installation.public("POST", "/proposals", proposed))["id"]

        async def known() -> None:
            await installation.staff("POST", f"/proposals/{self.proposal}/schedule", {"session": coming})

        await eventually(known, within=20, every=0.2)
        body = {"recording_url": VIDEO, "materials": [{"title": CANARY, "url": f"{VIDEO}.pdf"}]}
        await installation.staff("POST", f"/sessions/{past}/materials", body)
        await installation.staff("POST", f"/sessions/{past}/end", {})
        await installation.mail("survey", B)

        async def published() -> None:
            await installation.staff("POST", f"/results/{past}/publish", {})

        await eventually(published, within=20, every=0.2)

    def filled(self, route: Route) -> list[str]:
        """The address with each id that may fit."""
        paths = []
        for session in self.sessions:
            known = {"slug": PROGRAMME, "session_id": session, "session": session, "proposal_id": self.proposal}
            paths.append(route.path.format(**known, offer_slug=OFFER.partition(":")[2]))
        return list(dict.fromkeys(paths))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hidden(world: World) -> Hidden:
    made = Hidden(world)
    await made.make()
    return made


@pytest.mark.parametrize("route", public_addresses(), ids=str)
async def test_no_public_address_tells_of_a_session_that_is_for_some(hidden: Hidden, route: Route) -> None:
    for path in hidden.filled(route):
        for query in ASKED:
            answer = await hidden.world.installation.api.get(path + query)
            assert answer.status_code < 500
            assert CANARY not in answer.text, f"{path}{query}"
            assert VIDEO not in answer.text, f"{path}{query}"
            if route in NAMED:
                assert answer.status_code == 404
            else:
                assert not any(session in answer.text for session in hidden.sessions), f"{path}{query}"


async def test_the_holder_of_a_link_and_the_office_see_it(hidden: Hidden) -> None:
    installation = hidden.world.installation
    mails = await installation.mails(B)
    mail = next(mail for mail in mails if mail["kind"] == "confirmation" and CANARY in mail["subject"])
    page = await installation.api.get(installation.link(mail, "registration"), follow_redirects=True)
    assert CANARY in page.text
    assert f'/sessions/{hidden.sessions[0]}"' not in page.text, "a page that would not be found"
    assert CANARY in str(await installation.staff("GET", "/sessions"))


async def test_who_follows_its_proposal_is_not_told_what_it_is_about(hidden: Hidden) -> None:
    installation = hidden.world.installation

    async def told() -> None:
        mails = [mail for mail in await installation.mails(A) if "Com es reparteixen" in mail["subject"]]
        assert "proposal_scheduled" in [mail["kind"] for mail in mails]

    await eventually(told, within=20, every=0.2)
    for mail in await installation.mails(A):
        assert CANARY not in str(mail)
        assert hidden.sessions[0] not in str(mail)
