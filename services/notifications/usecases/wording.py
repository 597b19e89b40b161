"""The words of the mails: how each reads, and what a programme adds to them."""

from services.notifications.domain import samples
from services.notifications.domain.deliveries import DeliveryKind
from services.notifications.domain.known import KnownProgramme
from services.notifications.domain.problems import ProgrammeUnknownProblem
from services.notifications.domain.wording import NOTHING, Addition, Wording, with_addition
from services.notifications.letters import Letter, Letters, Personal
from services.notifications.store import NotificationsStore
from shared.audit import Audit
from shared.clock import Clock
from shared.events.vocabulary import Language
from shared.staff import StaffMember

ADJUSTED, RESET = "wording.adjusted", "wording.reset"
"""What the audit calls the two acts."""


class Wordings:
    """The verbs of the mails' words."""

    def __init__(self, store: NotificationsStore, letters: Letters, audit: Audit, clock: Clock) -> None:
        self._store = store
        self._letters = letters
        self._audit = audit
        self._clock = clock

    async def programmes(self) -> list[KnownProgramme]:
        """The programmes whose mails can be adjusted."""
        return await self._store.known.programmes()

    async def read(self, slug: str) -> tuple[KnownProgramme, Wording]:
        """A programme and what it adds.

        Raises:
            ProgrammeUnknownProblem: no event told of it.
        """
        programme = await self._store.known.programme(slug)
        if programme is None:
            raise ProgrammeUnknownProblem
        return programme, await self._store.wordings.get(slug) or Wording(id=slug)

    async def preview(self, slug: str, kind: DeliveryKind, language: Language, addition: Addition) -> Letter:
        """How a mail would read with that addition, about a session or a proposal that does not exist.

        Raises:
            ProgrammeUnknownProblem: no event told of it.
        """
        programme, _ = await self.read(slug)
        wording, _ = with_addition(kind, language, addition)(Wording(id=slug))
        matter = samples.sample_matter(kind, language, programme, wording, self._clock())
        personal = dict.fromkeys(Personal, samples.TOKEN)
        personal |= {Personal.NAME: f", {samples.NAME}", Personal.ENTITY: samples.ENTITY}
        return self._letters.render(kind, language, matter, personal)

    async def adjust(
        self, member: StaffMember, slug: str, kind: DeliveryKind, language: Language, addition: Addition
    ) -> None:
        """Have a kind of mail of a programme read so from now on. An empty addition brings the default back.

        Raises:
            ProgrammeUnknownProblem: no event told of it.
        """
        await self.read(slug)
        details = {"kind": kind, "language": language, "introduction": addition.introduction}
        act = RESET if addition == NOTHING else ADJUSTED
        await self._audit.record(member, act, slug, details | {"closing": addition.closing})
        await self._store.wordings.create(Wording(id=slug))
        await self._store.wordings.change(slug, with_addition(kind, language, addition))
