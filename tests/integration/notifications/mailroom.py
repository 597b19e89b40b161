"""Senders over a real store and a real SMTP socket, with a session and its people to write to."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.notifications.deliveries.domain import Delivery, DeliveryKind, DeliveryState
from services.notifications.preferences.store import SUPPRESSIONS
from services.notifications.sending.sender import Sender, SendingLimits
from services.notifications.transport.relay import parse_smtp_url
from services.notifications.transport.smtp import Connection, Transport
from services.notifications.usecases import COLLECTIONS, Stores, make_sender
from shared import ids
from shared.storage.opening import open_store
from tests.support.mails import (
    DOMAIN,
    NOW,
    SENDER,
    delivery_of,
    make_composer,
    make_programme,
    make_registration,
    make_session,
)
from tests.support.smtp import RunningSmtpServer, running_smtp_server

LEASE = timedelta(seconds=60)
QUICK = {"unavailable_pause": (0.05, 0.05), "fault_pause": (0.05, 0.05)}


def person(number: int) -> str:
    """The id of one of many people."""
    return ids.encode(number.to_bytes(10, "big"))


class Mailroom:
    """A store with a session and its people, a clock to be moved, and senders over one SMTP server."""

    def __init__(self, store: Stores, smtp: RunningSmtpServer) -> None:
        self.store = store
        self.smtp = smtp
        self.now = NOW
        self.clock: Callable[[], datetime] = lambda: self.now
        self._senders: list[Sender] = []

    def sender(self, *, connections: int = 2, window: int = 64, timeout: float = 5, **limits: Any) -> Sender:
        """One more replica."""
        server = parse_smtp_url(self.smtp.url)
        transport: Transport[Any] = Transport(
            lambda: Connection(server, SENDER, helo_name=DOMAIN, timeout=timeout),
            connections=connections,
            window=window,
        )
        limits = {"lease": LEASE, **QUICK, **limits}
        self._senders.append(make_sender(self.store, make_composer(), transport, self.clock, SendingLimits(**limits)))
        return self._senders[-1]

    async def close(self) -> None:
        for sender in self._senders:
            await sender.close()

    async def know(self, *, session: dict[str, Any] | None = None, people: int = 1, **registration: Any) -> None:
        """Programme, session and registrations."""
        await self.store.known.programmes.apply(make_programme())
        await self.store.known.sessions.apply(make_session(**(session or {})))
        for number in range(people):
            known = make_registration(id=person(number), email=f"p{number}@x.example", **registration)
            await self.store.known.registrations.apply(known)

    async def due(self, kind: DeliveryKind = DeliveryKind.CONFIRMATION, *, people: int = 1) -> list[str]:
        """A delivery of that kind for each; their ids."""
        made = [delivery_of(kind, id=f"{kind}:{number}", recipient_id=person(number)) for number in range(people)]
        await self.store.deliveries.add(made)
        return [delivery.id for delivery in made]

    async def send(self, sender: Sender | None = None) -> None:
        """Send until nothing is due any more."""
        if sender is None:
            sender = self.sender()
            await self.send(sender)
            await sender.close()
            return
        while await sender.step():
            pass
        await sender.settled()

    async def delivery(self, delivery_id: str) -> Delivery:
        """How it stands."""
        found = await self.store.deliveries.get(delivery_id)
        assert found is not None
        return found

    async def state(self, delivery_id: str) -> tuple[DeliveryState, str]:
        """State and reason."""
        delivery = await self.delivery(delivery_id)
        return delivery.state, delivery.reason

    async def told(self) -> list[dict[str, Any]]:
        """The events that wait in the outboxes of suppressed addresses, in order."""
        return [event for kept in await self.store.documents.find(SUPPRESSIONS) for event in kept["outbox"]]

    def arrived(self) -> list[str]:
        """Who got a mail, in order of address."""
        return sorted(mail.to for mail in self.smtp.mails())


@asynccontextmanager
async def running_mailroom(folder: Path) -> AsyncIterator[Mailroom]:
    documents = open_store(f"sqlite:///{folder}", "notifications")
    await documents.prepare(COLLECTIONS)
    async with running_smtp_server(folder / "smtp.jsonl") as smtp:
        mailroom = Mailroom(Stores.over(documents, secret="s" * 40, clock=lambda: mailroom.now), smtp)
        try:
            yield mailroom
        finally:
            await mailroom.close()
            await documents.close()
