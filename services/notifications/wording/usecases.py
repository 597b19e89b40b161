"""How each mail reads, and what a programme adds to it."""

from dataclasses import dataclass

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.projections.domain import KnownProgramme
from services.notifications.projections.store import KnownStore
from services.notifications.rendering import samples
from services.notifications.rendering.mail_texts import MailText, MailTexts, Personal
from services.notifications.rendering.wording import NOTHING, Addition, ProgrammeUnknownProblem, Wording, with_addition
from shared.clock import Clock
from shared.events.vocabulary import Language
from shared.staff import StaffMember
from shared.storage.aggregates import Aggregates
from shared.storage.records import Author

ADJUSTED, RESET = "wording.adjusted", "wording.reset"
"""The acts in the audit."""


@dataclass(frozen=True, slots=True)
class Wordings:
    """What the office sees and changes of the mails' words."""

    _known: KnownStore
    _wordings: Aggregates[Wording]
    _texts: MailTexts
    _clock: Clock

    async def programmes(self) -> list[KnownProgramme]:
        """The programmes whose mails can be adjusted."""
        return await self._known.programmes()

    async def read(self, slug: str) -> tuple[KnownProgramme, Wording]:
        """A programme and what it adds.

        Raises:
            ProgrammeUnknownProblem: no event told of it.
        """
        programme = await self._known.programme(slug)
        if programme is None:
            raise ProgrammeUnknownProblem
        return programme, await self._wordings.get(slug) or Wording(id=slug)

    async def preview(self, slug: str, kind: DeliveryKind, language: Language, addition: Addition) -> MailText:
        """How a mail would read with that addition, about a session or a proposal that does not exist.

        Raises:
            ProgrammeUnknownProblem: no event told of it.
        """
        programme, _ = await self.read(slug)
        wording, _ = with_addition(kind, language, addition)(Wording(id=slug))
        context = samples.sample_context(kind, language, programme, wording, self._clock())
        personal = dict.fromkeys(Personal, samples.TOKEN)
        personal |= {Personal.NAME: f", {samples.PERSON_NAME}", Personal.ENTITY: samples.ENTITY}
        return self._texts.render(kind, language, context, personal)

    async def adjust(
        self, member: StaffMember, slug: str, kind: DeliveryKind, language: Language, addition: Addition
    ) -> None:
        """Set what a programme adds to a kind of mail. An empty addition brings the default back.

        Raises:
            ProgrammeUnknownProblem: no event told of it.
        """
        await self.read(slug)
        details = {"kind": kind, "language": language, **addition.model_dump()}
        by = Author(member, RESET if addition == NOTHING else ADJUSTED)
        await self._wordings.create(Wording(id=slug))
        await self._wordings.change(slug, with_addition(kind, language, addition), record=by.record(slug, details))
