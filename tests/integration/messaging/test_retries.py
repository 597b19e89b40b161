import asyncio
import itertools

import pytest
from nats.js import JetStreamContext

from shared.events.registration import SessionEnded
from shared.messaging import broker as broker_module
from shared.messaging import retrying, subscriber
from shared.messaging.dead_letters import DEADLETTERS, list_letters, replay_letters, show_letter
from shared.messaging.retrying import PermanentError
from shared.storage.contract import StoreError
from tests.integration.messaging.conftest import Consumer, consuming, send, session_ended
from tests.support.nats import RunningBroker
from tests.support.probes import eventually

SUBJECT = "evt.sessions.session-ended.v1.s1"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "DELAYS_SECONDS", (0.05, 0.1))


def failing(error: type[Exception], *, below: int = 1_000_000):
    def fail(session_id: str, tries: int) -> None:
        if session_id == "bad" and tries < below:
            raise error("no")

    return fail


async def test_what_a_handler_could_not_do_yet_is_tried_again_after_growing_pauses(
    server: RunningBroker, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "DELAYS_SECONDS", (0.3, 0.9, 1.2))
    consumer = Consumer(fail=failing(LookupError, below=4))
    async with consuming(server, consumer):
        await send(js, session_ended("bad"))
        await send(js, session_ended("good"))

        def both_handled() -> None:
            assert consumer.seen == ["good", "bad"]

        await eventually(both_handled)

    tries = consumer.times["bad"]
    pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert len(pauses) == 3
    for pause, wanted in zip(pauses, (0.3, 0.9, 1.2), strict=True):
        assert wanted * 0.8 <= pause < wanted * 1.2 + 0.5


async def test_a_handler_that_always_fails_becomes_a_dead_letter_after_ten_tries(
    server: RunningBroker, js: JetStreamContext, quick: None
) -> None:
    consumer = Consumer(fail=failing(RuntimeError))
    async with consuming(server, consumer):
        await send(js, session_ended("bad"))

        async def buried() -> None:
            assert len(await list_letters(js)) == 1, f"{len(consumer.times.get('bad', ()))} tries"

        await eventually(buried)

    [letter] = await list_letters(js)
    assert len(consumer.times["bad"]) == letter.deliveries == 10
    assert (letter.service, letter.error, letter.subject) == (
        "feedback",
        "RuntimeError",
        "evt.sessions.session-ended.v1.bad",
    )
    info = await js.consumer_info("DIJOUS_EVENTS", "feedback-sessions-session-ended")
    assert (info.num_pending, info.num_ack_pending) == (0, 0)


async def test_a_permanent_error_becomes_a_dead_letter_at_once(server: RunningBroker, js: JetStreamContext) -> None:
    consumer = Consumer(fail=failing(PermanentError))
    async with consuming(server, consumer):
        await send(js, session_ended("bad"))

        async def buried() -> None:
            assert [letter.error for letter in await list_letters(js)] == ["PermanentError"]

        await eventually(buried)
    assert len(consumer.times["bad"]) == 1


@pytest.mark.parametrize(
    ("data", "headers", "error"),
    [
        (b"{", {"ce-type": SessionEnded.event_type()}, "PermanentError"),
        (b"\xff\xfe", {"ce-type": SessionEnded.event_type()}, "PermanentError"),
        (b"[]", {"ce-type": SessionEnded.event_type()}, "ValidationError"),
        (b"{}", {"ce-type": SessionEnded.event_type(), "content-type": "application/json"}, "ValidationError"),
        (b'"' + b"x" * 900_000 + b'"', {"ce-type": SessionEnded.event_type()}, "ValidationError"),
        (b"[" * 1_000_000, {"ce-type": SessionEnded.event_type()}, "PermanentError"),
        (session_ended().model_dump_json().encode(), {"ce-type": "dijous.other.v9"}, "PermanentError"),
        (session_ended().model_dump_json().encode(), None, "PermanentError"),
    ],
    ids=["bad JSON", "not text", "a list", "no fields", "900 KB", "1 MB deep", "unknown type", "no headers"],
)
async def test_a_poison_message_is_kept_whole_and_good_ones_go_on(
    server: RunningBroker, js: JetStreamContext, data: bytes, headers: dict[str, str] | None, error: str
) -> None:
    consumer = Consumer()
    async with consuming(server, consumer):
        await js.publish(SUBJECT, data, headers=headers)
        await send(js, session_ended("good"))

        async def settled() -> None:
            assert consumer.seen == ["good"]
            assert [letter.error for letter in await list_letters(js)] == [error]

        await eventually(settled)

    [letter] = await list_letters(js)
    assert letter.deliveries == 1
    assert (await show_letter(js, letter.id)).data == data


async def test_a_message_as_large_as_the_broker_takes_is_shown_from_its_stream(
    server: RunningBroker, js: JetStreamContext
) -> None:
    data = b"x" * (1024 * 1024)
    async with consuming(server, Consumer()):
        await js.publish(SUBJECT, data)

        async def buried() -> None:
            assert len(await list_letters(js)) == 1

        await eventually(buried)

    [letter] = await list_letters(js)
    assert letter.data == b""
    assert (await show_letter(js, letter.id)).data == data


async def test_a_replayed_letter_is_handled_once_the_cause_is_repaired(
    server: RunningBroker, js: JetStreamContext
) -> None:
    consumer = Consumer(fail=failing(PermanentError))
    async with consuming(server, consumer):
        await send(js, session_ended("bad", version=7))

        async def buried() -> None:
            assert len(await list_letters(js)) == 1

        await eventually(buried)
        consumer.fail = lambda session_id, tries: None
        [letter] = await list_letters(js)

        assert [ids async for ids in replay_letters(js, [letter.id])] == [[letter.id]]

        def handled() -> None:
            assert consumer.events == [session_ended("bad", version=7)]

        await eventually(handled)
    assert await list_letters(js) == []


async def test_a_message_that_several_could_not_handle_is_replayed_once_and_its_letters_never_multiply(
    server: RunningBroker, js: JetStreamContext
) -> None:
    consumer = Consumer(fail=failing(PermanentError))
    async with consuming(server, consumer):
        await send(js, session_ended("bad"))

        async def buried() -> None:
            assert len(await list_letters(js)) == 1

        await eventually(buried)
        kept = await js.get_msg(DEADLETTERS, seq=1)
        await js.publish(
            "dlq.other.sessions", kept.data or b"", headers={**(kept.headers or {}), "dijous-service": "other"}
        )
        both = [letter.id for letter in await list_letters(js)]

        assert [ids async for ids in replay_letters(js, None)] == [both]

        async def buried_anew() -> None:
            [letter] = await list_letters(js)
            assert letter.id not in both

        await eventually(buried_anew)
    assert (await js.stream_info(SessionEnded.event_stream)).state.last_seq == 2, "published once more"


async def test_a_reply_to_header_makes_nobody_publish(server: RunningBroker, js: JetStreamContext) -> None:
    replies = await js._nc.subscribe("stolen.>")
    consumer = Consumer()
    async with consuming(server, consumer):
        envelope = session_ended("s1").envelope()
        await js.publish(
            envelope.subject,
            session_ended("s1").model_dump_json().encode(),
            headers=envelope.headers | {"reply_to": "stolen.answer"},
        )

        def handled() -> None:
            assert consumer.seen == ["s1"]

        await eventually(handled)
    await js._nc.flush()
    assert replies.pending_msgs == 0


async def test_a_long_handler_keeps_its_message(
    server: RunningBroker, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber, "PROGRESS_SECONDS", 0.2)

    def slowly(session_id: str, tries: int):
        return asyncio.sleep(2.5)

    consumer = Consumer(fail=slowly)
    async with consuming(server, consumer):
        config = (await js.consumer_info("DIJOUS_EVENTS", "feedback-sessions-session-ended")).config
        await js.add_consumer("DIJOUS_EVENTS", config.evolve(ack_wait=1))
        await send(js, session_ended("s1"))

        async def settled() -> None:
            info = await js.consumer_info("DIJOUS_EVENTS", "feedback-sessions-session-ended")
            assert consumer.seen == ["s1"]
            assert info.num_ack_pending == 0

        await eventually(settled)
    assert len(consumer.times["s1"]) == 1


async def test_stopping_waits_for_the_running_handler(server: RunningBroker, js: JetStreamContext) -> None:
    consumer = Consumer(fail=lambda session_id, tries: asyncio.sleep(0.5))
    async with consuming(server, consumer):
        await send(js, session_ended("s1"))

        def begun() -> None:
            assert consumer.times

        await eventually(begun)
    assert consumer.seen == ["s1"]
    info = await js.consumer_info("DIJOUS_EVENTS", "feedback-sessions-session-ended")
    assert info.num_ack_pending == 0


async def test_workers_handle_that_many_at_a_time_and_take_no_more(server: RunningBroker, js: JetStreamContext) -> None:
    gate = asyncio.Event()
    consumer = Consumer(fail=lambda session_id, tries: gate.wait())
    async with consuming(server, consumer, max_workers=3):
        for number in range(10):
            await send(js, session_ended(f"s{number}"))

        async def three_are_taken() -> None:
            info = await js.consumer_info("DIJOUS_EVENTS", "feedback-sessions-session-ended")
            assert (len(consumer.times), info.num_ack_pending) == (3, 3)

        await eventually(three_are_taken)
        gate.set()

        def all_handled() -> None:
            assert sorted(consumer.seen) == [f"s{number}" for number in range(10)]

        await eventually(all_handled)


async def test_a_handler_cut_off_by_stopping_is_given_to_another_replica_at_once(
    server: RunningBroker, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "GRACEFUL_SECONDS", 0.2)
    endless = Consumer(fail=lambda session_id, tries: asyncio.sleep(60))
    async with consuming(server, endless):
        await send(js, session_ended("s1"))

        def begun() -> None:
            assert endless.times

        await eventually(begun)
    other = Consumer()
    async with consuming(server, other, apply=False):

        def handled() -> None:
            assert other.seen == ["s1"]

        await eventually(handled, within=5)


async def test_a_store_that_does_not_answer_is_waited_for_within_one_delivery(
    server: RunningBroker, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriber, "STORE_PAUSES_SECONDS", (0.05,) * 20)
    deliveries = []

    def fail(session_id: str, tries: int) -> None:
        if tries <= 15:
            raise StoreError("away")

    consumer = Consumer(fail=fail)
    async with consuming(server, consumer):
        await send(js, session_ended("s1"))

        def handled() -> None:
            assert consumer.seen == ["s1"]

        await eventually(handled)
        info = await js.consumer_info("DIJOUS_EVENTS", "feedback-sessions-session-ended")
        deliveries.append(info.delivered.consumer_seq)
    assert deliveries == [1]
