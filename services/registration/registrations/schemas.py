"""Registrations, as people make them and as they and the office see them."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.registration.registrations.domain import RegistrationState
from services.registration.registrations.usecases import RegistrationView
from shared.events.vocabulary import Language, SessionStatus
from shared.problems import mark
from shared.text.addresses import EmailAddress
from shared.text.fields import OneLine
from shared.web.schemas import RequestModel, Yes

CONSENT_NEEDED = mark("To register, the notice on personal data must be accepted.")


def _accepted(consent: bool) -> bool:
    if not consent:
        raise ValueError(CONSENT_NEEDED)
    return consent


class PersonIn(RequestModel):
    """Who comes to a session."""

    name: Annotated[OneLine, Field(min_length=1, max_length=200)]
    entity: Annotated[str, Field(min_length=1, max_length=40)]
    """Code of the directory."""
    role: Annotated[OneLine, Field(max_length=200)] = ""
    language: Language = Language.CA


class RegistrationIn(PersonIn):
    """Who registers for a session."""

    email: EmailAddress
    consent: Annotated[Yes, AfterValidator(_accepted)]
    """The notice on personal data was read and accepted."""


class RegistrationAccepted(BaseModel):
    """The answer to every accepted registration, new or not; what came of it is told by mail."""

    session: str
    status: Literal["accepted"] = "accepted"


class RegistrationOut(BaseModel):
    """A registration as the person sees it who holds its link."""

    status: RegistrationState
    name: str
    email: str
    entity: str
    entity_name: str
    role: str
    language: Language
    attended: bool
    session_id: str
    programme: str
    title: dict[Language, str]
    starts_at: datetime
    ends_at: datetime
    session_status: SessionStatus
    join_url: str | None
    """From a quarter of an hour before the start until an hour after the end, for who has a seat."""

    @classmethod
    def of(cls, view: RegistrationView) -> Self:
        registration, session = view.registration, view.session
        return cls(
            status=registration.state,
            name=registration.name,
            email=registration.email,
            entity=registration.entity_code,
            entity_name=registration.entity_name,
            role=registration.role,
            language=registration.language,
            attended=registration.attended_at is not None,
            session_id=session.id,
            programme=session.programme,
            title=session.title,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            session_status=session.status,
            join_url=view.join_url or None,
        )


class RegistrationForStaff(BaseModel):
    """A registration as the office sees it: personal data."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    status: Annotated[RegistrationState, Field(validation_alias="state")]
    name: str
    email: str
    entity: Annotated[str, Field(validation_alias="entity_code")]
    entity_name: str
    role: str
    language: Language
    registered_at: Annotated[datetime, Field(validation_alias="arrived_at")]
    promoted: bool
    attended_at: datetime | None
