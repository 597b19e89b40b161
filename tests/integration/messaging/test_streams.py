from nats.js import JetStreamContext

from shared.messaging.consuming import consumer_specs
from shared.messaging.streams import STREAMS, apply_streams, show_streams
from shared.messaging.subscriber import ACK_WAIT_SECONDS
from tests.integration.messaging.conftest import Consumer
from tests.support.nats import RunningBroker

SPECS = consumer_specs(Consumer().routes())
DURABLE = "feedback-sessions-session-ended"


async def test_applying_twice_changes_nothing(server: RunningBroker) -> None:
    first = await apply_streams(server.url, SPECS)

    assert [change.action for change in first] == ["created"] * (len(STREAMS) + 1)
    assert await apply_streams(server.url, SPECS) == []


async def test_a_changed_setting_of_a_durable_is_updated_and_told(server: RunningBroker, js: JetStreamContext) -> None:
    await apply_streams(server.url, SPECS)
    config = (await js.consumer_info("DIJOUS_EVENTS", DURABLE)).config
    await js.add_consumer("DIJOUS_EVENTS", config.evolve(ack_wait=7, max_deliver=3))

    changes = await apply_streams(server.url, SPECS)

    assert [change.what for change in changes] == [f"consumer {DURABLE}"]
    assert "ack_wait" in changes[0].details
    assert "max_deliver 3 -> 12" in changes[0].details
    assert (await js.consumer_info("DIJOUS_EVENTS", DURABLE)).config.ack_wait == ACK_WAIT_SECONDS
    assert await apply_streams(server.url, SPECS) == []


async def test_a_changed_setting_of_a_stream_is_updated_and_told(server: RunningBroker, js: JetStreamContext) -> None:
    await apply_streams(server.url, SPECS)
    config = (await js.stream_info("DIJOUS_PEOPLE")).config
    await js.update_stream(config.evolve(max_age=60.0, duplicate_window=30.0))

    changes = await apply_streams(server.url, SPECS)

    assert [change.what for change in changes] == ["stream DIJOUS_PEOPLE"]
    assert (await js.stream_info("DIJOUS_PEOPLE")).config.max_age == 30 * 86400


async def test_consumers_that_no_service_has_any_more_are_removed_and_strangers_stay(
    server: RunningBroker, js: JetStreamContext
) -> None:
    await apply_streams(server.url, SPECS)
    await js.add_consumer("DIJOUS_EVENTS", durable_name="integrator", ack_policy="explicit")

    changes = await apply_streams(server.url, [])

    assert [str(change) for change in changes] == [f"removed consumer {DURABLE}"]
    assert [info.name for info in await js.consumers_info("DIJOUS_EVENTS")] == ["integrator"]


async def test_the_table_shows_what_waits_and_what_is_missing(server: RunningBroker, js: JetStreamContext) -> None:
    assert all(row.messages is None for row in await show_streams(server.url, SPECS))
    await apply_streams(server.url, SPECS)
    await js.publish("evt.sessions.session-ended.v1.s1", b"{}")

    row = (await show_streams(server.url, SPECS))[0]

    assert (row.name, row.messages) == ("DIJOUS_EVENTS", 1)
    assert [(consumer.name, consumer.pending) for consumer in row.consumers] == [(DURABLE, 1)]
