"""The whole fan-out against Postfix's smtp-source: from SessionEnded to the last survey mail accepted and marked.

Rounds alternate on the same machine, into the same smtp-sink. The broker is real; notifications and feedback each run
as a process, on fresh databases with `synchronous=FULL`: after kill -9 nothing is lost. The roster is there before the
clock starts. smtp-source sends mails of the same size and stores nothing.
"""

import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import nats

from benchmarks.registrations import answering, finished, process
from benchmarks.smtp_tools import SmtpTools, ToolsMissingError, find_smtp_tools
from services.notifications.deliveries.domain import DeliveryKind, DeliveryState, make_delivery
from services.notifications.deliveries.store import DELIVERIES
from services.notifications.projections.domain import KnownProgramme, KnownRegistration, KnownSession
from services.notifications.projections.store import REGISTRATIONS
from services.notifications.rendering.domain import MailContext
from services.notifications.rendering.messages import Composer
from services.notifications.surveys.domain import LinkMaker, new_key
from services.notifications.usecases import COLLECTIONS
from shared import ids
from shared.events import Event
from shared.events.registration import ProgrammeDefined, SessionEnded, SessionScheduled, SurveyQuestion
from shared.events.vocabulary import Language, ProgrammeKind, RegistrationStatus, SessionStatus
from shared.messaging.publishing import publish_event
from shared.security.links import Links
from shared.storage.contract import Store
from shared.storage.opening import open_store
from shared.text.catalogues import Translations
from tests.support.nats import running_broker
from tests.support.ports import free_port
from tests.support.probes import eventually

SIZES = (1_000, 20_000)
SOURCE_MAILS = 40_000
WARM_UP = 50
DIJOUS = [sys.executable, "-m", "deploy.cli"]
LOOK_SECONDS = 0.01
"""Between two looks at a thousand people; in proportion for more, since each look takes time from the services."""
LONGEST_SECONDS = 300.0
PUBLIC_URL = "https://dijous.example"
LOCALE = Path(__file__).parents[1] / "services" / "notifications" / "locale"
QUESTIONS = [SurveyQuestion(key=key, text={Language.CA: key}) for key in ("content", "duration", "understood")]


@dataclass(frozen=True)
class Fanout:
    mails: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.mails / self.seconds


def programme() -> ProgrammeDefined:
    return ProgrammeDefined(
        version=1,
        programme="bench",
        name={Language.CA: "Banc de proves"},
        kind=ProgrammeKind.SERIES,
        time_zone="Europe/Madrid",
        organiser="Oficina del programa",
        reply_to="oficina@dijous.example",
        reminders_minutes=[],
        survey_questions=QUESTIONS,
        survey_days=14,
        survey_reminder_days=7,
    )


def session(kind: type[Event], session_id: str, *, version: int, **more: object) -> Event:
    return kind.model_validate(
        {
            "version": version,
            "session_id": session_id,
            "programme": "bench",
            "title": {"ca": "Treu-li suc a l'eina de seguiment"},
            "starts_at": datetime.now(UTC) - timedelta(hours=1),
            "duration_minutes": 60,
            "status": SessionStatus.SCHEDULED,
            **more,
        }
    )


def registrations(session_id: str, count: int) -> list[KnownRegistration]:
    return [
        KnownRegistration(
            id=ids.new_id(),
            seen=1,
            email=f"{secrets.token_hex(6)}@alamus.example",
            language=Language.CA,
            name="Núria Puig",
            session_id=session_id,
            status=RegistrationStatus.REGISTERED,
            entity_code="2500450006",
            entity_name="Ajuntament dels Alamús",
        )
        for _ in range(count)
    ]


def size_of_a_mail() -> int:
    defined, (person,) = programme(), registrations("sessionaaaaaaaaa", 1)
    known = KnownProgramme(id="bench", seen=1, **defined.model_dump(exclude={"version", "programme", "kind"}))
    told = session(SessionScheduled, person.session_id, version=1).model_dump(exclude={"version", "session_id"})
    about = KnownSession(id=person.session_id, seen=1, **told)
    context = MailContext(known, about, survey_links=LinkMaker(new_key(), about.id))
    now = datetime.now(UTC)
    delivery = make_delivery(DeliveryKind.SURVEY, about.id, person.id, due_at=now, now=now, round_="1")
    composer = Composer(Translations(LOCALE), Links(PUBLIC_URL, "s" * 32), "dijous@dijous.example", "dijous.example")
    return len(composer.compose(delivery, context, person))


@asynccontextmanager
async def opened(folder: str) -> AsyncIterator[Store]:
    """The database of notifications, which the service has open too."""
    store = open_store(f"sqlite:///{folder}", "notifications")
    await store.prepare(COLLECTIONS)
    try:
        yield store
    finally:
        await store.close()


async def publish(url: str, events: list[Event]) -> None:
    client = await nats.connect(url)
    for event in events:
        await publish_event(client.jetstream(), event.envelope())
    await client.close()


async def fanout_round(count: int, smtp_port: int) -> Fanout:
    """One fan-out to `count` people, by services that have done a small one before."""
    with tempfile.TemporaryDirectory(prefix="dijous-bench-") as folder:
        async with running_broker() as broker, opened(folder) as store:
            sessions = {ids.new_id(): WARM_UP, ids.new_id(): count}
            for session_id, people in sessions.items():
                await load_roster(store, session_id, people)
            environment = {
                "DIJOUS_STORE_URL": f"sqlite:///{folder}",
                "DIJOUS_NATS_URL": broker.url,
                "DIJOUS_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
                "DIJOUS_MAIL_FROM": "dijous@dijous.example",
                "DIJOUS_PUBLIC_URL": PUBLIC_URL,
                "DIJOUS_SECRET": secrets.token_hex(32),
                "DIJOUS_STAFF_TOKEN": secrets.token_hex(16),
                "DIJOUS_LOG_LEVEL": "warning",
            }
            await finished([*DIJOUS, "streams", "apply"], environment)
            async with running_services(environment):
                scheduled = [session(SessionScheduled, session_id, version=1) for session_id in sessions]
                await publish(broker.url, [programme(), *scheduled])
                for session_id, people in sessions.items():
                    seconds = await end_session(broker.url, store, session_id, people)
                return Fanout(count, seconds)


async def load_roster(store: Store, session_id: str, people: int) -> None:
    roster = registrations(session_id, people)
    documents = [{"_id": each.id, **each.model_dump(mode="json", exclude={"id"})} for each in roster]
    await store.insert_many(REGISTRATIONS, documents)


@asynccontextmanager
async def running_services(environment: dict[str, str]) -> AsyncIterator[None]:
    ports = {service: str(free_port()) for service in ("notifications", "feedback")}
    with ExitStack() as stack:
        for service, port in ports.items():
            stack.enter_context(process([*DIJOUS, "run", service, "--port", port], environment))
        for port in ports.values():
            await answering(f"http://127.0.0.1:{port}/health/live")
        yield


async def end_session(broker_url: str, store: Store, session_id: str, people: int) -> float:
    """Seconds from SessionEnded to the last mail marked as sent."""
    ended = {"status": SessionStatus.ENDED, "ended_at": datetime.now(UTC), "registrations": people}
    began = time.perf_counter()
    await publish(broker_url, [session(SessionEnded, session_id, version=2, **ended)])
    await _all_sent(store, session_id, people)
    return time.perf_counter() - began


async def _all_sent(store: Store, session_id: str, count: int) -> None:
    """Wait with queries that an index answers: the services need both cores."""

    async def all_made() -> None:
        made = await store.count(DELIVERIES, {"subject_id": session_id})
        assert made == count, f"{made} of {count} deliveries are made"

    async def none_open() -> None:
        still_open = await store.find(DELIVERIES, {"open": 1}, limit=1)
        assert not still_open, "some mails are not sent yet"

    pause = LOOK_SECONDS * max(1, count / 1000)
    await eventually(all_made, within=LONGEST_SECONDS, every=pause)
    await eventually(none_open, within=LONGEST_SECONDS, every=pause)
    sent = await store.count(DELIVERIES, {"subject_id": session_id, "state": DeliveryState.SENT.value})
    assert sent == count, f"{sent} of {count} mails are sent"


async def measure(tools: SmtpTools, rounds: int) -> list[tuple[str, float, float]]:
    """Rows of (what, median mails a second, median ratio to smtp-source in the same round)."""
    size = size_of_a_mail()
    source: list[float] = []
    fanouts: dict[int, list[float]] = {count: [] for count in SIZES}
    with tools.running_sink() as port:
        for number in range(rounds):
            source.append(tools.rate(port, mails=SOURCE_MAILS, size=size))
            for count, rates in fanouts.items():
                rates.append((await fanout_round(count, port)).rate)
            figures = ", ".join(f"{rates[-1]:.0f}" for rates in fanouts.values())
            print(
                f"  round {number + 1} of {rounds}: smtp-source {source[-1]:.0f}, fan-out {figures} mails/s", flush=True
            )
    rows = [(f"smtp-source -d -s 16, {size} bytes, nothing stored", median(source), 1.0)]
    for count, rates in fanouts.items():
        ratio = median(mine / its for mine, its in zip(rates, source, strict=True))
        rows.append((f"whole fan-out to {count:,} people, durable", median(rates), ratio))
    return rows


def main(rounds: int = 3) -> None:
    print("Mails per second: the whole fan-out from SessionEnded to marked, against smtp-source")
    try:
        tools = find_smtp_tools()
    except ToolsMissingError as error:
        print(f"  not measured: {error}")
        return
    rows = asyncio.run(measure(tools, rounds))
    for what, rate, ratio in rows:
        print(f"| {what:55} | {rate:7.0f} /s | {ratio:5.2f} |")
    small, large = rows[1][1], rows[2][1]
    print(f"| cost of a mail at {SIZES[1]:,} against {SIZES[0]:,} people {'':16} | {'':10} | {small / large:5.2f} |")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
