"""What is typed and not stored comes back as text: words searched for, forms with an error, steps to confirm."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest

from shared.staff import Role
from tests.security.inert import active_parts
from tests.security.payloads import BROKEN_LINES, PAYLOADS, UNSEEN
from tests.security.people import anybody, form_token, office_cookie
from tests.support.forms import Visitor, form_of
from tests.support.world import ALAMUS, ANSWERS, PROGRAMME, C, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

ADDRESSES = (
    "/sessions?q={}",
    "/sessions?programme={}",
    "/proposals?q={}",
    "/proposals?programme={}",
    "/proposals/new?programme={}",
    "/results?programme={}",
    "/nowhere/{}",
    "/sessions/{}",
    "/office/sign-in?next=/office/{}",
    "/office/sessions?programme={}",
    "/office/sessions/new?programme={}",
    "/office/proposals?q={}",
    "/office/entities?q={}",
    "/office/entities/coverage?programme={}",
    "/office/audit?member={}",
    f"/office/programmes/{PROGRAMME}/plan?title_ca={{}}",
)


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that is not taken: the page shows again what was typed."""

    name: str
    page: str
    """Its path; names of the world's sessions and proposals stand in braces."""
    typed: tuple[str, ...]
    """The fields in which the payload is."""
    fields: Mapping[str, str] = field(default_factory=dict)
    to: str = ""
    link: str = ""
    """The purpose of the personal link whose page it is."""

    def __str__(self) -> str:
        return self.name


REFUSED = [
    Refused("registering", "/sessions/{coming}", ("name", "email", "entity", "role"), to="/register"),
    Refused("correcting", "/correct", ("name", "entity", "role"), link="registration"),
    Refused("answering a survey", "", ("comment",), link="survey"),
    Refused("proposing", "/proposals/new", ("body", "email"), {"title": ""}),
    Refused("supporting", "/proposals/{received}", ("email",)),
    Refused("making a programme", "/office/programmes/new", ("slug", "name_ca", "summary_es", "audience_en", "tool")),
    Refused("changing a programme", f"/office/programmes/{PROGRAMME}", ("organiser", "time_zone", "reply_to")),
    Refused("asking", f"/office/programmes/{PROGRAMME}/survey", ("survey_days", "survey_questions_0_text_ca")),
    Refused("scheduling", "/office/sessions/new", ("title_ca", "title_es", "title_en", "description_ca", "join_url")),
    Refused("changing a session", "/office/sessions/{coming}/edit", ("title_es", "description_en", "capacity")),
    Refused("moving", "/office/sessions/{coming}/reschedule", ("starts_at", "duration_minutes")),
    Refused("publishing", "/office/sessions/{ended}/materials", ("material_0_title", "material_0_url")),
    Refused("publishing a recording", "/office/sessions/{ended}/materials", ("recording_url",)),
    Refused("registering somebody", "/office/sessions/{coming}/registrations/add", ("name", "email", "entity", "role")),
    Refused("adding to the office", "/office/people", ("name", "user_name"), to="/people"),
    Refused("looking for mails", "/office/mails", ("address",)),
]  # fmt: skip
SHOWN_BEFORE = [
    Refused("calling a session off", "/office/sessions/{coming}/cancel", ("reason_ca", "reason_es", "reason_en")),
    Refused("declining", "/office/proposals/{received}", ("reason",), to="/decline"),
    Refused("answering a proposal", "/office/proposals/{received}", ("answer",), to="/answer"),
]
"""Forms that are shown once more, to be confirmed."""


def where(world: World, form: Refused) -> str:
    """The path of the page with the form."""
    if form.link:
        return world.link(form.link, C).partition("?")[0] + form.page
    return form.page.format(**world.sessions, **world.proposals)


def who(world: World, path: str) -> Visitor:
    """Who may send it."""
    installation = world.installation
    is_office = path.startswith("/office")
    return Visitor(installation.api, office_cookie(installation, Role.ADMIN) if is_office else anybody(installation))


@pytest.mark.parametrize("address", ADDRESSES)
async def test_what_an_address_holds_is_shown_as_text(world: World, address: str) -> None:
    for payload in PAYLOADS:
        path = address.format(quote(payload, safe=""))
        answer = await world.installation.api.get(path, headers=who(world, address).headers)
        assert answer.status_code < 500, path
        assert active_parts(answer.text) == [], path


@pytest.mark.parametrize("form", REFUSED, ids=str)
async def test_a_form_with_errors_shows_what_was_typed_as_text(world: World, form: Refused) -> None:
    path = where(world, form)
    visitor = who(world, path)
    empty = await visitor.open(path, to=form.to)
    for payload in PAYLOADS:
        answer = await visitor.post(path, empty, {**dict.fromkeys(form.typed, payload), **form.fields})
        assert answer.status_code in (422, 429), f"{answer.status_code} {payload!r}"
        assert active_parts(answer.text) == [], payload
        kept = form_of(answer, form.to).fields
        assert {name: kept[name].strip() for name in form.typed} == dict.fromkeys(form.typed, payload.strip())


@pytest.mark.parametrize("form", REFUSED, ids=str)
async def test_without_scripts_too_errors_are_summed_up_and_lead_to_their_fields(world: World, form: Refused) -> None:
    path = where(world, form)
    answer = await who(world, path).send(path, {**dict.fromkeys(form.typed, PAYLOADS[0]), **form.fields}, to=form.to)
    assert "<title>Error: " in answer.text
    summary = re.search(r'<section class="errors".*?</section>', answer.text, re.S)
    assert summary
    names = re.findall(r'href="#([^"]+)"', summary[0])
    assert names
    for name in names:
        assert re.search(rf'<\w+[^>]* id="{re.escape(name)}"', answer.text), f"no field {name}"


@pytest.mark.parametrize("form", SHOWN_BEFORE, ids=str)
async def test_a_step_to_confirm_shows_what_was_typed_as_text(world: World, form: Refused) -> None:
    path = where(world, form)
    visitor = who(world, path)
    empty = await visitor.open(path, to=form.to)
    for payload in PAYLOADS:
        answer = await visitor.post(path, empty, dict.fromkeys(form.typed, payload))
        assert answer.status_code == 200, payload
        assert active_parts(answer.text) == [], payload


async def test_an_attendance_report_is_shown_as_text(world: World) -> None:
    cookies = office_cookie(world.installation, Role.EDITOR)
    path = f"/office/sessions/{world.sessions['ended']}/attendance"
    quoted = ['"{}"'.format(payload.replace('"', '""')) for payload in PAYLOADS]
    report = "Name,Email\n" + "\n".join(f"{text},{text}" for text in quoted)
    answer = await world.installation.api.post(
        path,
        data={"csrf": form_token(world.installation)},
        files={"report": ("<img src=x onerror=xq()>.csv", report.encode())},
        headers=cookies,
    )
    assert answer.status_code == 200, answer.text[-2000:]
    assert active_parts(answer.text) == []


async def test_what_is_not_one_line_is_refused(world: World) -> None:
    api = world.installation.api
    for words in BROKEN_LINES:
        for name in ("name", "role", "email"):
            person = {"name": "Núria", "role": "", "email": "n@inj.example", "entity": ALAMUS, "consent": True}
            address = f"/api/v1/sessions/{world.sessions['coming']}/registrations"
            answer = await api.post(address, json={**person, name: words})
            assert answer.status_code == 422, f"{name}: {words!r}"
        proposal = {"programme": PROGRAMME, "title": words}
        assert (await api.post("/api/v1/proposals", json=proposal)).status_code == 422, repr(words)


async def test_what_nobody_sees_is_refused_in_whatever_the_office_and_people_write(world: World) -> None:
    installation = world.installation
    coming = f"/api/v1/sessions/{world.sessions['coming']}"
    texts = ("title", "description")
    staff = {"Authorization": f"Bearer {installation.staff_token}"}
    wording = f"/office/mails/wording/{PROGRAMME}/confirmation/ca"
    office = who(world, wording)
    form = await office.open(wording)
    for words in UNSEEN:
        for name in texts:
            answer = await installation.api.patch(coming, json={name: {"ca": words}}, headers=staff)
            assert answer.status_code == 422, f"{name}: {words!r}"
        table = f"code,kind,name\nINV-1,council,{words}\n".encode()
        imported = await installation.api.post("/api/v1/entities/import", content=table, headers=staff)
        assert imported.status_code == 422, f"entity: {words!r}"
        proposal = {"programme": PROGRAMME, "title": "Actes del ple", "body": words}
        assert (await installation.api.post("/api/v1/proposals", json=proposal)).status_code == 422, repr(words)
        reason = {"reason": words}
        declined = f"/api/v1/proposals/{world.proposals['received']}/decline"
        assert (await installation.api.post(declined, json=reason, headers=staff)).status_code == 422, repr(words)
        answer = await office.post(wording, form, {"introduction": words, "act": "save"})
        assert answer.status_code == 422, repr(words)
        comment = {"answers": ANSWERS, "comment": words}
        survey = world.link("survey", C).partition("?")[0].rpartition("/")[2]
        assert (await installation.api.post(f"/api/v1/surveys/{survey}", json=comment)).status_code == 422, repr(words)
