"""How often passwords may be tried: budgets of failures, which time fills again."""

from dataclasses import dataclass
from datetime import timedelta

_LARGEST_POWER = 20


@dataclass(frozen=True, slots=True)
class Budget:
    """`free` failures may follow each other at once; from then on the pause doubles from a second up to `longest`.

    One failure is forgiven for every `longest` without another: in the long run there is one in each.
    """

    free: int
    longest: timedelta

    def pause(self, failures: int) -> timedelta:
        """How long nothing may be tried after so many failures."""
        over = failures - self.free
        return min(timedelta(seconds=2 ** min(over, _LARGEST_POWER)), self.longest) if over >= 0 else timedelta(0)

    def left_of(self, failures: int, quiet: timedelta) -> int:
        """How many of the failures still count after a time without another."""
        return max(0, failures - quiet // self.longest)


OF_ONE_WITH_ONE = Budget(5, timedelta(minutes=5))
"""Of one place on the network, or of one known browser, with one account."""
OF_ONE_PLACE = Budget(100, timedelta(seconds=10))
"""Of one place, which a whole council may share, with all accounts."""
OF_NEWCOMERS = Budget(1000, timedelta(seconds=1))
"""With one account, of places that have not failed with it lately: whoever has the right password is among them."""
OF_RETURNING = Budget(100, timedelta(seconds=10))
"""With one account, of places that have failed with it lately, all together."""
KEPT_FOR = timedelta(hours=2)
"""Longer than any budget takes to fill again: what «lately» means."""
