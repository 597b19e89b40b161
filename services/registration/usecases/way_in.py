"""The way into the office for whoever operates the installation, when nobody can sign in any more."""

from dataclasses import dataclass
from datetime import datetime

from services.registration.domain.acts import Act
from services.registration.domain.office_people import FIRST_RUN_LASTS, PASSWORD_LINK_LASTS, OfficePerson
from services.registration.office_store import OfficeStore
from services.registration.usecases.signing_in import first_run_link, password_address, password_link
from shared.audit import Audit
from shared.clock import Clock
from shared.staff import OPERATOR, Role
from shared.storage.contract import Store


class WhoseLinkError(Exception):
    """It is not clear for whom the link is to be; `choices` are the people whom it can be for."""

    def __init__(self, choices: list[OfficePerson]) -> None:
        super().__init__("; ".join(person.user_name for person in choices))
        self.choices = choices


@dataclass(frozen=True, slots=True)
class WayIn:
    """A link that lets its holder in, once."""

    link: str
    until: datetime
    person: OfficePerson | None
    """Whose password it sets; None where it makes the first administrator."""


async def make_way_in(store: Store, public_url: str, clock: Clock, user_name: str = "") -> WayIn:
    """A new link, in place of the one before: for the first administrator while there is none, else to set a password
    for the person with that user name or, without one, for the only administrator. It is recorded.

    The store is registration's, prepared.

    Raises:
        WhoseLinkError: nobody has that user name, or there are several administrators.
    """
    office, audit = OfficeStore(store, clock), Audit(store, clock)
    if not user_name and not await office.count_administrators():
        await audit.record(OPERATOR, Act.FIRST_RUN_LINK_MADE, "")
        if link := await first_run_link(store, public_url, clock):
            return WayIn(link, clock() + FIRST_RUN_LASTS, None)
    person = _whose(await office.everybody(), user_name)
    await audit.record(OPERATOR, Act.PERSON_LINK_MADE, person.id)
    token = await password_link(office, person.id, clock)
    return WayIn(password_address(public_url, token), clock() + PASSWORD_LINK_LASTS, person)


def _whose(people: list[OfficePerson], user_name: str) -> OfficePerson:
    if user_name:
        found, choices = [each for each in people if each.user_name == user_name.strip().lower()], people
    else:
        found = choices = [each for each in people if each.role is Role.ADMIN]
    if len(found) != 1:
        raise WhoseLinkError(choices)
    return found[0]
