"""Signing in by an OIDC provider: what registration asks it.

OpenID Connect Core 1.0, authorization code flow (section 3.1) with PKCE (RFC 7636), state and nonce.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # ships no types
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]  # ships no types
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.registration.accounts.domain import ROLES, Identity
from shared.staff import Role
from shared.text.addresses import normalised_address

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures that are accepted: no shared secret, and never none."""

VERIFIED = (True, "1")
"""Values of the claim that make an address verified; Entra ID writes the latter too. No other text does."""
TIMEOUT_SECONDS = 5.0
KEPT_SECONDS = 600.0
LEEWAY_SECONDS = 60
_DISCOVERY = "/.well-known/openid-configuration"


class ProviderError(Exception):
    """The provider does not answer, or its answer does not fit what was asked; the text says which, no values."""


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """The three random texts of one attempt to sign in; the provider's answer must fit them."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class _Known:
    """Metadata and keys of the provider, believed until an instant in monotonic seconds."""

    metadata: Mapping[str, Any]
    keys: KeySet
    until: float


@dataclass(slots=True, repr=False)
class OidcProvider:
    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    role_claim: str
    """The claim that gives a role of the office."""
    verified_claim: str
    """The claim that says whether the address is verified."""
    secret: bytes
    """Keys the texts of each attempt."""
    _known: _Known | None = field(default=None, init=False)

    def request(self, attempt: str) -> SignInRequest:
        """Derive the texts of an attempt from the one that the browser keeps: no other browser can bring the answer."""

        def derived(purpose: str) -> str:
            digest = hmac.digest(self.secret, f"oidc {purpose} {attempt}".encode(), hashlib.sha256)
            return base64.urlsafe_b64encode(digest).decode().rstrip("=")

        return SignInRequest(derived("state"), derived("nonce"), derived("verifier"))

    async def authorization_url(self, asked: SignInRequest) -> str:
        """The page of the provider to which the browser is sent.

        Raises:
            ProviderError: the provider cannot be discovered.
        """
        known = await self._discovered()
        url: str = prepare_grant_uri(
            known.metadata["authorization_endpoint"],
            client_id=self.client_id,
            response_type="code",
            redirect_uri=self.redirect_uri,
            scope="openid profile email",
            state=asked.state,
            nonce=asked.nonce,
            code_challenge=create_s256_code_challenge(asked.verifier),
            code_challenge_method="S256",
        )
        return url

    async def identity(self, code: str, asked: SignInRequest) -> Identity:
        """Exchange the code for the identity token: signed by the provider, for us, for this attempt.

        Raises:
            ProviderError: any of that does not hold.
        """
        known = await self._discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": asked.verifier,
        }
        answer = await _fetch(
            "POST",
            known.metadata["token_endpoint"],
            data=form,
            auth=(quote_plus(self.client_id), quote_plus(self.client_secret)),  # RFC 6749 section 2.3.1
        )
        claims = self._read(str(answer.get("id_token", "")), str(answer.get("access_token", "")), asked, known)
        address = _address(claims) if claims.get(self.verified_claim) in VERIFIED else ""
        return Identity(
            subject=f"{claims['iss']} {claims['sub']}",
            address=address,
            name=str(claims.get("name") or address or claims["sub"])[:200],
            role=_granted(claims.get(self.role_claim)),
        )

    def _read(self, id_token: str, access_token: str, asked: SignInRequest, known: _Known) -> dict[str, object]:
        expected = {"nonce": asked.nonce, "client_id": self.client_id, "access_token": access_token}
        options = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
            "nonce": {"essential": True, "value": asked.nonce},
        }
        try:
            token = jwt.decode(id_token, known.keys, algorithms=list(ALGORITHMS))
            claims = CodeIDToken(token.claims, token.header, options, expected)
            claims.validate(leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError) as error:
            self._known = None  # the provider may have new keys: the next attempt reads them
            raise ProviderError(f"the identity token is not good: {type(error).__name__}") from None
        return dict(claims)

    async def _discovered(self) -> _Known:
        if self._known is None or time.monotonic() > self._known.until:
            metadata = await _fetch("GET", self.issuer.rstrip("/") + _DISCOVERY)
            if metadata.get("issuer") != self.issuer:
                raise ProviderError("the provider calls itself by another name")
            keys = await _fetch("GET", metadata["jwks_uri"])
            self._known = _Known(metadata, KeySet.import_key_set(keys), time.monotonic() + KEPT_SECONDS)  # type: ignore[arg-type]  # JSON
        return self._known


def _address(claims: Mapping[str, object]) -> str:
    try:
        return normalised_address(str(claims.get("email", "")))
    except ValueError:
        return ""


def _granted(claim: object) -> Role | None:
    """The highest role that a claim, one value or several, gives."""
    values = claim if isinstance(claim, list) else [claim]
    return max((ROLES[value] for value in values if isinstance(value, str) and value in ROLES), default=None)


async def _fetch(method: str, url: str, **options: Any) -> dict[str, Any]:
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
            answer = await client.request(method, url, **options)
        answer.raise_for_status()
        found = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise ProviderError(f"the provider did not answer as it should: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise ProviderError("the provider did not answer with an object")
    return found
