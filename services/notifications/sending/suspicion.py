"""Whose fault refusals are that one mail alone does not show (docs/decisions/0010): the outcomes of other mails tell,
of the same domain and of all. Only one replica sends at a time, so it sees them all; the next one learns anew."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.notifications.rendering.prepared import PersonalMail
from services.notifications.sending.rate_limit import Backoff
from services.notifications.transport.smtp import Outcome, Result

_DOUBTFUL_IN_A_ROW = 3
"""So many mails refused without a word of the mailbox, and none accepted between them, are no chance."""
_UNKNOWN_IN_A_ROW = 10
"""Nor are so many addresses that are said to be unknown."""
_BROAD = 3
"""Refusals of so many domains are not the domains' own."""
_MOST_DOMAINS = 10_000


class Scope(StrEnum):
    """What a storm of refusals concerns."""

    DOMAIN = "domain"
    ALL = "all"


@dataclass
class Run:
    """Refusals since a mail was accepted."""

    doubtful: dict[str, str] = field(default_factory=dict)
    """Domains by mail, of refusals that do not name the mailbox; empty for a refused content."""
    unknown: dict[str, PersonalMail] = field(default_factory=dict)
    """By address, those that were said to be unknown."""
    backoff: Backoff = field(default_factory=Backoff)
    believed: list[PersonalMail] = field(default_factory=list)
    """Of those that were said to be unknown, which we took at the word. Of a domain only."""
    accepted_at: datetime | None = None

    def is_storm_of(self, is_unknown: bool) -> bool:
        """Whether there is a storm of such refusals. Who is unknown is believed while others are refused otherwise."""
        if is_unknown:
            return len(self.unknown) >= _UNKNOWN_IN_A_ROW
        return len(self.doubtful) >= _DOUBTFUL_IN_A_ROW

    @property
    def is_broad(self) -> bool:
        """Whether the refusals are not those of a few domains."""
        domains = {*self.doubtful.values(), *(domain_of(address) for address in self.unknown)}
        return "" in domains or len(domains) >= _BROAD


@dataclass(eq=False)
class Suspicion:
    """Judges results in their order."""

    patience: timedelta
    """How old the last mail may be that a domain accepted, where it tells about a refused address."""
    pause: tuple[float, float]
    """Shortest and longest pause of a domain, in seconds."""
    clock: Callable[[], datetime]
    _all: Run = field(default_factory=Run)
    _domains: dict[str, Run] = field(default_factory=dict)
    wronged: list[PersonalMail] = field(default_factory=list)
    """Mails whose addresses were suppressed before a storm showed; to be taken out and sent again."""

    def judged(self, mail: PersonalMail, result: Result, *, tries: int) -> Result:
        """The result with our own faults recognised. `tries`: after so many an address that is refused again and again,
        while its domain accepts others, is to blame."""
        domain = self._domain(domain_of(mail.recipient.email))
        if result.outcome is Outcome.ACCEPTED:
            self._accepted(domain)
        elif result.outcome in (Outcome.UNCLEAR, Outcome.OBJECTED, Outcome.REFUSED):
            scope = self._refused(mail, result.outcome, domain)
            if scope is Scope.ALL:
                return replace(result, outcome=Outcome.FAULT)
            if scope is Scope.DOMAIN:
                shortest, longest = self.pause
                domain.backoff.start(result.reason, shortest=shortest, longest=longest)
                return replace(result, outcome=Outcome.HELD)
            if result.outcome is Outcome.UNCLEAR and mail.delivery.tries >= tries and self._accepts_others(domain):
                return replace(result, outcome=Outcome.REFUSED)
        return result

    def pause_of(self, domain: str) -> tuple[float, str]:
        """For how many seconds nothing is sent to a domain, and why."""
        run = self._domains.get(domain)
        return (run.backoff.left, run.backoff.reason) if run else (0.0, "")

    def is_paused(self, address: str) -> bool:
        return self.pause_of(domain_of(address))[0] > 0

    @property
    def trouble(self) -> str:
        """The domains to which sending pauses, and why; empty if there are none."""
        held = {name: run.backoff.reason for name, run in self._domains.items() if run.backoff.reason}
        return "; ".join(f"mails to {name} wait, it says {reason}" for name, reason in sorted(held.items()))

    def _domain(self, name: str) -> Run:
        run = self._domains.pop(name, None) or Run()
        self._domains[name] = run  # at the end: the one that was not used for longest goes first
        if len(self._domains) > _MOST_DOMAINS:
            del self._domains[next(iter(self._domains))]
        return run

    def _accepted(self, domain: Run) -> None:
        for run in (self._all, domain):
            run.doubtful.clear()
            run.unknown.clear()
        domain.believed.clear()
        domain.accepted_at = self.clock()
        domain.backoff.reset()

    def _refused(self, mail: PersonalMail, outcome: Outcome, domain: Run) -> Scope | None:
        """What a storm concerns that this refusal belongs to; None if it stands alone."""
        address, of_content = mail.recipient.email, outcome is Outcome.OBJECTED
        for run in (self._all,) if of_content else (self._all, domain):
            if outcome is Outcome.REFUSED:
                run.unknown[address] = mail
            else:
                run.doubtful[mail.delivery.id] = "" if of_content else domain_of(address)
        is_unknown = outcome is Outcome.REFUSED
        is_of_all = self._all.is_storm_of(is_unknown) and self._all.is_broad
        if is_of_all or (not of_content and domain.is_storm_of(is_unknown)):
            if is_unknown:
                self._take_back(self._all if is_of_all else domain)
            return Scope.ALL if is_of_all else Scope.DOMAIN
        if is_unknown:
            domain.believed.append(mail)
        return None

    def _take_back(self, run: Run) -> None:
        for name in {domain_of(address) for address in run.unknown} & self._domains.keys():
            believed = self._domains[name].believed
            self.wronged += believed
            believed.clear()

    def _accepts_others(self, domain: Run) -> bool:
        return domain.accepted_at is not None and self.clock() - domain.accepted_at < self.patience


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]
