"""Typed collections: read one document, many, a page or each; insert and replace models."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shared.storage.contract import Document, Order, Scalar, Store, Where, one_of, position

PAGE = 1000

Place = Sequence[Scalar]
"""A place in an order, as `position` makes it."""
T = TypeVar("T")


class Stored(BaseModel):
    """Base of models that are documents. Immutable: a change is a new value."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True, hide_input_in_errors=True
    )

    id: str = Field(alias="_id")


M = TypeVar("M", bound=BaseModel)


def document_of(model: BaseModel, *, leave: AbstractSet[str] = frozenset()) -> Document:
    return model.model_dump(mode="json", by_alias=True, exclude=set(leave))


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    items: list[T]
    next: Place | None
    """Where the next page begins; None on the last one."""


class Documents(Generic[T]):
    """The documents of a collection. `read` parses a document, wholly or in part."""

    def __init__(self, store: Store, name: str, read: Callable[[Document], T]) -> None:
        self._store = store
        self._name = name
        self._parse = read

    async def get(self, document_id: str) -> T | None:
        document = await self._store.get(self._name, document_id)
        return self._parse(document) if document else None

    async def many(self, ids: Iterable[str]) -> dict[str, T]:
        """The documents that exist, by id, in the order of the ids."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, T] = {}
        for start in range(0, len(wanted), PAGE):
            some = wanted[start : start + PAGE]
            documents = await self._store.find(self._name, {"_id": one_of(some)}, limit=len(some))
            found |= {document["_id"]: self._parse(document) for document in documents}
        return {document_id: found[document_id] for document_id in wanted if document_id in found}

    async def page(
        self, where: Where | None = None, *, order: Order = (), limit: int, after: Place | None = None
    ) -> Slice[T]:
        """Up to `limit` documents in order; `after` is the `next` of the previous page."""
        found = await self._store.find(self._name, where, order=order, limit=limit + 1, after=after)
        place = position(found[limit - 1], order) if len(found) > limit else None
        return Slice([self._parse(document) for document in found[:limit]], place)

    async def pages(
        self, where: Where | None = None, *, order: Order = (), at_a_time: int = PAGE
    ) -> AsyncIterator[list[T]]:
        """All matching documents in order, page by page; they may change meanwhile. No page is empty."""
        page = await self.page(where, order=order, limit=at_a_time)
        while page.items:
            yield page.items
            if page.next is None:
                return
            page = await self.page(where, order=order, limit=at_a_time, after=page.next)

    async def each(self, where: Where | None = None, *, order: Order = (), at_a_time: int = PAGE) -> AsyncIterator[T]:
        """All matching documents in order, read page by page; they may change meanwhile."""
        async for page in self.pages(where, order=order, at_a_time=at_a_time):
            for item in page:
                yield item

    async def count(self, where: Where | None = None) -> int:
        return await self._store.count(self._name, where)


class Collection(Documents[M]):
    """The documents of a collection as models whose `id` is the `_id`."""

    def __init__(self, store: Store, name: str, model: type[M]) -> None:
        super().__init__(store, name, model.model_validate)

    async def insert(self, item: M) -> bool:
        """Insert. Returns False and writes nothing if the id exists."""
        return await self._store.insert(self._name, document_of(item))

    async def put(self, item: M, *, guard: Where | None = None, leave: AbstractSet[str] = frozenset()) -> bool:
        """Insert, or set the fields of the existing document if the guard holds. Returns whether it did either.

        The fields in `leave`, and those unknown to the model, stay as they are.
        """
        document = document_of(item, leave=leave)
        if await self._store.insert(self._name, document):
            return True
        return await self._store.update(self._name, document.pop("_id"), guard=guard, assign=document)

    async def delete(self, where: Where) -> int:
        return await self._store.delete(self._name, where)
