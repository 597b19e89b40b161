"""Settings of the registration service, from the environment."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from services.registration.accounts.domain import SignInRules
from services.registration.accounts.passkeys import RelyingParty
from shared.settings import A_MAIL_ADDRESS, MAIL_ADDRESS, ServiceSettings, shaped


class Settings(ServiceSettings):
    """What registration reads besides the common settings."""

    sweep_seconds: Annotated[float, Field(gt=0)] = 5
    """How often unfinished work is looked for, and how old it must be to be taken up."""
    end_after_minutes: Annotated[int, Field(ge=0)] = 60
    """A session that nobody ended is ended so long after its planned end."""

    oidc_issuer: str = ""
    """The OIDC provider with which the office signs in beside its local accounts; empty for none."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_role_claim: str = "roles"
    """The claim in which the provider says viewer, editor or admin; who has none must be added in the office."""
    oidc_verified_claim: str = "email_verified"
    """The claim that says whether the provider has verified the address: true. Entra ID has `xms_edov` for it."""
    office_session_hours: Annotated[int, Field(ge=1, le=24)] = 8
    """Hours after which somebody of the office has to sign in again, whatever they do."""
    admins_need_passkey: bool = False
    """Whether administrators with a local account need a passkey beside the password."""

    @property
    def has_oidc(self) -> bool:
        return bool(self.oidc_issuer and self.oidc_client_id and self.oidc_client_secret.get_secret_value())

    registrations_per_client: Annotated[int, Field(ge=0)] = 200
    """Registrations in ten minutes from one address, which all councils of a region may share; 0 for any."""
    registrations_at_once: Annotated[int, Field(ge=0)] = 20
    """Registrations in a minute from one address for one session; 0 for any."""
    registrations_per_address: Annotated[int, Field(ge=0)] = 10
    """Registrations in ten minutes with one mail address; 0 for any number."""
    registrations_per_session: Annotated[int, Field(ge=0)] = 10_000
    """Registrations in ten minutes for one session; 0 for any number."""
    organiser: Annotated[str, Field(max_length=200)] = ""
    """The body that answers for the site, as its legal notice names it; empty: those that the programmes name."""
    contact: Annotated[str, shaped(f"({MAIL_ADDRESS})?", A_MAIL_ADDRESS)] = ""
    """Its mailbox for questions about personal data and accessibility; empty: those of the programmes."""
    dir3: Annotated[str, shaped(r"([A-Z]{1,2}[0-9A-Z]{7,8})?", "a DIR3 code such as A09002970")] = ""
    """The code, in the directory of the Spanish administrations, of the body that publishes the open data; without it
    there is no catalogue."""
    open_data_licence: Annotated[str, shaped(r"https?://[^\s<>\"{}|\\^`]+", "the address of a licence")] = (
        "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"
    )
    """The address of the terms under which the open data may be used."""
    keep_people_days: Annotated[int, Field(ge=1)] = 365
    """So long after a session the people registered for it are erased, where the programme says nothing else."""

    @property
    def sign_in_rules(self) -> SignInRules:
        return SignInRules(
            session_length=timedelta(hours=self.office_session_hours),
            administrators_need_passkey=self.admins_need_passkey,
            site_name=self.site_name,
            context=(self.site_name, self.organiser),
        )

    @field_validator("admins_need_passkey")
    @classmethod
    def _browsers_offer_passkeys(cls, is_needed: bool, info: ValidationInfo) -> bool:
        if is_needed and not RelyingParty.at(info.data.get("public_url", ""), "").has_passkeys:
            raise ValueError("browsers offer passkeys only where DIJOUS_PUBLIC_URL is https and has a name, no number")
        return is_needed

    @property
    def end_after(self) -> timedelta:
        return timedelta(minutes=self.end_after_minutes)
