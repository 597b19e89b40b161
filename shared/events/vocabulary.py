"""Values that several events speak of: languages, kinds and states, texts in several languages, snapshots."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.problems import mark


class Language(StrEnum):
    """Languages of pages and mails; Catalan is the first."""

    CA = "ca"
    ES = "es"
    EN = "en"


NO_WORDS = mark("Write it in at least one language.")


def _has_words(texts: dict[Language, str]) -> dict[Language, str]:
    if not any(text.strip() for text in texts.values()):
        raise ValueError(NO_WORDS)
    return texts


Texts = Annotated[dict[Language, Annotated[str, Field(max_length=4000)]], AfterValidator(_has_words)]
"""One text in one or more languages."""

ShortTexts = Annotated[dict[Language, Annotated[str, Field(max_length=300)]], AfterValidator(_has_words)]
"""A name, title or question in one or more languages."""


def in_language(texts: Mapping[Language, str], language: Language) -> str:
    """The text in that language, else in Catalan, else in the first language that has words."""
    return texts.get(language_of(texts, language), "").strip()


def language_of(texts: Mapping[Language, str], language: Language) -> Language:
    """The language of the text that `in_language` finds."""
    return next((choice for choice in (language, Language.CA, *texts) if texts.get(choice, "").strip()), language)


def reads_otherwise(before: Mapping[Language, str], after: Mapping[Language, str], language: Language) -> bool:
    """Whether readers of that language find other words in the text after than before."""
    return in_language(before, language).split() != in_language(after, language).split()


class EntityKind(StrEnum):
    """Kinds of local entities that take part."""

    MUNICIPALITY = "municipality"
    COMARCAL_COUNCIL = "comarcal_council"
    ARAN_COUNCIL = "aran_council"
    PROVINCIAL_COUNCIL = "provincial_council"


class ProgrammeKind(StrEnum):
    """How a programme runs."""

    SERIES = "series"
    COHORT = "cohort"


class SessionStatus(StrEnum):
    """Where a session is in its life; a postponement keeps it scheduled with another start."""

    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"
    ENDED = "ended"


class Audience(StrEnum):
    """For whom a session is."""

    EVERYBODY = "everybody"
    MEMBERS = "members"
    """The entities that take part in the programme's phases."""
    ENTITIES = "entities"
    """Those that the session names."""


class RegistrationStatus(StrEnum):
    """Where a registration stands."""

    REGISTERED = "registered"
    WAITING = "waiting"
    CANCELLED = "cancelled"


class ProposalState(StrEnum):
    """States of a proposal, as the programme office names them."""

    RECEIVED = "received"
    UNDER_REVIEW = "under_review"
    SCHEDULED = "scheduled"
    ANSWERED_IN_SESSION = "answered_in_session"
    DECLINED = "declined"
    MERGED = "merged"


class ProposalKind(StrEnum):
    """A topic for a session or a recurrent doubt."""

    TOPIC = "topic"
    DOUBT = "doubt"


class FollowerRole(StrEnum):
    """Why a person is told what becomes of a proposal."""

    AUTHOR = "author"
    SUPPORTER = "supporter"


class PetitionState(StrEnum):
    """Where a petition stands."""

    RECEIVED = "received"
    UNDER_REVIEW = "under_review"
    RESERVE = "reserve"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class MembershipState(StrEnum):
    """Whether an entity is on its way through a programme's phases."""

    ACTIVE = "active"
    FINISHED = "finished"
    LEFT = "left"


class ContactSubject(StrEnum):
    """What a contact is told of."""

    PETITION = "petition"
    MEMBERSHIP = "membership"


class Snapshot(BaseModel):
    """Base of what events carry of an aggregate: frozen, tolerant of fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
