"""Entities of authors and supporters, the weight that they give a proposal, and the order at the office."""

from datetime import timedelta

import pytest

from services.proposals.handlers import routes
from shared.events.registration import EntityListed
from shared.events.vocabulary import EntityKind
from shared.staff import Role
from tests.integration.proposals.conftest import PROGRAMME, Desk
from tests.support.handling import handle

ANNA, BERNAT, CARLA = "anna@ens.example", "bernat@ens.example", "carla@ens.example"
ABRERA, ALAMUS = "0800180001", "2500450006"
ALAMUS_NAME = "Ajuntament dels Alamús"
WEIGHTS = {"supports": "1", "councils": "0", "small_councils": "0", "months": "0"}


async def _support(desk: Desk, proposal_id: str, email: str, entity: str = "") -> None:
    body = {"email": email, **({"entity": entity} if entity else {})}
    assert (await desk.http.post(f"/api/v1/proposals/{proposal_id}/supports", json=body)).status_code == 202
    assert (await desk.confirm(proposal_id, email)).status_code == 200


async def _councils(desk: Desk, proposal_id: str) -> tuple[str, ...]:
    return (await desk.documents.proposal(proposal_id)).councils


async def test_the_list_begins_with_the_heaviest_and_shows_its_terms(desk: Desk) -> None:
    popular = await desk.propose("Molts suports", email=ANNA)
    shared = await desk.propose("Diversos ens", email=ANNA, entity=ABRERA)
    await _support(desk, popular, BERNAT)
    await _support(desk, popular, CARLA)
    await _support(desk, shared, BERNAT, ALAMUS)
    desk.now += timedelta(days=31)
    desk.sign_in(Role.VIEWER)
    page = (await desk.http.get("/office/proposals")).text
    assert page.index("Diversos ens") < page.index("Molts suports")
    assert "<strong>11</strong> = 3 × 1 + 5 × 1 + 2 × 1 + 1 × 1" in page
    assert "<strong>7</strong> = 3 × 2 + 5 × 0 + 2 × 0 + 1 × 1" in page
    supported = (await desk.http.get("/office/proposals?order=supports")).text
    assert supported.index("Molts suports") < supported.index("Diversos ens")


async def test_the_heaviest_are_read_page_by_page(desk: Desk) -> None:
    for number in range(60):
        await desk.propose(f"Tema número {number:02}")
    desk.sign_in(Role.VIEWER)
    first = (await desk.http.get("/office/proposals")).text
    following = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = (await desk.http.get(f"/office/proposals{following}")).text
    titles = [f"Tema número {number:02}" for number in range(60)]
    assert [title in first for title in titles] == [title not in second for title in titles], "each on one page"


async def test_a_merge_unites_the_councils_and_an_erased_supporters_stays(desk: Desk) -> None:
    target = await desk.propose("Una", entity=ABRERA)
    source = await desk.propose("Una altra")
    await _support(desk, source, BERNAT, ALAMUS)
    await desk.send(f"{desk.following(source, BERNAT)}/erase")
    assert await _councils(desk, source) == (ALAMUS,)
    assert (await desk.step(source, "merge", {"into": target})).status_code == 200
    assert await _councils(desk, target) == (ABRERA, ALAMUS)


async def test_of_whom_a_council_was_is_forgotten_once_it_is_counted(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.http.post(f"/api/v1/proposals/{proposal_id}/supports", json={"email": BERNAT, "entity": ALAMUS})
    assert [follower.entity for follower in await desk.followers()] == [ALAMUS]
    for path in (f"/support/{desk.token(proposal_id, BERNAT)}", desk.following(proposal_id, BERNAT)):
        assert ALAMUS_NAME in (await desk.http.get(path)).text
    assert ALAMUS in (await desk.http.get(f"{desk.following(proposal_id, BERNAT)}/data.json")).text
    await desk.confirm(proposal_id, BERNAT)
    assert [follower.entity for follower in await desk.followers()] == [""]
    assert await _councils(desk, proposal_id) == (ALAMUS,)


async def test_who_is_erased_before_confirming_takes_the_council_along(desk: Desk) -> None:
    proposal_id = await desk.propose()
    await desk.http.post(f"/api/v1/proposals/{proposal_id}/supports", json={"email": BERNAT, "entity": ALAMUS})
    await desk.send(f"{desk.following(proposal_id, BERNAT)}/erase")
    assert [follower.entity for follower in await desk.followers()] == [""]
    assert await _councils(desk, proposal_id) == ()


async def test_the_entity_is_at_the_office_and_nowhere_public(desk: Desk) -> None:
    proposal_id = await desk.propose(entity=ALAMUS)
    for path in ("/proposals", f"/proposals/{proposal_id}", f"/api/v1/proposals/{proposal_id}", "/api/v1/proposals"):
        answer = await desk.http.get(path)
        assert answer.status_code == 200
        assert "Alamús" not in answer.text, path
        assert ALAMUS not in answer.text, path
    assert all(ALAMUS not in str(data) for _, data in await desk.told("proposals"))
    desk.sign_in(Role.VIEWER)
    assert ALAMUS_NAME in (await desk.http.get(f"/office/proposals/{proposal_id}")).text


async def test_an_entity_that_is_not_listed_is_refused(desk: Desk) -> None:
    proposal_id = await desk.propose()
    body = {"email": ANNA, "entity": "9999999999"}
    for path, sent in (
        ("/api/v1/proposals", {"programme": PROGRAMME, "title": "Tema", "entity": "9999999999"}),
        (f"/api/v1/proposals/{proposal_id}/supports", body),
    ):
        answer = await desk.http.post(path, json=sent)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/entity"


async def test_an_imported_entity_is_known_by_its_event(desk: Desk) -> None:
    event = EntityListed(
        version=1, code="9900000001", kind=EntityKind.MUNICIPALITY, name="Vila", short_name="Vila", population=7
    )
    await handle(routes(desk.cases), event)
    await desk.cases.entities.reload()
    proposal_id = await desk.propose(entity="9900000001")
    desk.sign_in(Role.VIEWER)
    assert "2 × 1" in (await desk.http.get(f"/office/proposals/{proposal_id}")).text


async def test_the_pages_find_an_entity_by_its_name_and_ask_which_one_it_is(desk: Desk) -> None:
    form = {"programme": PROGRAMME, "title": "Tema", "body": "Quin?"}
    unsure = await desk.send("/proposals/new", {**form, "entity": "vilanova"})
    assert unsure.status_code == 422
    assert 'name="entity_code"' in unsure.text
    unknown = await desk.send("/proposals/new", {**form, "entity": "xyzzy"})
    assert unknown.status_code == 422
    assert '<a href="#entity">' in unknown.text
    sent = await desk.send("/proposals/new", {**form, "entity": "els alamús"})
    proposal_id = sent.headers["location"].split("/")[2].partition("?")[0]
    assert await _councils(desk, proposal_id) == (ALAMUS,)
    unsure = await desk.send(f"/proposals/{proposal_id}", {"email": ANNA, "entity": "vilanova"})
    assert unsure.status_code == 422
    assert 'name="entity_code"' in unsure.text
    asked = await desk.send(f"/proposals/{proposal_id}", {"email": ANNA, "entity": "Abrera"})
    assert asked.status_code == 303
    assert [follower.entity for follower in await desk.followers()] == [ABRERA]


async def test_other_weights_change_the_order_alone_and_are_recorded(desk: Desk) -> None:
    popular = await desk.propose("Molts suports", email=ANNA)
    await desk.propose("Antiga", entity=ABRERA)
    await _support(desk, popular, BERNAT)
    told = await desk.told("proposals") + await desk.told("followers")
    desk.sign_in(Role.ADMIN)
    path = f"/office/proposals/weights?programme={PROGRAMME}"
    assert 'value="3"' in (await desk.http.get("/office/proposals/weights")).text
    saved = await desk.send(path, {**WEIGHTS, "supports": "20"})
    assert saved.status_code == 303
    assert "20 × 1 +" in (await desk.http.get("/office/proposals")).text
    assert await desk.told("proposals") + await desk.told("followers") == told
    assert [(act.action, act.subject, act.details) for act in await desk.acts()] == [
        ("proposal.weights-set", PROGRAMME, {"weights": "20, 0, 0, 0"})
    ]


@pytest.mark.parametrize("wrong", ["", "-1", "101", "molt"])
async def test_a_wrong_weight_is_said_beside_its_field(desk: Desk, wrong: str) -> None:
    desk.sign_in(Role.ADMIN)
    answer = await desk.send(f"/office/proposals/weights?programme={PROGRAMME}", {**WEIGHTS, "months": wrong})
    assert answer.status_code == 422
    assert '<a href="#months">' in answer.text


async def test_an_editor_sees_the_weights_and_sets_none(desk: Desk) -> None:
    desk.sign_in(Role.EDITOR)
    page = await desk.http.get("/office/proposals/weights")
    assert 'id="weights"' not in page.text
    sent = await desk.send("/office/proposals/weights", WEIGHTS, page="/office/proposals")
    assert sent.status_code == 403
