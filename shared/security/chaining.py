"""Moving the records of the office's acts from the documents that they changed into the audit.

A record stands in its document until its entry is written, and the audit knows it by its id: a crash in between, or
another replica at the same work, neither loses nor doubles it. No broker is needed.
"""

from collections.abc import Sequence

from shared.faults import failpoint
from shared.security.audit import Audit
from shared.storage.contract import Document, Store
from shared.storage.records import ActRecord

PAGE = 256
"""Documents of a collection whose records are moved at a time."""


class Chaining:
    """Empties the `records` of a service's collections into its audit."""

    def __init__(self, store: Store, audit: Audit, collections: Sequence[str]) -> None:
        self._store = store
        self._audit = audit
        self._collections = collections

    async def chain_all(self) -> None:
        """Move all records that wait.

        Raises:
            StoreError: not all were moved.
        """
        while await self._chain_page():
            pass

    async def _chain_page(self) -> bool:
        """Move the records of some documents, in the order in which the acts were decided; whether more may wait."""
        pages = {name: await self._store.find(name, {"unchained": 1}, limit=PAGE) for name in self._collections}
        waiting = [(name, document) for name, page in pages.items() for document in page]
        records = [ActRecord.model_validate(record) for _, document in waiting for record in document["records"]]
        for record in sorted(records, key=lambda record: record.at):
            await self._audit.chain(record)
            failpoint("after-chain")
        for name, document in waiting:
            await self._clear(name, document)
        return any(len(page) == PAGE for page in pages.values())

    async def _clear(self, collection: str, document: Document) -> None:
        """Take the records out, unless the document changed meanwhile: then the next look does so."""
        await self._store.update(
            collection,
            document["_id"],
            guard={"version": document["version"]},
            assign={"records": [], "unchained": 0},
        )
        failpoint("after-unchain")
