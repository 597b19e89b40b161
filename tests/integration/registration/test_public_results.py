"""The page of a past session leads to its results once they are published, however the event of it comes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import nats
import orjson
import pytest

from services.registration.projections import KnownResult
from services.registration.sessions.domain import Session
from services.registration.sessions.store import SessionStore
from shared.events import Event
from shared.events.feedback import ResultsPublished
from shared.events.inventory import InventoryPublished
from shared.events.vocabulary import Language, SessionStatus
from shared.storage.opening import open_store
from tests.integration.registration.conftest import PROGRAMME, MovingClock, Office
from tests.integration.registration.test_service import listening, running_service
from tests.support.nats import RunningBroker, running_broker
from tests.support.probes import eventually

SESSION = "d5rfn6vyj2luo7ge"
OVER = datetime(2026, 11, 19, 9, tzinfo=UTC)


def _published(answers: int | None, version: int = 9, session: str = SESSION) -> ResultsPublished:
    return ResultsPublished(version=version, session_id=session, programme="dijous", answers=answers, questions={})


async def _tell(broker: RunningBroker, events: Sequence[Event]) -> None:
    connection = await nats.connect(broker.url)
    for event in events:
        envelope = event.envelope(now=datetime.now(UTC))
        await connection.jetstream().publish(envelope.subject, orjson.dumps(envelope.data), headers=envelope.headers)
    await connection.close()


async def _hold_session(folder: Path) -> None:
    """A session that was held last week and has ended."""
    opened, clock = open_store(f"sqlite:///{folder}", "registration"), MovingClock()
    session = Session(
        id=SESSION,
        programme="dijous",
        title={Language.CA: "Treu-li suc"},
        starts_at=OVER,
        duration_minutes=60,
        over_at=OVER,
        status=SessionStatus.ENDED,
        ended_at=OVER,
        changed_at=clock(),
        registrations=6,
    )
    assert await SessionStore(opened, clock).create(session)
    await opened.close()


async def _assert_linked(api: httpx.AsyncClient, *, is_linked: bool) -> None:
    for path in ("/", "/programmes/dijous", "/sessions", f"/sessions/{SESSION}"):
        page = await api.get(path)
        assert page.status_code == 200, path
        assert (f'href="/results/{SESSION}"' in page.text) is is_linked, path


async def _known(folder: Path, version: int) -> None:
    opened = open_store(f"sqlite:///{folder}", "registration")

    async def check() -> None:
        assert ((await opened.get("known_results", SESSION)) or {}).get("seen") == version

    await eventually(check)
    await opened.close()


async def test_a_session_leads_to_its_results_once_they_are_published(tmp_path: Path) -> None:
    async with running_broker() as broker, running_service(tmp_path, broker) as api:
        await api.post("/api/v1/programmes", json=PROGRAMME)
        await _hold_session(tmp_path)
        await _assert_linked(api, is_linked=False)
        await _tell(broker, [_published(6), _published(6)])
        await _known(tmp_path, 9)
        await _assert_linked(api, is_linked=True)


async def test_results_told_before_the_session_is_known_are_kept_for_it(tmp_path: Path) -> None:
    async with running_broker() as broker, running_service(tmp_path, broker) as api:
        await api.post("/api/v1/programmes", json=PROGRAMME)
        await _tell(broker, [_published(6)])
        await _known(tmp_path, 9)
        await _hold_session(tmp_path)
        await _assert_linked(api, is_linked=True)


async def test_results_missed_in_the_broker_are_asked_for_by_the_sweep(tmp_path: Path) -> None:
    async with (
        running_broker() as broker,
        listening(broker) as (ear, _),
        running_service(tmp_path, broker) as api,
    ):
        await api.post("/api/v1/programmes", json=PROGRAMME)
        await _tell(broker, [_published(6)])
        await _known(tmp_path, 9)
        entries = [(SESSION, 9), ("k7w2mzq4ahtx3pbc", 4)]
        await _tell(broker, [InventoryPublished(version=0, kind="feedback-results", entries=entries)])

        def asked() -> None:
            gaps = ear.named("inventory-gap-found")
            assert [(gap["kind"], gap["keys"]) for gap in gaps] == [("feedback-results", ["k7w2mzq4ahtx3pbc"])]

        await eventually(asked)


@pytest.mark.parametrize(
    ("told", "is_linked"),
    [
        ([_published(6, 9), _published(None, 3)], True),  # an older one, late
        ([_published(None, 9)], False),  # too few answers: there is nothing to be seen
        ([_published(6, 9, "another000000000")], False),
    ],
)
async def test_only_the_latest_word_on_a_session_counts(
    office: Office, told: list[ResultsPublished], is_linked: bool
) -> None:
    session = await office.scheduled()
    await office.staff("POST", f"/sessions/{session}/end", {})
    for event in told:
        own = event.session_id == SESSION
        await office.use_cases.known.results.apply(
            KnownResult.from_event(event.model_copy(update={"session_id": session}) if own else event)
        )
    page = await office.api.get(f"/sessions/{session}")
    assert (f'href="/results/{session}"' in page.text) is is_linked
