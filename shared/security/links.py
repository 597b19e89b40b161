"""Personal links: their addresses and the signed tokens inside.

A token is 32 characters of base64url, holding expiry and HMAC-SHA256 cut to 160 bits (RFC 2104 section 5 allows half or
more), and the opaque id it speaks of. The id comes last because some mail programs leave a final `-` or `_` out of a
link. A token serves one purpose only, since each purpose has its own key, and it is not stored.
"""

import hashlib
import hmac
import math
from datetime import datetime, timedelta
from enum import StrEnum

from shared.events.vocabulary import Language
from shared.problems import LinkExpiredProblem, LinkInvalidProblem
from shared.security import tokens

SESSION_LINKS_LIFE = timedelta(days=30)
"""How long after a session's planned end the links of its registrations are valid."""
FOLLOWING_LINK_LIFE = timedelta(days=365)
"""How long after a mail about a proposal its link to one's own data is valid."""
CONTACT_LINK_LIFE = timedelta(days=365)
"""How long after a mail about a petition or a membership its link is valid at the longest."""
SUPPORT_LINK_LIFE = timedelta(days=14)
"""How long the link that confirms a support is valid; what was not confirmed until then is erased."""
_EXPIRY_BYTES = 4
_MAC_BYTES = 20
_SIGNATURE = 32  # characters of these two


class LinkPurpose(StrEnum):
    REGISTRATION = "registration"
    JOIN = "join"
    SUPPORT = "support"
    FOLLOWING = "following"
    PREFERENCES = "preferences"
    PETITION = "petition"
    MEMBERSHIP = "membership"


class Links:
    def __init__(self, public_url: str, secret: str) -> None:
        self.public_url = public_url.rstrip("/")
        self._keyed = {
            purpose: tokens.keyed(hmac.digest(secret.encode(), f"link:{purpose}".encode(), hashlib.sha256))
            for purpose in LinkPurpose
        }

    def url(self, purpose: LinkPurpose, subject_id: str, expires_at: datetime) -> str:
        """The address of a personal page. The same arguments always give the same address."""
        return f"{self.public_url}/{purpose}/{self.token(purpose, subject_id, expires_at)}"

    def page(self, path: str, language: Language | None = None) -> str:
        """The address of a public page. Links in mails name the mail's language, as the page knows nobody."""
        return self.public_url + path + (f"?lang={language}" if language else "")

    def survey_url(self, token: str, language: Language) -> str:
        return self.page(f"/survey/{token}", language)

    def token(self, purpose: LinkPurpose, subject_id: str, expires_at: datetime) -> str:
        """The signed token for an id made by `shared.ids`; expiry is kept to the minute, rounded up."""
        expiry = math.ceil(expires_at.timestamp() / 60).to_bytes(_EXPIRY_BYTES, "big")
        return self._signature(purpose, expiry, subject_id) + subject_id

    def read(self, purpose: LinkPurpose, token: str, now: datetime) -> str:
        """The id in a token.

        Raises:
            LinkInvalidProblem: the token was not signed here for this purpose.
            LinkExpiredProblem: its time is over.
        """
        expiry, subject = self._opened(purpose, token)
        if now.timestamp() > expiry * 60:
            raise LinkExpiredProblem
        return subject

    def holder(self, purpose: LinkPurpose, token: str) -> str:
        """The id in a token, even an expired one: for links that something else than their own expiry ends.

        Raises:
            LinkInvalidProblem: the token was not signed here for this purpose.
        """
        return self._opened(purpose, token)[1]

    def subject(self, purpose: LinkPurpose, token: str) -> str:
        """The id in a token, even an expired one; empty if not ours. Only for choosing the reader's language."""
        try:
            return self._opened(purpose, token)[1]
        except LinkInvalidProblem:
            return ""

    def _opened(self, purpose: LinkPurpose, token: str) -> tuple[int, str]:
        signature, subject = token[:_SIGNATURE], token[_SIGNATURE:]
        try:
            expiry = tokens.decode(signature)[:_EXPIRY_BYTES]
        except ValueError:
            raise LinkInvalidProblem from None
        is_ours = subject.isascii() and hmac.compare_digest(signature, self._signature(purpose, expiry, subject))
        if not subject or not is_ours:
            raise LinkInvalidProblem
        return int.from_bytes(expiry, "big"), subject

    def _signature(self, purpose: LinkPurpose, expiry: bytes, subject: str) -> str:
        mac = self._keyed[purpose](expiry + subject.encode("ascii"))
        return tokens.encode(expiry + mac[:_MAC_BYTES])
