"""A real SMTP server for tests, as a process of its own: it can be killed, comes back on the same port, and its ledger
of accepted mails survives."""

import asyncio
import base64
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from tests.support.ports import free_port

START_SECONDS = 10.0


@dataclass(frozen=True)
class AcceptedMail:
    """A mail that the server acknowledged."""

    sender: str
    recipients: list[str]
    raw: bytes
    """The mail as it came in."""
    tls: bool = False
    user: str = field(default="", repr=False)

    @classmethod
    def of(cls, *, to: str, kind: str, message_id: str) -> Self:
        """A mail with these headers and nothing else."""
        raw = f"To: {to}\r\nX-Dijous-Kind: {kind}\r\nMessage-ID: {message_id}\r\n\r\n"
        return cls("", [to], raw.encode())

    @cached_property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def to(self) -> str:
        """The envelope's recipient."""
        (recipient,) = self.recipients
        return recipient

    @property
    def kind(self) -> str:
        """Its kind of delivery."""
        return str(self.message["X-Dijous-Kind"])

    @property
    def message_id(self) -> str:
        """Its Message-ID."""
        return str(self.message["Message-ID"])

    @property
    def subject(self) -> str:
        """Its subject."""
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """Its text part."""
        return self._part("text/plain")

    @property
    def html(self) -> str:
        """Its HTML part."""
        return self._part("text/html")

    @property
    def calendar(self) -> str:
        """Its calendar part, or nothing."""
        return self._part("text/calendar")

    def _part(self, content_type: str) -> str:
        found = [part for part in self.message.walk() if part.get_content_type() == content_type]
        return str(found[0].get_content()) if found else ""


class RunningSmtpServer:
    """An SMTP server process; it keeps port, ledger and rules over restarts."""

    def __init__(self, ledger: Path, options: list[str]) -> None:
        self.port = free_port()
        self._ledger = ledger
        self._rules_file = ledger.with_suffix(".rules")
        self._rules: list[dict[str, Any]] = []
        self._options = options
        self._read = 0
        self._mails: list[AcceptedMail] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._write_rules()

    @property
    def url(self) -> str:
        """Where mails are handed over, without TLS and login."""
        return f"smtp://127.0.0.1:{self.port}"

    def mails(self) -> list[AcceptedMail]:
        """What was accepted so far, oldest first."""
        if self._ledger.exists():
            with self._ledger.open("rb") as ledger:
                ledger.seek(self._read)
                whole, newline, _ = ledger.read().rpartition(b"\n")
            self._read += len(whole) + len(newline)
            self._mails += [_mail(json.loads(line)) for line in whole.splitlines()]
        return list(self._mails)

    def answer(self, stage: str, reply: str = "", *, address: str = "*", delay: float = 0) -> None:
        """From now on answer so at a stage (MAIL, RCPT, DATA; ACCEPTED is after the mail is in the ledger), after a
        delay in seconds; an empty reply goes on as usual, «drop» cuts the connection."""
        rule = {"stage": stage, "reply": reply, "address": address, "delay": delay}
        self._rules = [rule, *(old for old in self._rules if (old["stage"], old["address"]) != (stage, address))]
        self._write_rules()

    def answer_normally(self) -> None:
        """Forget the rules."""
        self._rules = []
        self._write_rules()

    async def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        command = [sys.executable, "-m", "tests.support.smtp_process", "--port", str(self.port)]
        command += ["--ledger", str(self._ledger), "--rules", str(self._rules_file), *self._options]
        self._process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
        async with asyncio.timeout(START_SECONDS):
            while not await self._answers():
                assert self._process.poll() is None, "the SMTP server ended; its words are on standard error"
                await asyncio.sleep(0.02)

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(START_SECONDS)
            self._process = None

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            greeting = await reader.readline()
        except OSError:
            return False
        writer.close()
        return greeting.startswith(b"220")

    def _write_rules(self) -> None:
        new = self._rules_file.with_suffix(".new")
        new.write_text(json.dumps(self._rules))
        new.replace(self._rules_file)


def _mail(entry: dict[str, Any]) -> AcceptedMail:
    return AcceptedMail(**{**entry, "raw": base64.b64decode(entry["raw"])})


def make_certificate(folder: Path) -> Path:
    """A key and a self-signed certificate for 127.0.0.1 in one file."""
    file = folder / "smtp.pem"
    subject = ["-subj", "/CN=smtp.test", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(file), *subject]
    certificate = subprocess.run(command, check=True, capture_output=True).stdout
    file.write_bytes(file.read_bytes() + certificate)
    return file


@asynccontextmanager
async def running_smtp_server(
    ledger: Path, *, pipelining: bool = True, certificate: Path | None = None, user: str = "", password: str = ""
) -> AsyncIterator[RunningSmtpServer]:
    """A server that runs until the block ends. With a certificate it asks for STARTTLS, with a user for a login."""
    options = ["--user", user, "--password", password]
    options += ["--pipelining"] if pipelining else []
    options += ["--certificate", str(certificate)] if certificate else []
    server = RunningSmtpServer(ledger, options)
    await server.start()
    try:
        yield server
    finally:
        server.kill()
