"""All that the office's pages do beside the use cases of everybody."""

from dataclasses import dataclass

from services.registration.attempt_store import Attempts
from services.registration.office_reading import OfficeReading
from services.registration.office_store import KnownBounces, KnownProposals, OfficeStore
from services.registration.store import OFFICE_PEOPLE, RegistrationStore
from services.registration.usecases.attendance import Attendance
from services.registration.usecases.coverage import Participations
from services.registration.usecases.entities import Entities
from services.registration.usecases.guesses import Guesses
from services.registration.usecases.office_people import OfficePeople
from services.registration.usecases.planning import Planning
from services.registration.usecases.signing_in import SigningIn
from services.registration.usecases.today import Today
from shared.audit import Audit
from shared.clock import Clock
from shared.messaging.inventory import Inventory
from shared.office_access import OFFICE_PEOPLE_KIND
from shared.storage.contract import Store


@dataclass(frozen=True)
class Office:
    """The use cases of the programme office, sharing one store."""

    signing_in: SigningIn
    people: OfficePeople
    audit: Audit
    reading: OfficeReading
    attendance: Attendance
    planning: Planning
    today: Today
    participations: Participations

    @classmethod
    def over(cls, store: Store, entities: Entities, secret: bytes, inventory: Inventory, clock: Clock) -> "Office":
        """The use cases on a store and the directory. `secret` keys the ids of people."""
        kept, reading = OfficeStore(store, clock), OfficeReading(store, clock)
        signing_in = SigningIn(kept, Guesses(Attempts(store), secret, clock), secret, clock)
        people = OfficePeople(kept, signing_in, clock)
        inventory.announces(OFFICE_PEOPLE_KIND, OFFICE_PEOPLE, {}, people.restate)
        return cls(
            signing_in=signing_in,
            people=people,
            audit=Audit(store, clock),
            reading=reading,
            attendance=Attendance(RegistrationStore(store, clock), reading, clock),
            planning=Planning(reading, clock),
            participations=Participations(reading, entities),
            today=Today(reading, KnownProposals(store), KnownBounces(store), clock),
        )
