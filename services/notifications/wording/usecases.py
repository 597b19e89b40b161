"""How each mail reads, and what a programme adds to it."""

from dataclasses import dataclass

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.projections.domain import KnownProgramme
from services.notifications.projections.store import Projections
from services.notifications.rendering import samples
from services.notifications.rendering.mail_texts import MailText, MailTexts, Personal
from services.notifications.rendering.wording import NOTHING, Addition, ProgrammeUnknownProblem, Wording, with_addition
from shared.clock import Clock
from shared.events.vocabulary import Language
from shared.security.actions import Action
from shared.staff import Role, StaffMember
from shared.storage.aggregates import Aggregates
from shared.storage.records import Author


@dataclass(eq=False)
class Wordings:
    _known: Projections
    _wordings: Aggregates[Wording]
    _texts: MailTexts
    _clock: Clock

    def __post_init__(self) -> None:
        self._adjust = Action("wording.adjusted", Role.ADMIN, self._set)
        self._reset = Action("wording.reset", Role.ADMIN, self._set)

    async def programmes(self) -> list[KnownProgramme]:
        return [programme async for programme in self._known.programmes.each()]

    async def read(self, slug: str) -> tuple[KnownProgramme, Wording]:
        """Raises ProgrammeUnknownProblem."""
        programme = await self._known.programmes.get(slug)
        if programme is None:
            raise ProgrammeUnknownProblem
        return programme, await self._wordings.get(slug) or Wording(id=slug)

    async def preview(self, slug: str, kind: DeliveryKind, language: Language, addition: Addition) -> MailText:
        """How a mail reads with that addition, about an invented session or proposal.

        Raises ProgrammeUnknownProblem.
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
        """Set what a programme adds to a kind of mail. An empty addition is another act: it restores the default.

        Raises ForbiddenProblem, ProgrammeUnknownProblem.
        """
        act = self._reset if addition == NOTHING else self._adjust
        await act(member, slug, kind, language, addition)

    async def _set(self, by: Author, slug: str, kind: DeliveryKind, language: Language, addition: Addition) -> None:
        await self.read(slug)
        details = {"kind": kind, "language": language, **addition.model_dump()}
        await self._wordings.create(Wording(id=slug))
        await self._wordings.change(slug, with_addition(kind, language, addition), record=by.record(slug, details))
