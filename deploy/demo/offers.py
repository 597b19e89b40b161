"""What councils ask for under an offer, and what the office does with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from deploy.demo.cast import Person
from deploy.demo.office import Mail, link_token
from deploy.demo.stage import Stage

AN_HOUR = timedelta(hours=1)
Answers = Callable[[int], dict[str, str]]
"""Of who asks, by number: by key of the question."""


@dataclass
class Offer:
    _stage: Stage
    programme: str
    terms: dict[str, Any]
    """As `invented.json` has them, with the slug."""

    @property
    def id(self) -> str:
        return f"{self.programme}:{self.terms['slug']}"

    async def publish(self, **more: Any) -> None:
        self.terms = {**self.terms, **more}
        await self._stage.office.staff("POST", "/offers", self.terms | {"programme": self.programme})

    async def change(self, **more: Any) -> None:
        self.terms = {**self.terms, **more}
        terms = {name: value for name, value in self.terms.items() if name != "slug"}
        await self._stage.office.staff("PUT", f"/offers/{self.id}", terms)

    async def ask(self, people: Sequence[Person], answers: Answers, *, owned: bool) -> list[str]:
        """Ask as the public does, an hour apart: how much comes from one address is limited. Ids of the petitions, in
        the order of the people. `owned`: a body answers them, to whose mailbox they go."""
        for number, person in enumerate(people):
            self._stage.clock.pass_by(AN_HOUR)
            body = person | {"answers": answers(number)}
            await self._stage.office.public("POST", f"/offers/{self.id}/petitions", body)
        await self._stage.office.take("petition_received", len(people))
        if owned:
            await self._stage.office.take("petition_assigned", len(people))
        found = await self._stage.office.staff("GET", f"/petitions?offer={self.id}&limit=100")
        ids = {item["email"]: item["id"] for item in found["items"]}
        return [ids[person["email"]] for person in people]

    async def do(self, petition: str, act: str, **body: Any) -> None:
        """An act of the office."""
        await self._stage.office.staff("POST", f"/petitions/{petition}/{act}", body)

    async def accept(self, offered: Sequence[Mail]) -> None:
        """By the links that the councils got."""
        for mail in offered:
            fields = {"name": "Alcaldia", "role": "Alcalde o alcaldessa"}
            await self._stage.office.press(f"/petition/{link_token(mail, 'petition')}", "/accept", fields)
        await self._stage.office.take("petition_accepted", len(offered))

    async def withdraw(self, offered: Mail) -> None:
        await self._stage.office.press(f"/petition/{link_token(offered, 'petition')}", "/withdraw")

    async def states(self) -> dict[str, str]:
        """By petition."""
        found = await self._stage.office.staff("GET", f"/petitions?offer={self.id}&limit=100")
        return {item["id"]: item["state"] for item in found["items"]}
