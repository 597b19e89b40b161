"""One session, from its date to what is left of it. Every step waits until its effects have arrived."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from deploy.demo.cast import Person
from deploy.demo.office import Mail, link_token
from deploy.demo.stage import Stage

JOIN_URL = "https://teams.example/dijous-gomunicipal"
VIDEO = "https://video.example/dijous-gomunicipal"
DURATION = timedelta(minutes=60)
JOIN_BEFORE = timedelta(minutes=5)
REMINDERS = (timedelta(days=1), timedelta(hours=1))


@dataclass
class Meeting:
    _stage: Stage
    starts_at: datetime
    id: str = ""
    seats: int = 0
    """How many have one."""

    async def schedule(self, programme: str, title: dict[str, str], **settings: Any) -> None:
        body = {
            "programme": programme,
            "title": title,
            "starts_at": self.starts_at.isoformat(),
            "duration_minutes": DURATION // timedelta(minutes=1),
            "join_url": JOIN_URL,
            **settings,
        }
        self.id = (await self._stage.office.staff("POST", "/sessions", body))["id"]

    async def register(self, people: Iterable[Person]) -> None:
        """One after the other: first come, first seated. With the office's token, which lifts the limits: all these
        requests come from one address."""
        for person in people:
            await self._stage.office.staff("POST", f"/sessions/{self.id}/registrations", person)

    async def seated(self, count: int) -> list[Mail]:
        """Their confirmations."""
        self.seats += count
        return await self._stage.office.take("confirmation", count)

    async def give_up(self, confirmations: Sequence[Mail]) -> None:
        for mail in confirmations:
            await self._stage.office.public("DELETE", f"/registrations/{link_token(mail, 'registration')}")
        self.seats -= len(confirmations)
        await self._stage.office.take("registration_cancelled", len(confirmations))

    async def remind(self) -> list[Mail]:
        """The last reminders."""
        told: list[Mail] = []
        for before in REMINDERS:
            self._stage.clock.move_to(self.starts_at - before)
            told = await self._stage.office.take("reminder", self.seats)
        return told

    async def join(self, reminders: Iterable[Mail]) -> None:
        self._stage.clock.move_to(self.starts_at - JOIN_BEFORE)
        for mail in reminders:
            await self._stage.office.press(f"/join/{link_token(mail, 'join')}")

    async def end(self) -> list[Mail]:
        """The links to its survey."""
        self._stage.clock.move_to(self.starts_at + DURATION)
        await self._stage.office.staff("POST", f"/sessions/{self.id}/end", {})
        return await self._stage.office.take("survey", self.seats)

    async def answer(self, surveys: Iterable[Mail]) -> None:
        answers = [(link_token(mail, "survey"), self._stage.cast.answer()) for mail in surveys]
        calls = (self._stage.office.public("POST", f"/surveys/{token}", answer) for token, answer in answers)
        await asyncio.gather(*calls)

    async def publish(self, document: str) -> dict[str, Any]:
        """Results, recording and a document; the results."""
        results: dict[str, Any] = await self._stage.office.staff("POST", f"/results/{self.id}/publish", {})
        materials = {
            "recording_url": f"{VIDEO}/{self.starts_at:%Y-%m-%d}",
            "materials": [{"title": document, "url": f"https://materials.example/{self.starts_at:%Y-%m-%d}.pdf"}],
        }
        await self._stage.office.staff("POST", f"/sessions/{self.id}/materials", materials)
        await self._stage.office.take("results", self.seats)
        await self._stage.office.take("materials", self.seats)
        return results
