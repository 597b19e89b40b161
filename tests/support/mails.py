"""A programme, a session, a proposal and people, as notifications knows them, to write mails from."""

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import services.notifications
from services.notifications.deliveries.domain import (
    CONTACT_KINDS,
    MAILBOX_KINDS,
    SESSION_KINDS,
    Delivery,
    DeliveryKind,
    make_delivery,
)
from services.notifications.projections.domain import (
    KnownContact,
    KnownFollower,
    KnownMembership,
    KnownOffer,
    KnownPetition,
    KnownProgramme,
    KnownProposal,
    KnownRegistration,
    KnownSession,
    Recipient,
)
from services.notifications.rendering.domain import MailContext
from services.notifications.rendering.messages import Composer
from services.notifications.surveys.domain import LinkMaker
from shared import ids
from shared.events.registration import Material
from shared.events.support import Finding
from shared.events.vocabulary import (
    ContactSubject,
    FollowerRole,
    Language,
    MembershipState,
    PetitionState,
    ProposalKind,
    ProposalState,
    RegistrationStatus,
    SessionStatus,
)
from shared.security.links import Links
from shared.text.catalogues import Translations

LOCALE = Path(services.notifications.__file__).parent / "locale"
WORDS = Translations(LOCALE)
SENDER = "dijous@dijous.example"
DOMAIN = "dijous.example"
SESSION = "sessionaaaaaaaaa"
PROPOSAL = "proposalaaaaaaaa"
MEMBERSHIP = "gomunicipal:2500450006"
OFFER, PETITION = "gomunicipal:pilot", ids.encode(b"a petition")
PERSON = "personaaaaaaaaaaaaaaaaaaaa"
SURVEY_KEY = b"k" * 32
LINKS = Links("https://dijous.example", "s" * 40)
NOW = datetime(2024, 4, 20, 8, tzinfo=UTC)
STARTS_AT = datetime(2024, 4, 25, 8, tzinfo=UTC)
SESSION_END = STARTS_AT + timedelta(hours=1)
CLOSES_AT = datetime(2024, 5, 8, 22, 30, tzinfo=UTC)


def make_composer() -> Composer:
    """A composer over the shipped templates and words."""
    return Composer(WORDS, LINKS, SENDER, DOMAIN)


def make_programme(**changes: Any) -> KnownProgramme:
    """The reference series."""
    values: dict[str, Any] = {
        "name": {"ca": "Dijous GOmunicipal"},
        "time_zone": "Europe/Madrid",
        "organiser": "Consorci",
        "reply_to": "oficina@consorci.example",
        "reminders_minutes": [1440, 60],
        "survey_days": 14,
        "survey_reminder_days": 7,
    }
    return KnownProgramme(id="gomunicipal", seen=1, **values | changes)


def make_session(**changes: Any) -> KnownSession:
    """A session on 25 April 2024 at ten in Madrid."""
    values: dict[str, Any] = {
        "programme": "gomunicipal",
        "title": {"ca": "El portal de transparència: on som i cap a on anem?"},
        "starts_at": STARTS_AT,
        "duration_minutes": 60,
        "status": SessionStatus.SCHEDULED,
        "recording_url": "https://video.example/1",
        "materials": [Material(title="Presentació", url="https://files.example/1.pdf?a=1&b=2")],
        "previous_starts_at": datetime(2024, 4, 18, 8, tzinfo=UTC),
        "previous_title": {"ca": "El portal <nou>"},
        "previous_duration_minutes": 45,
        "cancel_reason": {"ca": "Vaga de <trens>"},
    }
    return KnownSession(id=SESSION, seen=1, **values | changes)


def make_proposal(**changes: Any) -> KnownProposal:
    """A topic that somebody proposed."""
    values: dict[str, Any] = {
        "programme": "gomunicipal",
        "kind": ProposalKind.TOPIC,
        "title": "Com publiquem els contractes menors?",
        "state": ProposalState.SCHEDULED,
        "session_id": SESSION,
        "reason": "Perquè sí.",
        "merged_into": "otheraaaaaaaaaaa",
    }
    return KnownProposal(id=PROPOSAL, seen=1, **values | changes)


def make_registration(**changes: Any) -> KnownRegistration:
    """A person of a council."""
    values: dict[str, Any] = {
        "id": PERSON,
        "seen": 1,
        "email": "nuria@alamus.example",
        "language": Language.CA,
        "name": "Núria Puig",
        "session_id": SESSION,
        "status": RegistrationStatus.REGISTERED,
        "entity_code": "2500450006",
        "entity_name": "Ajuntament dels Alamús",
    }
    return KnownRegistration(**values | changes)


def make_follower(**changes: Any) -> KnownFollower:
    """A person who follows the proposal."""
    values: dict[str, Any] = {
        "id": PERSON,
        "seen": 1,
        "email": "nuria@alamus.example",
        "language": Language.CA,
        "proposal_id": PROPOSAL,
        "role": FollowerRole.AUTHOR,
    }
    return KnownFollower(**values | changes)


def make_membership(**changes: Any) -> KnownMembership:
    """A council on its way through the phases, with a next step."""
    values: dict[str, Any] = {
        "programme": "gomunicipal",
        "entity": "2500450006",
        "state": MembershipState.ACTIVE,
        "phase_name": {"ca": "Disseny del <projecte>"},
        "step": 1,
        "next_step": "Nomenar les persones administradores",
        "due_on": date(2024, 5, 6),
    }
    return KnownMembership(id=MEMBERSHIP, seen=1, **values | changes)


def make_petition(**changes: Any) -> KnownPetition:
    """A council's petition, to which a place is offered."""
    values: dict[str, Any] = {
        "programme": "gomunicipal",
        "offer_id": OFFER,
        "entity": "2500450006",
        "state": PetitionState.OFFERED,
        "step": 1,
        "offered_until": SESSION_END,
        "place_in_reserve": 2,
        "findings": [Finding(passed=False, text={"ca": "És només per a <ajuntaments>."})],
    }
    return KnownPetition(id=PETITION, seen=1, **values | changes)


def make_offer(**changes: Any) -> KnownOffer:
    """What the petition is for."""
    values: dict[str, Any] = {"programme": "gomunicipal", "title": {"ca": "Pilot de <Decidim>"}, "answer_days": 30}
    return KnownOffer(id=OFFER, seen=1, **values | changes)


def make_contact(**changes: Any) -> KnownContact:
    """A contact of the membership."""
    values: dict[str, Any] = {
        "id": PERSON,
        "seen": 1,
        "email": "nuria@alamus.example",
        "language": Language.CA,
        "name": "Núria Puig",
        "about": ContactSubject.MEMBERSHIP,
        "about_id": MEMBERSHIP,
        "entity_name": "Ajuntament dels Alamús",
    }
    return KnownContact(**values | changes)


def context_of(
    kind: DeliveryKind,
    *,
    programme: KnownProgramme | None = None,
    session: KnownSession | None = None,
    closes_at: datetime | None = CLOSES_AT,
    proposal: KnownProposal | None = None,
    membership: KnownMembership | None = None,
    petition: KnownPetition | None = None,
) -> MailContext:
    """What a mail of that kind is about."""
    programme, session = programme or make_programme(), session or make_session()
    if kind in SESSION_KINDS:
        links = LinkMaker(SURVEY_KEY, session.id)
        return MailContext(programme, session, survey_links=links, survey_closes_at=closes_at)
    if kind.startswith("petition_"):
        return MailContext(programme, petition=petition or make_petition(), offer=make_offer())
    if kind in CONTACT_KINDS:
        return MailContext(programme, membership=membership or make_membership())
    proposal = proposal or make_proposal()
    return MailContext(programme, session if proposal.session_id else None, proposal)


def delivery_of(kind: DeliveryKind, *, recipient: Recipient | None = None, **changes: Any) -> Delivery:
    """A delivery of that kind, due now."""
    subject = SESSION if kind in SESSION_KINDS else MEMBERSHIP if kind in CONTACT_KINDS else PROPOSAL
    subject = PETITION if kind.startswith("petition_") else subject
    person = recipient.id if recipient else PERSON
    delivery = make_delivery(kind, subject, person, due_at=NOW, now=NOW, round_="1")
    return delivery.model_copy(update=changes)


def recipient_of(kind: DeliveryKind, **changes: Any) -> Recipient:
    """Somebody who gets mails of that kind."""
    if kind is DeliveryKind.REGISTRATION_CANCELLED:
        return make_registration(**{"status": RegistrationStatus.CANCELLED} | changes)
    if kind in MAILBOX_KINDS:
        mailbox: dict[str, Any] = {"id": "gomunicipal:", "seen": 1, "email": "nuria@alamus.example"}
        return Recipient(**{**mailbox, "language": Language.CA} | changes)
    if kind in CONTACT_KINDS:
        return make_contact(**changes)
    return make_registration(**changes) if kind in SESSION_KINDS else make_follower(**changes)


def parsed(raw: bytes) -> EmailMessage:
    """A mail as a mail program reads it."""
    return message_from_bytes(raw, policy=policy.default)  # type: ignore[return-value]  # typed as of the old policy


def composed(kind: DeliveryKind, recipient: Recipient | None = None, **context: Any) -> EmailMessage:
    """A mail of that kind, read again; `context` as in `context_of`."""
    recipient = recipient or recipient_of(kind)
    return parsed(make_composer().compose(delivery_of(kind), context_of(kind, **context), recipient))


def parts(message: EmailMessage) -> dict[str, str]:
    """Its parts by their types."""
    return {part.get_content_type(): part.get_content() for part in message.iter_parts()}
