"""Check the database before a service starts: try every operation of the contract and compare with known answers."""

from shared.ids import new_id
from shared.storage import contract
from shared.storage.contract import Store, StoreMismatchError, greater, one_of, position

SCRATCH = "contract_check"
_TRIAL = "readiness"
_TRIAL_LINES = 1000
"""16 kB, like a document of many people: the last free bytes of a disk must not pass for space."""


async def verify_contract(store: Store) -> None:
    """Try every operation, each on documents of this run. A wrong answer raises StoreMismatchError, which names it."""
    run = new_id()
    try:
        await _check_writes(store, run)
        await _check_reads(store, run)
        await _check_claims(store, run)
    finally:
        deleted = await store.delete(SCRATCH, {"run": run})
    _expect("delete", (deleted, await store.count(SCRATCH, {"run": run})), (3, 0))


async def try_write(store: Store) -> None:
    """Write and read a document of the scratch collection, as a service does. Raises StoreError if that fails."""
    written = {"text": new_id() * _TRIAL_LINES}
    if not await store.update(SCRATCH, _TRIAL, assign=written):
        await store.insert(SCRATCH, {"_id": _TRIAL, **written})
    await store.count(SCRATCH, {"_id": _TRIAL})


async def _check_writes(store: Store, run: str) -> None:
    a, b, c = (f"{run}-{name}" for name in "abc")
    first = {"_id": a, "run": run, "rank": 1, "nested": {"seats": 1}}
    _expect("insert", await store.insert(SCRATCH, first), expected=True)
    _expect("insert again", await store.insert(SCRATCH, first), expected=False)
    others = [{"_id": i, "run": run, "rank": r, "kind": k} for i, r, k in ((b, 2, "x"), (c, 3, None), (a, 9, "x"))]
    _expect("insert_many", await store.insert_many(SCRATCH, others), 2)
    _expect("replace", await store.replace(SCRATCH, {**first, "rank": 4}, expected_version=1), expected=True)
    _expect("replace of an old version", await store.replace(SCRATCH, first, expected_version=1), expected=False)
    for name, taken in (("guarded update", True), ("refused update", False)):
        guard, assign = {"nested.seats": greater(0)}, {"nested.by": "x"}
        answer = await store.update(SCRATCH, a, guard=guard, assign=assign, increment={"nested.seats": -1})
        _expect(name, answer, expected=taken)
    after = {**first, "rank": 4, "nested": {"seats": 0, "by": "x"}, "version": 3}
    _expect("get", await store.get(SCRATCH, a), after)
    _expect("update_many", await store.update_many(SCRATCH, {"_id": one_of([b, c]), "rank": 2}, assign={"rank": 5}), 1)


async def _check_reads(store: Store, run: str) -> None:
    """The ranks are now 4, 5 and 3; kind is missing, x and null."""
    for name, where, expected in (
        ("equality", {"rank": 4}, "a"),
        ("None", {"kind": None}, "ac"),
        ("in", {"rank": one_of([3, 4])}, "ac"),
        ("ne", {"kind": contract.not_equal("x")}, "ac"),
        ("lt", {"rank": contract.less(4)}, "c"),
        ("lte", {"rank": contract.at_most(4)}, "ac"),
        ("gt", {"rank": greater(4)}, "b"),
        ("gte", {"rank": contract.at_least(4)}, "ab"),
    ):
        found = await store.find(SCRATCH, {"run": run, **where})
        _expect(name, "".join(sorted(document["_id"][-1] for document in found)), expected)
        _expect(f"count by {name}", await store.count(SCRATCH, {"run": run, **where}), len(expected))
    order = [("rank", -1)]
    page = await store.find(SCRATCH, {"run": run}, order=order, limit=2)
    rest = await store.find(SCRATCH, {"run": run}, order=order, after=position(page[-1], order))
    _expect("order and cursor", "".join(document["_id"][-1] for document in [*page, *rest]), "bac")


async def _check_claims(store: Store, run: str) -> None:
    async def claim(owner: str, now: int) -> str:
        held = await store.claim(
            SCRATCH, {"run": run}, owner=owner, now=now, until=now + 10, order=[("rank", 1)], limit=2
        )
        _expect("claim's lease", {document["lease_owner"] for document in held} <= {owner}, expected=True)
        return "".join(document["_id"][-1] for document in held)

    _expect("claim", await claim("first", 100), "ca")
    _expect("claim of the rest", await claim("second", 101), "b")
    _expect("claim of nothing", await claim("third", 102), "")
    _expect("claim of what ran out", await claim("third", 110), "ca")


def _expect(operation: str, answer: object, expected: object) -> None:
    if answer != expected:
        raise StoreMismatchError(f"the database answered {operation!r} with {answer!r} instead of {expected!r}")
