"""A payload and everything that is written with it; who writes it: programs by the API, people by the forms."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from tests.support.embedded import Embedded
from tests.support.probes import eventually

LANGUAGES = ("ca", "es", "en")
SHARED = "shared"
FIRST_MAILS = ("confirmation", "proposal_received")
MAILS = (
    *FIRST_MAILS, "session_cancelled", "survey", "materials", "proposal_answered", "proposal_declined",
    "proposal_merged",
)  # fmt: skip
PROPOSALS = ("answered", "declined", "merged")
MAIL_SECONDS = 90


@dataclass
class Attack:
    """A payload and where it was written."""

    number: int
    payload: str
    way: str
    sessions: dict[str, str] = field(default_factory=dict)
    """`cancelled`, `ended`, and `commented`, which is the same for all."""
    proposals: dict[str, str] = field(default_factory=dict)
    mails: list[dict[str, Any]] = field(default_factory=list)

    @property
    def programme(self) -> str:
        """The programme whose every word it is."""
        return f"{self.way}-{self.number}"

    @property
    def email(self) -> str:
        """The address that all its mails go to."""
        return f"{self.way}{self.number}@inj.example"

    @property
    def entity(self) -> str:
        """The code of the entity that is called so."""
        return f"INJ-{self.number}"

    @property
    def visible(self) -> str:
        """The payload without what cannot be seen, for fields that refuse that."""
        return "".join(char for char in self.payload if char.isprintable())

    @property
    def url(self) -> str:
        """The payload inside an address, as far as an address may hold it."""
        return "https://files.example/" + self.visible.replace(" ", "")

    def everywhere(self) -> dict[str, str]:
        """The payload in every language."""
        return dict.fromkeys(LANGUAGES, self.payload)


class Writer(Protocol):
    """Does what people do, with the payload in every field."""

    async def make_programme(self, attack: Attack) -> None:
        """A programme, its survey and, where somebody may, the words of its mails."""

    async def schedule(self, attack: Attack, after: timedelta) -> str:
        """A session; its id."""

    async def register(self, attack: Attack, session: str) -> None:
        """A person for a session."""

    async def propose(self, attack: Attack, what: str) -> str:
        """A proposal; its id."""

    async def cancel(self, attack: Attack) -> None:
        """A session, with the reason."""

    async def publish_materials(self, attack: Attack) -> None:
        """Of the session that has ended."""

    async def merge(self, attack: Attack) -> None:
        """One proposal into another."""

    async def answer(self, attack: Attack) -> None:
        """A proposal, in words."""

    async def decline(self, attack: Attack) -> None:
        """A proposal, with the reason."""

    async def comment(self, attack: Attack, link: str) -> None:
        """On the session, behind the link of the survey."""

    async def publish_results(self, session: str) -> None:
        """Of a session before its survey closes."""


async def attack_everything(installation: Embedded, writer: Writer, attacks: list[Attack], commented: str) -> None:
    """Write every payload in every field and collect the mails that come of it. `commented` is a session for all."""
    for attack in attacks:
        attack.sessions["commented"] = commented
    for attack in attacks:
        await _begin(installation, writer, attack, commented)
    await asyncio.gather(*(_receive(installation, attack, FIRST_MAILS) for attack in attacks))
    for attack in attacks:
        await _go_on(installation, writer, attack)
    await installation.staff("POST", f"/sessions/{commented}/end", {})
    await asyncio.gather(*(_receive(installation, attack, MAILS) for attack in attacks))
    for attack in attacks:
        await writer.comment(attack, await _survey_link(installation, attack, commented))
    await writer.publish_results(commented)


async def _begin(installation: Embedded, writer: Writer, attack: Attack, commented: str) -> None:
    await writer.make_programme(attack)
    for name, days in (("cancelled", 30), ("ended", 1)):
        session = await writer.schedule(attack, timedelta(days=days, minutes=attack.number))
        attack.sessions[name] = session
        await writer.register(attack, session)
    await writer.register(attack, commented)

    async def known() -> None:  # the programme, to the service of proposals
        for what in PROPOSALS:
            if what not in attack.proposals:
                attack.proposals[what] = await writer.propose(attack, what)

    await eventually(known)


async def _go_on(installation: Embedded, writer: Writer, attack: Attack) -> None:
    await writer.cancel(attack)
    await installation.staff("POST", f"/sessions/{attack.sessions['ended']}/end", {})
    await writer.publish_materials(attack)
    await writer.merge(attack)
    await writer.answer(attack)
    await writer.decline(attack)


async def _receive(installation: Embedded, attack: Attack, kinds: tuple[str, ...]) -> None:
    async def check() -> None:
        attack.mails = await installation.mails(attack.email)
        missing = set(kinds) - {mail["kind"] for mail in attack.mails}
        assert not missing, f"{attack.payload!r}: no {missing} yet"

    await eventually(check, within=MAIL_SECONDS, every=0.5)


async def _survey_link(installation: Embedded, attack: Attack, session: str) -> str:
    """The path of the survey about the session that all attack."""
    found: list[str] = []

    async def check() -> None:
        mails = [mail for mail in await installation.mails(attack.email) if mail["kind"] == "survey"]
        found[:] = [installation.link(mail, "survey") for mail in mails if SHARED in mail["subject"]]
        assert found, f"no survey about {SHARED} yet"

    await eventually(check, within=MAIL_SECONDS, every=0.2)
    return found[0]
