"""How often people may propose and ask for supports."""

from dataclasses import dataclass
from datetime import timedelta

from shared.security.rate_limits import RateLimiter
from shared.text.addresses import mailbox_of

_PER_ADDRESS = timedelta(days=1)
_PER_ORIGIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Counts what is asked for, not what comes of it: the count must not show what is stored of an address.

    0 allows any number.
    """

    limits: RateLimiter
    what: str
    per_address: int
    """With one mail address in a day."""
    per_origin: int
    """From one network address in an hour; a whole council may share one."""

    async def hit(self, thing: str, *, email: str, origin: str) -> None:
        """Count one more; an empty address or origin is not counted.

        Raises:
            TooOftenProblem: nothing may be stored.
        """
        await self.limits.hit(f"{self.what} from", origin, thing, most=self.per_origin, within=_PER_ORIGIN)
        mailbox = mailbox_of(email)
        await self.limits.hit(f"{self.what} with", mailbox, thing, most=self.per_address, within=_PER_ADDRESS)
