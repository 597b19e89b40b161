"""How often people may propose and ask for supports."""

from dataclasses import dataclass
from datetime import timedelta

from shared.security.rate_limits import RateLimiter

_PER_ADDRESS = timedelta(days=1)
_PER_ORIGIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many of one thing; 0 for any number."""

    per_address: int
    """With one mail address in a day."""
    per_origin: int
    """From one place on the network in an hour; a whole council may share one."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets people through while they ask for no more than is allowed.

    It counts what is asked for, not what comes of it, so that it tells nobody what is stored of an address.
    """

    limits: RateLimiter
    what: str
    allowance: Allowance

    async def admit(self, thing: str, *, email: str, origin: str) -> None:
        """Let one more pass; an empty address or origin is not counted.

        Raises:
            TooOftenProblem: nothing may be stored.
        """
        most = self.allowance
        await self.limits.hit(f"{self.what} from", origin, thing, most=most.per_origin, within=_PER_ORIGIN)
        await self.limits.hit(f"{self.what} with", email, thing, most=most.per_address, within=_PER_ADDRESS)
