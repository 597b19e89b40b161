"""Handing mails over to a real SMTP server that accepts, refuses, defers, hangs up, asks for TLS and a login."""

import asyncio
import errno
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from services.notifications.transport.relay import Security, parse_smtp_url
from services.notifications.transport.smtp import Connection, Outcome, Result, Transport
from tests.support.probes import eventually
from tests.support.smtp import RunningSmtpServer, make_certificate, running_smtp_server

MESSAGE = b"Subject: hola\r\n\r\nprimera\r\n.\r\n..punts\r\n"
VALID = "v@x.example"


@pytest.fixture(params=[True, False], ids=["pipelining", "step by step"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RunningSmtpServer]:
    async with running_smtp_server(tmp_path / "smtp.jsonl", pipelining=request.param) as server:
        yield server


Connect = Callable[..., Connection]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes connections, closed at the end."""
    opened = []

    def connect(url: str, *, timeout: float = 5) -> Connection:
        opened.append(connection(url, timeout=timeout))
        return opened[-1]

    yield connect
    for each in opened:
        each.close()


def connection(url: str, *, timeout: float = 5) -> Connection:
    return Connection(parse_smtp_url(url), "dijous@dijous.example", helo_name="dijous.example", timeout=timeout)


async def hand_over(to: Connection, recipient: str = VALID, message: bytes = MESSAGE, following: str = "") -> Result:
    return await asyncio.to_thread(to.hand_over, recipient, message, following)


async def test_a_mail_arrives_as_it_is_with_its_envelope(connect: Connect, server: RunningSmtpServer) -> None:
    assert await hand_over(connect(server.url)) == Result(Outcome.ACCEPTED)
    (mail,) = server.mails()
    assert (mail.sender, mail.recipients, mail.raw) == ("dijous@dijous.example", [VALID], MESSAGE)


@pytest.mark.parametrize(
    ("stage", "reply", "outcome"),
    [
        ("MAIL", "451 4.3.0 later", Outcome.DEFERRED),
        ("MAIL", "550 5.7.1 who are you", Outcome.FAULT),
        ("MAIL", "530 5.7.57 client not authenticated", Outcome.FAULT),
        ("RCPT", "450 4.2.0 greylisted", Outcome.DEFERRED),
        ("RCPT", "550 5.1.1 no such user", Outcome.REFUSED),
        ("RCPT", "550 no such user", Outcome.REFUSED),
        ("RCPT", "552 5.2.2 mailbox full", Outcome.DEFERRED),
        ("RCPT", "550 5.7.1 relaying denied", Outcome.UNCLEAR),
        ("RCPT", "550 relay not permitted", Outcome.UNCLEAR),
        ("RCPT", "530 5.7.0 log in first", Outcome.FAULT),
        ("DATA", "452 4.3.1 no space", Outcome.DEFERRED),
        ("DATA", "554 5.6.0 this is spam", Outcome.OBJECTED),
        ("DATA", "550 5.4.5 quota exceeded", Outcome.FAULT),
    ],
)
async def test_each_refusal_has_its_meaning_and_the_connection_serves_on(
    connect: Connect, server: RunningSmtpServer, stage: str, reply: str, outcome: Outcome
) -> None:
    address = "dijous@dijous.example" if stage == "MAIL" else VALID
    server.answer(stage, reply, address=address)
    to = connect(server.url)
    result = await hand_over(to, following="w@x.example")
    assert result.outcome is outcome
    assert reply.split()[0] in result.reason
    server.answer_normally()
    assert await hand_over(to, "w@x.example") == Result(Outcome.ACCEPTED)
    assert [mail.to for mail in server.mails()] == ["w@x.example"]


async def test_a_reason_names_no_person(connect: Connect, server: RunningSmtpServer) -> None:
    server.answer("RCPT", f"550 5.1.1 <{VALID}>: no {VALID} here")
    assert VALID not in (await hand_over(connect(server.url))).reason


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a@x.example, b@x.example",
        '"a" <v@x.example>',
        "v@x.example>\r\nRCPT TO:<w@x.example",
        "núria@x.example",
        "v@x.example\n",
    ],
)
async def test_only_one_plain_address_is_written_to(connect: Connect, server: RunningSmtpServer, address: str) -> None:
    assert (await hand_over(connect(server.url), address)).outcome is Outcome.REFUSED
    assert server.mails() == []


async def test_an_announced_mail_that_does_not_come_is_not_sent(connect: Connect, server: RunningSmtpServer) -> None:
    to = connect(server.url)
    await hand_over(to, VALID, following="announced@x.example")
    assert await hand_over(to, "another@x.example") == Result(Outcome.ACCEPTED)
    assert [mail.to for mail in server.mails()] == [VALID, "another@x.example"]


async def test_a_connection_lost_in_the_middle_defers_the_mail(connect: Connect, server: RunningSmtpServer) -> None:
    server.answer("DATA", "drop")
    to = connect(server.url)
    assert await hand_over(to) == Result(Outcome.DEFERRED, "connection lost")
    server.answer_normally()
    assert await hand_over(to) == Result(Outcome.ACCEPTED)


async def test_a_silent_server_defers_the_mail_after_the_timeout(connect: Connect, server: RunningSmtpServer) -> None:
    server.answer("DATA", delay=30)
    assert (await hand_over(connect(server.url, timeout=0.3))).outcome is Outcome.DEFERRED


async def test_a_connection_that_went_stale_is_opened_again_without_a_word(
    connect: Connect, server: RunningSmtpServer
) -> None:
    to = connect(server.url)
    await hand_over(to)
    server.kill()
    await server.start()
    assert await hand_over(to) == Result(Outcome.ACCEPTED)
    assert len(server.mails()) == 2


async def test_a_server_that_is_away_leaves_the_mail_untried(connect: Connect, server: RunningSmtpServer) -> None:
    server.kill()
    result = await hand_over(connect(server.url))
    assert result.outcome is Outcome.UNAVAILABLE
    assert "refused" in result.reason


async def test_starttls_and_login(connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(tmp_path)
    async with running_smtp_server(
        tmp_path / "smtp.jsonl", certificate=certificate, user="dijous", password="secret"
    ) as server:
        host = f"127.0.0.1:{server.port}"
        distrusted = await hand_over(connect(f"smtp+starttls://dijous:secret@{host}"))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        accepted = await hand_over(connect(f"smtp+starttls://dijous:secret@{host}"))
        wrong = await hand_over(connect(f"smtp+starttls://dijous:wrong@{host}"))
        (tmp_path / "token").write_text("the-token\n")
        with_token = await hand_over(connect(f"smtp+starttls://office@{host}?token_file={tmp_path}/token"))
    assert distrusted.outcome is Outcome.UNAVAILABLE
    assert "certificate verify failed" in distrusted.reason
    assert accepted == Result(Outcome.ACCEPTED)
    assert wrong.outcome is Outcome.UNAVAILABLE
    assert with_token == Result(Outcome.ACCEPTED)
    assert [(mail.tls, mail.user) for mail in server.mails()] == [(True, "dijous"), (True, "office")]


async def test_a_server_without_tls_gets_no_password(connect: Connect, server: RunningSmtpServer) -> None:
    result = await hand_over(connect(f"smtp+starttls://dijous:secret@127.0.0.1:{server.port}"))
    assert result == Result(Outcome.UNAVAILABLE, "SMTPNotSupportedError")


class Letter:
    """A mail as the transport takes it."""

    def __init__(self, address: str, *, lapsed: bool = False) -> None:
        self.address = address
        self.lapsed = lapsed

    def compose(self) -> bytes:
        if self.address.startswith("hindered"):
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), "/srv/body.txt")
        if self.address.startswith("broken"):
            raise ValueError(self.address)
        return MESSAGE


class Sent:
    """A transport and what it reported."""

    def __init__(self, url: str, *, window: int = 1000, connections: int = 3) -> None:
        self.results: dict[str, Result] = {}
        self.transport: Transport[Letter] = Transport(lambda: connection(url), connections=connections, window=window)
        self.transport.start(self._report)

    def _report(self, letter: Letter, result: Result) -> None:
        assert threading.current_thread() is not threading.main_thread()
        self.results[letter.address] = result

    async def has(self, count: int) -> None:
        def check() -> None:
            assert len(self.results) == count, f"{len(self.results)} of {count} results"

        await eventually(check)


async def test_threads_share_the_mails_and_each_arrives_once(server: RunningSmtpServer) -> None:
    sent = Sent(server.url)
    addresses = [f"v{number}@x.example" for number in range(50)]
    for address in addresses:
        sent.transport.put(Letter(address))
    await sent.has(50)
    await asyncio.to_thread(sent.transport.close)
    assert set(sent.results.values()) == {Result(Outcome.ACCEPTED)}
    assert sorted(mail.to for mail in server.mails()) == sorted(addresses)


async def test_no_more_mails_are_accepted_than_the_window_allows(server: RunningSmtpServer) -> None:
    sent = Sent(server.url, window=4)
    for number in range(10):
        sent.transport.put(Letter(f"v{number}@x.example"))
    await sent.has(4)
    sent.transport.acknowledge(2)
    await sent.has(6)
    assert len(server.mails()) == 6
    sent.transport.acknowledge(100)
    await asyncio.to_thread(sent.transport.close)
    assert len(server.mails()) == 10


async def test_what_is_halted_lapsed_or_broken_does_not_go_out_and_harms_no_other(server: RunningSmtpServer) -> None:
    sent = Sent(server.url, connections=1)
    for letter in (Letter("a@x.example"), Letter("broken@x.example"), Letter("b@x.example", lapsed=True)):
        sent.transport.put(letter)
    for letter in (Letter("hindered@x.example"), Letter("c@x.example")):
        sent.transport.put(letter)
    await sent.has(5)
    sent.transport.halt()
    sent.transport.put(Letter("d@x.example"))
    await sent.has(6)
    sent.transport.resume()
    sent.transport.put(Letter("e@x.example"))
    await sent.has(7)
    await asyncio.to_thread(sent.transport.close)
    assert sent.results["broken@x.example"] == Result(Outcome.UNFIT, "not composed: ValueError")
    hindered = Result(Outcome.UNAVAILABLE, "not composed: OSError: Too many open files")
    assert sent.results["hindered@x.example"] == hindered
    assert sent.results["b@x.example"].outcome is sent.results["d@x.example"].outcome is Outcome.NOT_TRIED
    assert [mail.to for mail in server.mails()] == ["a@x.example", "c@x.example", "e@x.example"]


@pytest.mark.parametrize(
    ("url", "security", "port"),
    [
        ("smtp://mail.example", Security.NONE, 25),
        ("smtp+starttls://u:p@mail.example", Security.STARTTLS, 587),
        ("smtps://u%40x:p%2F@mail.example", Security.TLS, 465),
        ("smtp://u:p@127.0.0.1:1025", Security.NONE, 1025),
    ],
)
def test_urls_name_host_port_and_protection(url: str, security: Security, port: int) -> None:
    server = parse_smtp_url(url)
    assert (server.security, server.port) == (security, port)
    assert "p%2F" not in repr(server)
    assert "u" not in repr(server).partition("://")[0]


def test_user_and_password_are_decoded_and_not_shown() -> None:
    server = parse_smtp_url("smtps://u%40x:p%2Fq@mail.example")
    assert (server.user, server.password) == ("u@x", "p/q")
    assert "p/q" not in repr(server)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://u:secret@mail.example",
        "smtp://mail.example/path",
        "smtps://mail.example?tls=no",
    ],
)
def test_other_urls_are_refused_in_words_that_hold_no_password(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP server") as raised:
        parse_smtp_url(url)
    assert "secret" not in str(raised.value)
