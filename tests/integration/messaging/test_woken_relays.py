"""Every write that leaves an event in an outbox wakes the relay: in each service, an event comes although nobody polls.

Each test sees a first event before it causes the one that counts: by then the relay rests.
"""

import random
from pathlib import Path

import pytest

from services.feedback.domain.results import FEWEST_FOR_MEAN
from shared.events.feedback import FeedbackSubmitted
from shared.events.notifications import MailBounced, SurveyLinksPrepared
from shared.events.proposals import TopicProposed
from shared.messaging import outbox
from tests.integration.feedback import house as feedback_house
from tests.integration.feedback import test_events as feedback
from tests.integration.notifications import house as notifications_house
from tests.integration.notifications import test_service as notifications
from tests.integration.proposals import test_events as proposals
from tests.integration.proposals.test_events import house  # noqa: F401  a fixture
from tests.integration.registration import test_service as registration
from tests.integration.registration.conftest import PROGRAMME
from tests.support.nats import running_broker
from tests.support.probes import eventually
from tests.support.smtp import running_smtp_server

AT_ONCE = 5.0
"""Seconds; enough for a busy machine."""


@pytest.fixture(autouse=True)
def _nobody_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "POLL_SECONDS", 60.0)


async def test_of_registration(tmp_path: Path) -> None:
    async with (
        running_broker() as broker,
        registration.listening(broker) as (ear, _),
        registration.running_service(tmp_path, broker) as api,
    ):

        async def told(name: str) -> None:
            def check() -> None:
                assert ear.named(name), f"no {name} yet, only {ear.heard}"

            await eventually(check, within=AT_ONCE)

        await api.post("/api/v1/programmes", json=PROGRAMME)
        await told("programme-defined")
        body = {"programme": "dijous", "title": {"ca": "Títol"}, "starts_at": "2026-12-03T10:00:00Z"}
        session = (await api.post("/api/v1/sessions", json=body)).json()["id"]
        await told("session-scheduled")
        person = {"name": "Núria", "email": "n@x.example", "entity": "2500450006", "consent": True}
        await api.post(f"/api/v1/sessions/{session}/registrations", json=person)
        await told("entity-registered")


async def test_of_proposals(house: proposals.House) -> None:  # noqa: F811  the fixture
    for number in (1, 2):
        await house.post("", {"programme": proposals.PROGRAMME, "title": f"Dubte {number}"}, 202)
        await house.sees(TopicProposed, times=number)


async def test_of_feedback(tmp_path: Path) -> None:
    session = feedback.SESSION
    tokens = [feedback_house.survey_token(session, random.Random(number)) for number in range(6)]
    hashes = [feedback_house.token_hash(token) for token in tokens]
    links = SurveyLinksPrepared(version=1, session_id=session, part=0, parts=1, hashes=hashes)
    async with feedback.running_service(tmp_path) as running:
        for event in (feedback_house.programme_defined(), feedback_house.session_ended(session), links):
            await running.tell(event)
        await running.hears(feedback.SurveyOpened)
        for number, token in enumerate(tokens, start=1):
            await running.client.post(f"/api/v1/surveys/{token}", json={"answers": {"content": 9}})
            if number >= FEWEST_FOR_MEAN:  # no event tells of fewer
                await running.hears(FeedbackSubmitted, times=number - FEWEST_FOR_MEAN + 1)


async def test_of_notifications(tmp_path: Path) -> None:
    async with running_smtp_server(tmp_path / "smtp.jsonl") as smtp:
        smtp.answer("RCPT", "550 5.1.1 no such user")
        async with notifications.running_service(tmp_path, smtp.url) as running:
            await running.publish(notifications_house.programme_defined(), notifications_house.session_scheduled())
            for number in (1, 2):
                await running.publish(notifications_house.registered(number))

                async def is_told(times: int = number) -> None:
                    assert len(await running.told_to(MailBounced)) == times

                await eventually(is_told, within=AT_ONCE)
