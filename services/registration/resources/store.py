"""The catalogue and the assistances as they are stored."""

from collections.abc import Iterable, Sequence

from services.registration.resources.domain import Assistance, Resource, taken_over
from shared.clock import Clock
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.contract import Index, Store, greater, one_of
from shared.storage.records import Recording

RESOURCES, ASSISTANCES = "resources", "assistances"
COLLECTIONS = {RESOURCES: [PENDING], ASSISTANCES: [PENDING, Index(("entity",)), Index(("resource",))]}


class ResourceStore(Aggregates[Resource]):
    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, RESOURCES, Resource, clock=clock)


class AssistanceStore(Aggregates[Assistance]):
    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, ASSISTANCES, Assistance, clock=clock)

    async def put(self, told: Assistance, *, record: Recording[Assistance] | None = None) -> Assistance:
        """Safe to repeat."""
        if await self.create(told, told.told(), record=record):
            return told
        return await self.change(told.id, lambda present: taken_over(present, told), record=record)

    async def of_entity(self, codes: Sequence[str]) -> list[Assistance]:
        """Those of one body under any of its codes, the latest request first."""
        found = [each async for each in self.each({"entity": one_of(codes)})]
        return sorted(found, key=lambda each: str(each.requested_on or each.finished_on or ""), reverse=True)

    async def counts(self, resources: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Of each resource how many there are, and how many of them are finished."""
        return {
            slug: (
                await self.count({"resource": slug}),
                await self.count({"resource": slug, "finished_on": greater("")}),
            )
            for slug in resources
        }
