"""Moves the records of the office's acts from the documents that they changed into the audit.

A record stays in its document until its entry is written, and the audit knows it by its id. A crash in between, or
another replica doing the same, neither loses nor doubles it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.faults import failpoint
from shared.security.audit import Audit
from shared.storage.contract import Store
from shared.storage.records import ActRecord

PAGE = 256


@dataclass(frozen=True, slots=True)
class Chaining:
    store: Store
    audit: Audit
    collections: Sequence[str]

    async def chain_all(self) -> None:
        """Move all records that wait.

        Raises:
            StoreError: not all were moved.
        """
        while await self._chain_page():
            pass

    async def _chain_page(self) -> bool:
        """Move the records of some documents in the order of their decisions; whether more may wait."""
        pages = {name: await self.store.find(name, {"unchained": 1}, limit=PAGE) for name in self.collections}
        waiting = [(name, document) for name, page in pages.items() for document in page]
        records = [ActRecord.model_validate(record) for _, document in waiting for record in document["records"]]
        for record in sorted(records, key=lambda record: record.at):
            await self.audit.chain(record)
            failpoint("after-chain")
        for name, document in waiting:
            guard = {"version": document["version"]}  # one that changed meanwhile is for the next look
            await self.store.update(name, document["_id"], guard=guard, assign={"records": [], "unchained": 0})
            failpoint("after-unchain")
        return any(len(page) == PAGE for page in pages.values())
