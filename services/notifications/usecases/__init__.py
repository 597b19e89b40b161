"""What this service does: one module per noun, one method per verb."""

from dataclasses import dataclass

from services.notifications.letters import Letters
from services.notifications.store import NotificationsStore
from services.notifications.usecases.announcements import Announcements
from services.notifications.usecases.bells import Bells
from services.notifications.usecases.fanouts import Fanouts
from services.notifications.usecases.office import Office
from services.notifications.usecases.people import People
from services.notifications.usecases.post import Post
from services.notifications.usecases.preferences import Preferences
from services.notifications.usecases.proposals import Proposals
from services.notifications.usecases.registrations import Registrations
from services.notifications.usecases.sessions import Sessions
from services.notifications.usecases.surveys import Surveys
from services.notifications.usecases.wording import Wordings
from shared.audit import Audit
from shared.clock import Clock
from shared.messaging.inventory import Inventory
from shared.office_access import OfficeAccess


@dataclass(frozen=True, slots=True)
class UseCases:
    """All that notifications can do but sending, over one store and one clock."""

    bells: Bells
    sessions: Sessions
    registrations: Registrations
    surveys: Surveys
    proposals: Proposals
    fanouts: Fanouts
    post: Post
    people: People
    preferences: Preferences
    office: Office
    wordings: Wordings
    audit: Audit
    access: OfficeAccess
    inventory: Inventory

    @classmethod
    def over(
        cls,
        store: NotificationsStore,
        clock: Clock,
        inventory: Inventory,
        letters: Letters,
        *,
        page_size: int,
        survey_part_size: int,
    ) -> "UseCases":
        """The use cases over a store. `page_size`: recipients of a fan-out at a time."""
        bells = Bells()
        announcements = Announcements(store, clock, bells)
        surveys = Surveys(store, clock, announcements, bells, part_size=survey_part_size)
        audit = Audit(store.documents, clock)
        post = Post(store, clock, bells)
        return cls(
            bells=bells,
            sessions=Sessions(store, clock, announcements, surveys),
            registrations=Registrations(store, clock, announcements, surveys),
            surveys=surveys,
            proposals=Proposals(store, announcements),
            fanouts=Fanouts(store, clock, bells, page_size=page_size),
            post=post,
            people=People(store, audit),
            office=Office(store, post, audit, clock),
            wordings=Wordings(store, letters, audit, clock),
            audit=audit,
            access=OfficeAccess(store.documents),
            preferences=Preferences(store, clock),
            inventory=inventory,
        )
