"""The way into the office for whoever operates the installation, when nobody can sign in any more."""

from dataclasses import dataclass
from datetime import datetime

from services.registration.accounts.domain import FIRST_RUN_LASTS, PASSWORD_LINK_LASTS, Account
from services.registration.accounts.sign_in import first_run_link, password_address
from services.registration.accounts.store import AccountStore
from shared.clock import Clock
from shared.security.audit import Audit
from shared.staff import OPERATOR, Role
from shared.storage.contract import Store
from shared.storage.records import Author, Recording


class AmbiguousAccount(Exception):
    """Several accounts, or none, fit; `choices` are those to choose from."""

    def __init__(self, choices: list[Account]) -> None:
        super().__init__("; ".join(person.user_name for person in choices))
        self.choices = choices


@dataclass(frozen=True, slots=True)
class RecoveryLink:
    """A link that lets its holder in, once."""

    link: str
    until: datetime
    person: Account | None
    """Whose password it sets; None where it makes the first administrator."""


async def make_recovery_link(
    store: Store, public_url: str, clock: Clock, user_name: str = "", *, lost_passkeys: bool = False
) -> RecoveryLink:
    """A new link, in place of the one before: for the first administrator while there is none, else to set a password
    for the person with that user name or, without one, for the only administrator. It is recorded.

    If they have lost their passkeys, these are removed: the link's password is enough.

    The store is registration's, prepared.

    Raises:
        AmbiguousAccount: nobody has that user name, or there are several administrators.
    """
    accounts, audit = AccountStore(store, clock), Audit(store, clock)
    if not user_name and not await accounts.count_administrators():
        await audit.record(OPERATOR, "office.link-made", "")
        if link := await first_run_link(store, public_url, clock):
            return RecoveryLink(link, clock() + FIRST_RUN_LASTS, None)
    person = _whose(await accounts.everybody(), user_name)
    await audit.record(OPERATOR, "person.link-made", person.id)
    if lost_passkeys:
        record: Recording[Account] = Author(OPERATOR, "person.passkeys-removed").record(person.id)
        await accounts.change(person.id, lambda now: now.without_passkeys(), record=record)
    until = clock() + PASSWORD_LINK_LASTS
    token = await accounts.new_link(until, person)
    return RecoveryLink(password_address(public_url, token), until, person)


def _whose(people: list[Account], user_name: str) -> Account:
    if user_name:
        found, choices = [each for each in people if each.user_name == user_name.strip().lower()], people
    else:
        found = choices = [each for each in people if each.role is Role.ADMIN]
    if len(found) != 1:
        raise AmbiguousAccount(choices)
    return found[0]
