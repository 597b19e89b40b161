"""From documents to models, and from page to page: what the stores of several nouns do alike."""

from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

from pydantic import BaseModel

from shared.storage.contract import Document, Order, Scalar, Store, Where, position

PAGE = 1000
"""Documents read at a time."""

M = TypeVar("M", bound=BaseModel)


def model_of(document: Document, model: type[M]) -> M:
    """What a document holds."""
    return model.model_validate({**document, "id": document["_id"]})


async def each(documents: Store, collection: str, where: Where) -> AsyncIterator[Document]:
    """The documents that match, page by page."""
    after: list[Scalar] | None = None
    while page := await documents.find(collection, where, limit=PAGE, after=after):
        for document in page:
            yield document
        if len(page) < PAGE:
            break
        after = [page[-1]["_id"]]


def next_place(page: Sequence[Document], order: Order, limit: int) -> list[Scalar] | None:
    """Where the next page begins; None after the last one."""
    return position(page[-1], order) if len(page) == limit else None
