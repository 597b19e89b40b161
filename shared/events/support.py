"""Events that the registration service publishes of what it does for single entities: assistances, offers, petitions,
memberships, and the contacts who are told."""

from datetime import date

from pydantic import AwareDatetime

from shared.events.base import Event, Stream
from shared.events.vocabulary import ContactSubject, Language, MembershipState, PetitionState, ShortTexts, Snapshot


class AssistanceEvent(Event, source="registration", key="assistance_id"):
    """One entity's use of a resource of the catalogue, as it is now."""

    assistance_id: str
    """Opaque; the same for one resource, entity and reference."""
    resource: str
    """Slug of the resource."""
    entity: str
    requested_on: date | None = None
    finished_on: date | None = None


class AssistanceRequested(AssistanceEvent, name="entities.assistance-requested"):
    """An entity asked for a resource of the catalogue, or its finish was taken back."""


class AssistanceFinished(AssistanceEvent, name="entities.assistance-finished"):
    """An entity's assistance is finished. A day ahead says when it will be."""


class OfferPublished(Event, name="offers.offer-published", source="registration", key="offer_id"):
    """Entities may ask a programme for something, or the terms of that changed."""

    offer_id: str
    """`<programme>:<slug>`"""
    programme: str
    title: ShortTexts
    opens_at: AwareDatetime | None = None
    closes_at: AwareDatetime | None = None
    places: int | None = None
    answer_days: int | None = None
    """Days within which the office commits itself to answer; None for no commitment."""
    offer_days: int = 14
    """Days that an entity has to accept the place offered to it."""


class Finding(Snapshot):
    """What the official data say of an entity about one condition of an offer."""

    passed: bool | None
    """None: it cannot be checked."""
    text: ShortTexts


class PetitionEvent(Event, source="registration", key="petition_id"):
    """What all events of a petition carry: no person, no free text."""

    petition_id: str
    offer_id: str
    programme: str
    entity: str
    state: PetitionState
    owner: str = ""
    """Key of the body that answers it; empty for the office."""
    step: int = 0
    """How many steps it has taken since it was received."""
    handovers: int = 0
    """How often it went to another owner."""


class PetitionReceived(PetitionEvent, name="petitions.petition-received"):
    """An entity asked under an offer."""

    findings: list[Finding] = []


class PetitionAdvanced(PetitionEvent, name="petitions.petition-advanced"):
    """A petition has another state: that is another step. Or another owner: another handover. Or no contact now."""

    offered_until: AwareDatetime | None = None
    """Until when the place offered can be accepted."""
    place_in_reserve: int | None = None


class MembershipEvent(Event, source="registration", key="membership_id"):
    """What all events of a membership carry: no person, no free text."""

    membership_id: str
    """`<programme>:<entity>`"""
    programme: str
    entity: str
    state: MembershipState
    phase: str
    """Key of the phase it is in, or finished or left in."""
    phase_name: ShortTexts
    mentor: str = ""
    """Key of the body that accompanies it."""
    step: int = 0
    """How many steps it has taken since it began."""


class MembershipStarted(MembershipEvent, name="memberships.membership-started"):
    """An entity takes part in a programme's phases."""


class MembershipAdvanced(MembershipEvent, name="memberships.membership-advanced"):
    """An entity went on to another phase, or back to one: that is another step. Or it has another mentor, or other
    contacts: the same step again."""


class MembershipEnded(MembershipEvent, name="memberships.membership-ended"):
    """An entity finished the phases or left."""


class NextStepSet(
    MembershipEvent, name="people.next-step-set", source="registration", key="membership_id", stream=Stream.PEOPLE
):
    """What an entity is to do next, and by when. Both empty: nothing any more. The office's free text, so it travels
    in the people stream."""

    text: str = ""
    due_on: date | None = None


class ContactNamed(Event, name="people.contact-named", source="registration", key="contact_id", stream=Stream.PEOPLE):
    """A person is to be told what becomes of a petition or a membership."""

    contact_id: str
    about: ContactSubject
    about_id: str
    """Id of the petition or the membership."""
    programme: str
    entity: str
    entity_name: str
    name: str
    email: str
    language: Language
    generation: int = 1
    """Raised when somebody who was erased is named again: a new round of mails."""
    step: int = 0
    """How many steps the petition or membership had taken by then: the person is told of later ones."""


class ContactErased(Event, name="people.contact-erased", source="registration", key="contact_id", stream=Stream.PEOPLE):
    """A contact's name and address are erased: whoever keeps them forgets them too. Holds neither."""

    contact_id: str
    about: ContactSubject
    about_id: str
    generation: int = 1
