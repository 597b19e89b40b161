"""The operator's view: `dijous streams` and `dijous deadletters` against a real broker."""

import asyncio

import pytest
from click import Group
from click.testing import CliRunner, Result
from nats.js import JetStreamContext

from deploy.commands import streams as streams_command
from deploy.commands.deadletters import deadletters
from deploy.commands.streams import streams
from shared.messaging.consuming import consumer_specs
from shared.messaging.dead_letters import list_letters
from shared.messaging.retrying import PermanentError
from tests.integration.messaging.conftest import Consumer, consuming, send, session_ended
from tests.support.nats import RunningBroker, running_broker
from tests.support.probes import eventually


async def run(server: RunningBroker, group, *arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, group, [*arguments, "--nats-url", server.url])


@pytest.fixture
def few_consumers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams_command, "consumers", lambda: consumer_specs(Consumer().routes()))


async def test_streams_are_applied_and_shown(server: RunningBroker, few_consumers: None) -> None:
    assert "missing; run `dijous streams apply`" in (await run(server, streams, "show")).output
    assert "created stream DIJOUS_EVENTS" in (await run(server, streams, "apply")).output
    assert (await run(server, streams, "apply")).output == "nothing to change\n"
    assert "feedback-sessions-session-ended" in (await run(server, streams, "show")).output


async def test_a_broker_that_is_not_there_is_told_in_one_line(server: RunningBroker, few_consumers: None) -> None:
    server.kill()
    result = await run(server, streams, "apply")
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: the broker at 127.0.0.1:{server.port}: ") or server.url in result.output
    assert result.output.count("\n") == 1


@pytest.mark.parametrize(("group", "arguments"), [(streams, ["show"]), (streams, ["apply"]), (deadletters, ["list"])])
async def test_a_wrong_password_is_told_as_such(group: Group, arguments: list[str]) -> None:
    async with running_broker("--user", "u", "--pass", "right") as guarded:
        url = guarded.url.replace("//", "//u:wrong-canary@")
        result = await asyncio.to_thread(CliRunner().invoke, group, [*arguments, "--nats-url", url])
    assert result.exit_code == 1
    assert result.output == f"Error: the broker at 127.0.0.1:{guarded.port}: nats: 'Authorization Violation'\n"


async def test_dead_letters_are_listed_without_personal_data_shown_with_it_replayed_and_dropped(
    server: RunningBroker, js: JetStreamContext
) -> None:
    def refuse(session_id: str, tries: int) -> None:
        raise PermanentError("Núria Puig <nuria@alamus.example>")

    consumer = Consumer(fail=refuse)
    async with consuming(server, consumer):
        for session_id in ("first", "second"):
            await send(js, session_ended(session_id).model_copy(update={"programme": "nuria@alamus.example"}))

        async def buried() -> None:
            assert len(await list_letters(js)) == 2

        await eventually(buried)
        first, second = await list_letters(js)

        listed = await run(server, deadletters, "list")
        assert f"{first.id} " in listed.output
        assert "PermanentError after 1 deliveries" in listed.output
        assert "nuria" not in listed.output

        shown = await run(server, deadletters, "show", first.id)
        assert "Núria".encode("ascii", "backslashreplace").decode() in shown.output
        assert "nuria@alamus.example" in shown.output.partition("\n\n")[2]

        consumer.fail = lambda session_id, tries: None
        replayed = await run(server, deadletters, "replay", first.id)
        assert replayed.output == f"replayed {first.id}\n"

        def handled() -> None:
            assert consumer.seen == ["first"]

        await eventually(handled)
    assert (await run(server, deadletters, "drop", second.id)).output == f"dropped {second.id}\n"
    assert (await run(server, deadletters, "list")).output == "no dead letters\n"


@pytest.mark.parametrize("letter_id", ["d99", "a99", "x1", "d", "nonsense"])
async def test_an_unknown_letter_is_told_in_one_line(
    server: RunningBroker, few_consumers: None, letter_id: str
) -> None:
    await run(server, streams, "apply")
    for command in ("show", "replay", "drop"):
        result = await run(server, deadletters, command, letter_id)
        assert result.exit_code == 1
        assert result.output == f"Error: no dead letter {letter_id}, or its message has gone\n"


async def test_replay_wants_letters_or_all(server: RunningBroker) -> None:
    assert (await run(server, deadletters, "replay")).exit_code == 2
    assert (await run(server, deadletters, "drop", "d1", "--all")).exit_code == 2
