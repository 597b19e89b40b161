"""Programmes as the office defines them."""

from typing import Any

import pytest

from tests.integration.registration.conftest import PROGRAMME, Office


async def test_a_programme_has_the_defaults_of_the_reference(office: Office) -> None:
    programme = (await office.api.get("/api/v1/programmes/dijous")).json()
    assert programme["time_zone"] == "Europe/Madrid"
    assert programme["reminders_minutes"] == [1440, 60]
    assert [question["key"] for question in programme["survey_questions"]] == [
        "content",
        "duration",
        "understood",
        "applicable",
    ]
    assert set(programme["survey_questions"][0]["text"]) == {"ca", "es", "en"}
    assert (programme["survey_days"], programme["survey_reminder_days"]) == (14, 7)


async def test_a_programme_is_told_when_created_and_when_changed(office: Office) -> None:
    await office.staff("PATCH", "/programmes/dijous", {"organiser": "Diputació de Barcelona"})
    await office.staff("PATCH", "/programmes/dijous", {"organiser": "Diputació de Barcelona"})
    stored = await office.store.programmes.get("dijous")
    assert stored is not None
    assert [item.data["organiser"] for item in stored.outbox] == ["", "Diputació de Barcelona"]
    assert [item.data["version"] for item in stored.outbox] == [1, 2]


async def test_a_slug_is_taken_once(office: Office) -> None:
    problem = await office.staff("POST", "/programmes", PROGRAMME, expect=409)
    assert problem["type"] == "urn:dijous:problem:programme-exists"
    await office.staff("PATCH", "/programmes/unknown", {"organiser": "x"}, expect=404)
    assert (await office.api.get("/api/v1/programmes/unknown")).status_code == 404


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"slug": "Dijous!"}, "/slug"),
        ({"slug": "d"}, "/slug"),
        ({"name": {"ca": " "}}, "/name"),
        ({"name": {"fr": "Jeudi"}}, "/name/fr"),
        ({"kind": "club"}, "/kind"),
        ({"time_zone": "Europe/Lleida"}, "/time_zone"),
        ({"time_zone": "localtime"}, "/time_zone"),
        ({"reminders_minutes": ["60"]}, "/reminders_minutes/0"),
        ({"survey_days": "14"}, "/survey_days"),
        ({"reply_to": "nobody"}, "/reply_to"),
        ({"survey_days": 0}, "/survey_days"),
        ({"owner": "me"}, "/owner"),
    ],
)
async def test_a_wrong_setting_is_refused(office: Office, given: dict[str, Any], pointer: str) -> None:
    problem = await office.staff("POST", "/programmes", {**PROGRAMME, "slug": "another", **given}, expect=422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


async def test_a_setting_may_be_empty_and_a_reminder_is_sent_once(office: Office) -> None:
    given = {"reply_to": "", "reminders_minutes": [60, 60, 1440, 60]}
    programme = await office.staff("PATCH", "/programmes/dijous", given)
    assert (programme["reply_to"], programme["reminders_minutes"]) == ("", [60, 1440])


async def test_programmes_are_listed_page_by_page(office: Office) -> None:
    for slug in ("aa", "zz"):
        await office.staff("POST", "/programmes", {**PROGRAMME, "slug": slug}, expect=201)
    first = (await office.api.get("/api/v1/programmes?limit=2")).json()
    rest = (await office.api.get(f"/api/v1/programmes?limit=2&cursor={first['next']}")).json()
    assert [item["slug"] for item in [*first["items"], *rest["items"]]] == ["aa", "dijous", "zz"]
    assert rest["next"] is None
