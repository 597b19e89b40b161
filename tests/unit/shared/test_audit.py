"""The audit: a chain that shows whatever was altered, and that two replicas cannot fork."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from shared.security.audit import AUDIT, AUDIT_COLLECTIONS, Audit, AuditEntry, AuditFault
from shared.staff import Role, StaffMember
from shared.storage.contract import Store, StoreError
from shared.storage.opening import open_store
from shared.storage.records import Author
from tests.unit.shared.house import MovingClock

AINA = StaffMember("m-aina", "Aina", Role.EDITOR)
POL = StaffMember("m-pol", "Pol", Role.ADMIN)


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}", "audited")
    await store.prepare(AUDIT_COLLECTIONS)
    yield store
    await store.close()


@pytest.fixture
def audit(store: Store) -> Audit:
    return Audit(store, MovingClock())


async def _fill(audit: Audit, count: int = 5) -> list[AuditEntry]:
    return [await audit.record(AINA, "session.rescheduled", f"s{number}") for number in range(1, count + 1)]


async def test_an_entry_says_who_did_what_to_what_and_when(audit: Audit) -> None:
    await audit.record(POL, "session.cancelled", "s1", {"told": 40, "reason": "Vaga"})
    (entry,) = await audit.entries()
    assert (entry.member_id, entry.member_name, entry.action, entry.subject) == (
        "m-pol",
        "Pol",
        "session.cancelled",
        "s1",
    )
    assert (entry.details, entry.at) == ({"told": 40, "reason": "Vaga"}, MovingClock().now)


async def test_entries_come_latest_first_page_by_page_of_one_subject_or_member(audit: Audit) -> None:
    await _fill(audit, 3)
    await audit.record(POL, "session.ended", "s1")
    assert [entry.sequence for entry in await audit.entries(limit=2)] == [4, 3]
    assert [entry.sequence for entry in await audit.entries(limit=2, before=3)] == [2, 1]
    assert [entry.sequence for entry in await audit.entries(subject="s1")] == [4, 1]
    assert [entry.sequence for entry in await audit.entries(member_id="m-pol")] == [4]
    assert await audit.entries(subject="s9") == []


async def test_an_untouched_chain_is_whole(audit: Audit) -> None:
    assert (await audit.read_chain()).fault is None
    await _fill(audit)
    assert (await audit.read_chain()).fault is None


@pytest.mark.parametrize("place", [1, 3, 5])
@pytest.mark.parametrize(
    "change",
    [
        {"member_id": "m-pol"},
        {"member_name": "Ningú"},
        {"action": "session.read"},
        {"subject": "s9"},
        {"at": 0},
        {"details.told": 1},
        {"previous": "f" * 64},
        {"digest": "f" * 64},
    ],
)
async def test_an_altered_line_is_found(store: Store, audit: Audit, place: int, change: dict[str, object]) -> None:
    await _fill(audit)
    assert await store.update(AUDIT, f"{place:012}", assign=change)
    fault = (await audit.read_chain()).fault
    assert fault is not None
    assert fault.sequence == place


async def test_an_altered_line_with_its_digest_made_anew_breaks_the_next(store: Store, audit: Audit) -> None:
    entries = await _fill(audit)
    forged = entries[2].model_copy(update={"subject": "s9"})
    await store.update(AUDIT, forged.id, assign={"subject": "s9", "digest": forged.computed_digest()})
    assert (await audit.read_chain()).fault == AuditFault(4, "does not continue the chain")


async def test_a_line_taken_out_is_found(store: Store, audit: Audit) -> None:
    await _fill(audit)
    await store.delete(AUDIT, {"_id": f"{2:012}"})
    assert (await audit.read_chain()).fault == AuditFault(2, "missing")


async def test_a_line_put_in_twice_is_found(store: Store, audit: Audit) -> None:
    (entry, *_) = await _fill(audit)
    await store.insert(AUDIT, {**entry.model_dump(mode="json", by_alias=True), "_id": "copy"})
    fault = (await audit.read_chain()).fault
    assert fault is not None


async def test_hundreds_of_acts_at_once_are_all_recorded(audit: Audit) -> None:
    await asyncio.gather(*(audit.record(AINA, "registration.added", f"s{number}") for number in range(300)))
    chain = await audit.read_chain()
    assert (chain.length, chain.fault) == (300, None)


async def test_many_replicas_at_once_make_one_chain(store: Store) -> None:
    replicas = [Audit(store, MovingClock()) for _ in range(4)]
    await asyncio.gather(*(replica.record(AINA, "session.ended", "s1") for replica in replicas for _ in range(5)))
    assert (await replicas[0].read_chain()).fault is None
    assert [entry.sequence for entry in await replicas[0].entries()] == list(range(20, 0, -1))


async def test_a_record_that_stands_in_the_chain_is_not_added_again(audit: Audit) -> None:
    record = Author(AINA, "session.ended").record_at(MovingClock().now, "s1")
    first = await audit.chain(record)
    await _fill(audit, 2)
    with capture_logs() as logs:
        assert await audit.chain(record) == first
    assert logs == []
    assert (await audit.read_chain()).length == 3


async def test_replicas_that_add_the_same_record_at_once_add_it_once(store: Store) -> None:
    record = Author(AINA, "session.ended").record_at(MovingClock().now, "s1")
    replicas = [Audit(store, MovingClock()) for _ in range(8)]
    entries = await asyncio.gather(*(replica.chain(record) for replica in replicas))
    assert {entry.sequence for entry in entries} == {1}
    assert (await replicas[0].read_chain()).length == 1


async def test_an_entry_has_the_time_of_the_decision_and_the_place_of_its_coming(audit: Audit) -> None:
    decided = MovingClock().now - timedelta(hours=1)
    await audit.record(POL, "session.cancelled", "s2")
    entry = await audit.chain(Author(AINA, "session.ended").record_at(decided, "s1"))
    assert (entry.at, entry.sequence) == (decided, 2)


async def test_the_chain_of_before_is_whole_and_goes_on_as_its_replicas_read_it(store: Store, audit: Audit) -> None:
    """Written by the code of before entries held the id of their record."""
    details = {"from": "2026-12-17T09:00:00+00:00", "told": 40}
    of_before = {
        "_id": "000000000001",
        "sequence": 1,
        "at": 1714032000000,
        "member_id": "m-aina",
        "member_name": "Aina",
        "action": "session.rescheduled",
        "subject": "s1",
        "details": details,
        "previous": "0" * 64,
        "digest": "9f72f8925e3837b61c329cbe8baace551b9023a8b13f8b7cbbff35d0089bef36",
    }
    await store.insert(AUDIT, of_before)
    second = await audit.record(AINA, "session.ended", "s1")
    assert (await audit.read_chain()).fault is None
    assert second.digest == "89473e7fce3e34809e4510217bb8881552ef0ad1e525f17fd721f94a55b1e318", "as it was then"


async def test_the_log_holds_the_digest_and_nobody_s_name(audit: Audit) -> None:
    with capture_logs() as logs:
        entry = await audit.record(AINA, "session.ended", "s1")
    assert [(line["sequence"], line["digest"]) for line in logs] == [(1, entry.digest)]
    assert "Aina" not in str(logs)


async def test_no_mail_address_stays_in_the_audit(audit: Audit) -> None:
    entry = await audit.record(AINA, "mail.resent", "d1", {"why": "va rebotar <nuria@alamus.example>, ho demana"})
    assert entry.details == {"why": "va rebotar <[…]>, ho demana"}
    assert "alamus" not in str(await audit.entries())


async def test_what_cannot_be_recorded_is_refused(store: Store, audit: Audit) -> None:
    await store.close()
    with pytest.raises(StoreError):
        await audit.record(AINA, "session.ended", "s1")


async def test_a_chain_written_anew_differs_from_what_was_announced(store: Store, audit: Audit) -> None:
    """As whole as the first: only a copy of its digests shows it."""
    announced = {entry.sequence: entry.digest for entry in (await _fill(audit))[-1:]}
    assert (await audit.read_chain(announced)).fault is None
    await store.delete(AUDIT, {"action": "session.rescheduled"})
    for number in range(1, 6):
        await audit.record(POL, "session.rescheduled", f"s{number}")
    assert (await audit.read_chain()).fault is None
    assert (await audit.read_chain(announced)).fault == AuditFault(5, "not what was announced")


async def test_an_end_that_was_cut_off_was_announced(store: Store, audit: Audit) -> None:
    announced = {entry.sequence: entry.digest for entry in await _fill(audit)}
    await store.delete(AUDIT, {"_id": f"{5:012}"})
    assert (await audit.read_chain()).fault is None
    assert (await audit.read_chain(announced)).fault == AuditFault(5, "missing, though announced")
