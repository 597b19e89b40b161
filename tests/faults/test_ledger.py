"""The ledger itself: it must see what it is there to see."""

import pytest

from tests.faults.ledger import EVERYBODY_GETS, Ledger
from tests.support.smtp import AcceptedMail


def test_the_ledger_sees_a_lost_an_unexpected_and_an_extra_mail() -> None:
    def mail(to: str, kind: str, message_id: str) -> AcceptedMail:
        return AcceptedMail.of(to=to, kind=kind, message_id=message_id)

    people = frozenset({"a@x.example", "b@x.example"})
    whole = [mail(to, kind, f"<{to}{kind}>") for to in people for kind in EVERYBODY_GETS]
    assert not Ledger(people, people, whole).lost
    assert Ledger(people, people, whole[1:]).lost
    assert Ledger(people, people, [*whole, mail("c@x.example", "survey", "<c>")]).unexpected
    assert Ledger(people, people, [*whole, whole[0]]).extra == 1
    with pytest.raises(AssertionError, match="several Message-IDs"):
        Ledger(people, people, [*whole, mail("a@x.example", "survey", "<other>")]).check_message_ids()
