"""The ledger of a fault run: what was acknowledged against what the SMTP server accepted."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.smtp import AcceptedMail

EVERYBODY_GETS = ("confirmation", "reminder", "survey")


@dataclass(frozen=True)
class Ledger:
    """The comparison for one session: people by address, mails by (address, kind)."""

    attempted: frozenset[str]
    acknowledged: frozenset[str]
    mails: Sequence[AcceptedMail]

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        """How often each person got each kind."""
        return Counter((mail.to, mail.kind) for mail in self.mails)

    @property
    def lost(self) -> list[tuple[str, str]]:
        """Mails that an acknowledged person never got."""
        counts = self.counts
        return sorted((to, kind) for to in self.acknowledged for kind in EVERYBODY_GETS if not counts[to, kind])

    @property
    def unexpected(self) -> list[tuple[str, str]]:
        """Mails to people who never tried, or of a kind that nobody should get."""
        return sorted((to, kind) for to, kind in self.counts if to not in self.attempted or kind not in EVERYBODY_GETS)

    @property
    def extra(self) -> int:
        """Mails beyond one per person and kind."""
        return sum(count - 1 for count in self.counts.values())

    def check_message_ids(self) -> None:
        """Extras are recognisable: one Message-ID per person and kind, and no two of them alike."""
        ids = defaultdict(set)
        for mail in self.mails:
            ids[mail.to, mail.kind].add(mail.message_id)
        assert all(len(each) == 1 for each in ids.values()), f"several Message-IDs for one mail: {dict(ids)}"
        distinct = {message_id for each in ids.values() for message_id in each}
        assert len(distinct) == len(ids), "two mails share a Message-ID"
