"""The attack from the first programme to the last comment, and the mails that come of it."""

from datetime import timedelta

from tests.security.attacks import SHARED, Attack
from tests.security.writers import ByTheForms
from tests.support.embedded import Embedded
from tests.support.probes import eventually

FIRST_MAILS = ("confirmation", "proposal_received", "petition_received", "petition_offered", "membership_started")
MAILS = (
    *FIRST_MAILS, "session_cancelled", "survey", "materials", "proposal_answered", "proposal_declined",
    "proposal_merged",
)  # fmt: skip
PROPOSALS = ("answered", "declined", "merged")
MAIL_SECONDS = 90


async def attack_everything(installation: Embedded, writer: ByTheForms, attacks: list[Attack], commented: str) -> None:
    """Write every payload in every field and collect the mails that come of it. `commented` is a session for all."""
    for attack in attacks:
        attack.sessions["commented"] = commented
    for attack in attacks:
        await _begin(installation, writer, attack, commented)
    await _receive_all(installation, attacks, FIRST_MAILS)
    for attack in attacks:
        await _go_on(installation, writer, attack)
    await installation.staff("POST", f"/sessions/{commented}/end", {})
    await _receive_all(installation, attacks, MAILS)
    for attack in attacks:
        await writer.comment(attack, await _survey_link(installation, attack, commented))
    await writer.publish_results(commented)


async def _begin(installation: Embedded, writer: ByTheForms, attack: Attack, commented: str) -> None:
    await writer.make_programme(attack)
    await writer.add_resource(attack)
    await writer.ask_for_a_place(attack)
    await writer.accompany(attack)
    await writer.add_person(attack)
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


async def _go_on(installation: Embedded, writer: ByTheForms, attack: Attack) -> None:
    await writer.cancel(attack)
    await installation.staff("POST", f"/sessions/{attack.sessions['ended']}/end", {})
    await writer.publish_materials(attack)
    await writer.merge(attack)
    await writer.answer(attack)
    await writer.decline(attack)


async def _receive_all(installation: Embedded, attacks: list[Attack], kinds: tuple[str, ...]) -> None:
    """One after the other: when the first has everything, so have nearly all, and nobody asked in vain."""
    for attack in attacks:
        await _receive(installation, attack, kinds)


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
