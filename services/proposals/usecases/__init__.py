"""What proposals can do: one method per verb."""

from dataclasses import dataclass

from services.proposals.store import ProposalStore
from services.proposals.usecases.decidim import Decidim
from services.proposals.usecases.followers import Followers
from services.proposals.usecases.following import Following
from services.proposals.usecases.merging import Merging
from services.proposals.usecases.proposals import Proposals
from services.proposals.usecases.steps import Steps
from services.proposals.usecases.supports import Supports
from services.proposals.usecases.sweeping import Sweep
from services.proposals.usecases.weighing import Weighing
from shared.entities.live import LiveDirectory
from shared.messaging.office_access import OfficeAccess
from shared.messaging.reconciler import Reconciler
from shared.security.audit import Audit
from shared.security.erasing import Erasing
from shared.security.rate_limits import RateLimiter


@dataclass(frozen=True, slots=True)
class UseCases:
    store: ProposalStore
    proposals: Proposals
    steps: Steps
    supports: Supports
    followers: Followers
    following: Following
    erasing: Erasing
    merging: Merging
    weighing: Weighing
    decidim: Decidim
    entities: LiveDirectory
    sweep: Sweep
    reconciler: Reconciler
    limits: RateLimiter
    audit: Audit
    access: OfficeAccess
