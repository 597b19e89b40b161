"""Passkeys as a second factor after the password: what the browser is asked, and whether its answer is good.

WebAuthn Level 3; py_webauthn checks challenge, origin, signature, counter and that the authenticator verified its user.
It is imported where it is used: it takes a fifth of a second, and every command knows `RelyingParty` by the settings.
"""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import orjson

from services.registration.accounts.domain import Account, Passkey, PasskeyProblem

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

_LARGEST_ANSWER = 20_000  # characters; an answer without attestation has about a thousand
_NOT_GOOD = (ValueError, LookupError, TypeError, StopIteration)
"""What the library's parsers raise on bytes that no browser sends, such as a key without its parts."""
_TIMEOUT_MS = 300_000
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The installation, as authenticators know it."""

    origin: str
    host: str
    name: str

    @classmethod
    def at(cls, public_url: str, name: str) -> Self:
        parts = urlsplit(public_url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port and parts.port != _PORTS[parts.scheme] else ""
        return cls(f"{parts.scheme}://{host}{port}", host, name)

    @property
    def has_passkeys(self) -> bool:
        """Whether browsers offer them here: they need https, or localhost, and a name."""
        try:
            ip_address(self.host)
        except ValueError:
            return self.origin.startswith("https://") or self.host == "localhost"
        return False

    def creation_options(self, person: Account, challenge: str) -> str:
        """What `navigator.credentials.create` is asked, as JSON."""
        from webauthn import generate_registration_options, options_to_json
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        return options_to_json(
            generate_registration_options(
                rp_id=self.host,
                rp_name=self.name,
                user_id=person.id.encode(),
                user_name=person.user_name,
                user_display_name=person.name,
                challenge=challenge.encode(),
                timeout=_TIMEOUT_MS,
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.DISCOURAGED,
                    user_verification=UserVerificationRequirement.REQUIRED,
                ),
                exclude_credentials=_descriptors(person),
            )
        )

    def request_options(self, person: Account, challenge: str) -> str:
        """What `navigator.credentials.get` is asked, as JSON."""
        from webauthn import generate_authentication_options, options_to_json
        from webauthn.helpers.structs import UserVerificationRequirement

        return options_to_json(
            generate_authentication_options(
                rp_id=self.host,
                challenge=challenge.encode(),
                timeout=_TIMEOUT_MS,
                allow_credentials=_descriptors(person),
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        )

    def created(self, answer: str, challenge: str, name: str, at: datetime) -> Passkey:
        """The passkey that a browser made.

        Raises:
            PasskeyProblem: the answer is not good.
        """
        from webauthn import verify_registration_response
        from webauthn.helpers import bytes_to_base64url
        from webauthn.helpers.exceptions import WebAuthnException

        try:
            verified = verify_registration_response(
                credential=_parsed(answer),
                expected_challenge=challenge.encode(),
                expected_rp_id=self.host,
                expected_origin=self.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, *_NOT_GOOD) as error:
            raise PasskeyProblem from error
        return Passkey(
            id=bytes_to_base64url(verified.credential_id),
            public_key=bytes_to_base64url(verified.credential_public_key),
            sign_count=verified.sign_count,
            name=name,
            added_at=at,
        )

    def used(self, person: Account, answer: str, challenge: str, at: datetime) -> tuple[Passkey, ...]:
        """The person's passkeys after one of them signed the challenge; a counter that does not rise tells of a copy.

        Raises:
            PasskeyProblem: the answer is not good.
        """
        from webauthn import verify_authentication_response
        from webauthn.helpers import base64url_to_bytes
        from webauthn.helpers.exceptions import WebAuthnException

        try:
            credential = _parsed(answer)
            passkey = next(each for each in person.passkeys if each.id == credential.get("id"))
            verified = verify_authentication_response(
                credential=credential,
                expected_challenge=challenge.encode(),
                expected_rp_id=self.host,
                expected_origin=self.origin,
                credential_public_key=base64url_to_bytes(passkey.public_key),
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, *_NOT_GOOD) as error:
            raise PasskeyProblem from error
        used = passkey.model_copy(update={"sign_count": verified.new_sign_count, "used_at": at})
        return tuple(used if each.id == used.id else each for each in person.passkeys)


def _parsed(answer: str) -> dict[str, Any]:
    found = orjson.loads(answer) if len(answer) <= _LARGEST_ANSWER else None
    if not isinstance(found, dict):
        raise ValueError("no answer of a browser")
    return found


def _descriptors(person: Account) -> list["PublicKeyCredentialDescriptor"]:
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.id)) for passkey in person.passkeys]
