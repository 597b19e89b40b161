"""What proposals can do: one method per verb."""

from dataclasses import dataclass

from services.proposals.usecases.browsing import Browsing
from services.proposals.usecases.calendar import Calendar
from services.proposals.usecases.erasures import Erasures
from services.proposals.usecases.following import Following
from services.proposals.usecases.merging import Merging
from services.proposals.usecases.proposals import Proposals
from services.proposals.usecases.steps import Steps
from services.proposals.usecases.supports import Supports
from services.proposals.usecases.sweeping import Sweep
from shared.audit import Audit
from shared.limits import Limits
from shared.messaging.inventory import Inventory
from shared.office_access import OfficeAccess


@dataclass(frozen=True, slots=True)
class UseCases:
    """The verbs of the service by noun."""

    proposals: Proposals
    browsing: Browsing
    steps: Steps
    supports: Supports
    following: Following
    erasures: Erasures
    merging: Merging
    calendar: Calendar
    sweep: Sweep
    inventory: Inventory
    limits: Limits
    audit: Audit
    access: OfficeAccess
