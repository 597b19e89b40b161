"""What people and time do to programmes, sessions, registrations and the directory."""

from dataclasses import dataclass

from services.registration.office_store import KnownBounces, KnownProposals
from services.registration.public_store import KnownResults, SessionLines
from services.registration.store import PROGRAMMES, REGISTRATIONS, SESSIONS, RegistrationStore
from services.registration.usecases.bounces import Bounces
from services.registration.usecases.entities import Entities
from services.registration.usecases.erasures import Erasures
from services.registration.usecases.known_proposals import Proposals
from services.registration.usecases.known_results import Results
from services.registration.usecases.limits import Allowance, Gate
from services.registration.usecases.mine import Mine
from services.registration.usecases.programmes import Programmes
from services.registration.usecases.registrations import Registrations
from services.registration.usecases.seats import Seats
from services.registration.usecases.session_list import SessionList
from services.registration.usecases.sessions import Sessions
from shared.audit import Audit
from shared.clock import Clock
from shared.links import Links
from shared.messaging.inventory import Inventory
from shared.storage.contract import Where, greater, one_of

NO_LIMITS = Allowance()


@dataclass(frozen=True)
class UseCases:
    """All of them, sharing one store."""

    programmes: Programmes
    sessions: Sessions
    session_list: SessionList
    registrations: Registrations
    mine: Mine
    erasures: Erasures
    entities: Entities
    proposals: Proposals
    results: Results
    bounces: Bounces
    seats: Seats
    inventory: Inventory
    gate: Gate

    @classmethod
    def over(
        cls,
        store: RegistrationStore,
        links: Links,
        secret: bytes,
        inventory: Inventory,
        clock: Clock,
        *,
        allowance: Allowance = NO_LIMITS,
    ) -> "UseCases":
        """The use cases on a store. `secret` keys the ids of registrations and of counters."""
        seats = Seats(store, clock)
        registrations = Registrations(store, seats, links, secret, clock)
        erasures = Erasures(store, seats, clock)
        results = KnownResults(store.documents)
        inventory.keeps("feedback-results", results.lacking)
        use_cases = cls(
            programmes=Programmes(store),
            sessions=Sessions(store, seats, results, clock),
            session_list=SessionList(SessionLines(store.documents), clock),
            registrations=registrations,
            mine=Mine(store, seats, registrations, erasures, Audit(store.documents, clock), clock),
            erasures=erasures,
            entities=Entities(store),
            proposals=Proposals(KnownProposals(store.documents)),
            results=Results(results),
            bounces=Bounces(KnownBounces(store.documents), store),
            seats=seats,
            inventory=inventory,
            gate=Gate(store.limits(secret), allowance),
        )
        use_cases._announce()
        return use_cases

    def _announce(self) -> None:
        """Take part in the sweep with all that is live."""

        def live_sessions() -> Where:
            return {"_id": one_of(self.sessions.live)}

        def live_registrations() -> Where:
            return {"session_id": one_of(self.sessions.live), "announced": greater(0)}

        self.inventory.announces("registration-programmes", PROGRAMMES, {}, self.programmes.restate)
        self.inventory.announces("registration-sessions", SESSIONS, live_sessions, self.sessions.restate)
        self.inventory.announces(
            "registration-registrations", REGISTRATIONS, live_registrations, self.registrations.restate
        )
        self.inventory.announces(
            "registration-erasures", REGISTRATIONS, self.erasures.lately, self.registrations.restate
        )
