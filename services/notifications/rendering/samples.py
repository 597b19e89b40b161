"""A session, a proposal, a membership, a petition and somebody who do not exist, to show what a mail looks like."""

from datetime import datetime, timedelta

from services.notifications.deliveries.domain import CONTACT_KINDS, SESSION_KINDS, DeliveryKind
from services.notifications.projections.domain import (
    KnownMembership,
    KnownOffer,
    KnownPetition,
    KnownProgramme,
    KnownProposal,
    KnownSession,
)
from services.notifications.rendering.domain import MailContext
from services.notifications.rendering.wording import Wording
from shared import ids
from shared.events.registration import Material
from shared.events.support import Finding
from shared.events.vocabulary import (
    Language,
    MembershipState,
    PetitionState,
    ProposalKind,
    ProposalState,
    SessionStatus,
)

PERSON_NAME = "Maria Vila"
ENTITY = "Ajuntament de Mostra"
TOKEN = "mostra"  # noqa: S105  opens nothing
_SESSION = ids.encode(b"a session ")
_PROPOSAL = ids.encode(b"a proposal")
_TITLE = {Language.CA: "Sessió de mostra", Language.ES: "Sesión de muestra", Language.EN: "Sample session"}
_TITLE_BEFORE = {Language.CA: "Títol d'abans", Language.ES: "Título anterior", Language.EN: "Former title"}
_PROPOSED = {Language.CA: "Tema de mostra", Language.ES: "Tema de muestra", Language.EN: "Sample topic"}
_OTHER = {
    Language.CA: "Un altre tema de mostra",
    Language.ES: "Otro tema de muestra",
    Language.EN: "Another sample topic",
}
_MATERIAL = {Language.CA: "Presentació", Language.ES: "Presentación", Language.EN: "Slides"}
_PHASE = {Language.CA: "Fase de mostra", Language.ES: "Fase de muestra", Language.EN: "Sample phase"}
_STEP = {Language.CA: "Pas de mostra", Language.ES: "Paso de muestra", Language.EN: "Sample step"}
_OFFERED = {Language.CA: "Oferta de mostra", Language.ES: "Oferta de muestra", Language.EN: "Sample offer"}
_FOUND = {
    Language.CA: "Una condició de mostra.",
    Language.ES: "Una condición de muestra.",
    Language.EN: "A sample condition.",
}
_REASON = {Language.CA: "Motiu de mostra.", Language.ES: "Motivo de muestra.", Language.EN: "Sample reason."}


def sample_context(
    kind: DeliveryKind, language: Language, programme: KnownProgramme, wording: Wording, now: datetime
) -> MailContext:
    """The context of a sample mail of that kind."""
    session = _session(language, programme, (now + timedelta(days=7)).replace(minute=0, second=0, microsecond=0))
    if kind in SESSION_KINDS:
        closes_at = session.starts_at + timedelta(days=programme.survey_days)
        return MailContext(programme, session, survey_closes_at=closes_at, wording=wording)
    if kind.startswith("petition_"):
        petition, offer = _petition(language, programme, session.starts_at), _offer(language, programme)
        return MailContext(programme, petition=petition, offer=offer, wording=wording)
    if kind in CONTACT_KINDS:
        return MailContext(programme, membership=_membership(language, programme, session.starts_at), wording=wording)
    return MailContext(programme, session, _proposal(language, programme), wording=wording)


def _session(language: Language, programme: KnownProgramme, starts_at: datetime) -> KnownSession:
    return KnownSession(
        id=_SESSION,
        seen=1,
        programme=programme.id,
        title={language: _TITLE[language]},
        starts_at=starts_at,
        previous_starts_at=starts_at - timedelta(days=7),
        previous_title={language: _TITLE_BEFORE[language]},
        duration_minutes=60,
        previous_duration_minutes=45,
        status=SessionStatus.SCHEDULED,
        cancel_reason={language: _REASON[language]},
        recording_url="https://example.org/",
        materials=[Material(title=_MATERIAL[language], url="https://example.org/")],
    )


def _proposal(language: Language, programme: KnownProgramme) -> KnownProposal:
    return KnownProposal(
        id=_PROPOSAL,
        seen=1,
        programme=programme.id,
        kind=ProposalKind.TOPIC,
        title=_PROPOSED[language],
        state=ProposalState.SCHEDULED,
        session_id=_SESSION,
        reason=_REASON[language],
        merged_into_title=_OTHER[language],
    )


def _offer(language: Language, programme: KnownProgramme) -> KnownOffer:
    title = {language: _OFFERED[language]}
    return KnownOffer(id=_PROPOSAL, seen=1, programme=programme.id, title=title, places=10, answer_days=30)


def _petition(language: Language, programme: KnownProgramme, until: datetime) -> KnownPetition:
    return KnownPetition(
        id=_PROPOSAL,
        seen=1,
        programme=programme.id,
        offer_id=_PROPOSAL,
        entity="",
        state=PetitionState.OFFERED,
        offered_until=until,
        place_in_reserve=1,
        findings=[Finding(passed=True, text={language: _FOUND[language]})],
    )


def _membership(language: Language, programme: KnownProgramme, due_at: datetime) -> KnownMembership:
    return KnownMembership(
        id=_PROPOSAL,
        seen=1,
        programme=programme.id,
        entity="",
        state=MembershipState.ACTIVE,
        phase_name={language: _PHASE[language]},
        step=1,
        next_step=_STEP[language],
        due_on=due_at.date(),
    )
