"""The programmes as they are stored."""

from services.registration.programmes.domain import Programme
from shared.clock import Clock
from shared.storage.aggregates import PENDING, Aggregates
from shared.storage.contract import Store

PROGRAMMES = "programmes"
COLLECTIONS = {PROGRAMMES: [PENDING]}


class ProgrammeStore(Aggregates[Programme]):
    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, PROGRAMMES, Programme, clock=clock)
