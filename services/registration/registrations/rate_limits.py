"""How often one may register: against mail bombs and against filling a session with strangers."""

from dataclasses import dataclass
from datetime import timedelta

from shared.security.rate_limits import RateLimiter
from shared.text.addresses import mailbox_of

SPAN = timedelta(minutes=10)
_AT_ONCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many registrations in ten minutes; 0 for any number."""

    per_client: int = 0
    """From one place on the network, which a whole council may share."""
    at_once: int = 0
    """The same for one session, in a minute: nobody fills it before anybody sees."""
    per_address: int = 0
    """With one mail address."""
    per_session: int = 0
    """For one session."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Counts requests, not their outcome, so that it does not reveal who is registered. A double click counts once."""

    limits: RateLimiter
    allowance: Allowance

    async def hit(self, session_id: str, email: str, origin: str) -> None:
        """Raises:
        TooOftenProblem: nothing may be stored.
        """
        allowed = self.allowance
        one = f"{session_id} {email}"
        await self.limits.hit("registrations from", origin, one, most=allowed.per_client, within=SPAN)
        here = f"{origin} {session_id}" if origin else ""
        await self.limits.hit("registrations at once from", here, one, most=allowed.at_once, within=_AT_ONCE)
        await self.limits.hit("registrations with", mailbox_of(email), one, most=allowed.per_address, within=SPAN)
        await self.limits.hit("registrations for", session_id, one, most=allowed.per_session, within=SPAN)
