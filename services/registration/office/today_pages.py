"""Today: what needs doing, and the next session."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from services.registration.memberships.domain import Membership
from services.registration.memberships.enrolment import Enrolments, NotEnrolled
from services.registration.memberships.store import MembershipStore
from services.registration.petitions.domain import Petition
from services.registration.petitions.office_pages import PetitionDesk
from services.registration.programmes.domain import DEFAULT_TIME_ZONE, Programme
from services.registration.programmes.usecases import Programmes
from services.registration.projections import KnownBounces, KnownProposal, KnownProposals, KnownSenders
from services.registration.registrations.store import RegistrationStore
from services.registration.report.commitments import Judged
from services.registration.report.usecases import Reports
from services.registration.seats.domain import SeatCounts
from services.registration.sessions.domain import Session
from services.registration.sessions.store import SessionStore
from shared.events.vocabulary import SessionStatus
from shared.staff import StaffMember
from shared.text.dates import today_in
from shared.web.desk import Desk
from shared.web.page_routes import PageRouter, page_router

LINK_NEEDED_WITHIN = timedelta(days=14)
RECORDING_MISSED_FOR = timedelta(days=60)
"""A session that ended longer ago will have none any more."""

LOOKING_AHEAD = timedelta(days=370)
MOST_PROPOSALS = 10


@dataclass(frozen=True, slots=True)
class Agenda:
    following: Session | None
    """The next session."""
    numbers: SeatCounts | None
    """Its registrations."""
    without_link: list[Session]
    without_recording: list[Session]
    proposals: list[KnownProposal]
    """The most supported of those that wait for an answer."""
    proposals_waiting: int
    below_promised: list[Judged]
    """Sessions of late with a mean below the lowest one that was promised."""
    bounces: int
    """How many addresses refused a mail and get none now."""
    mails_wait_since: datetime | None
    """When mails stopped going out; None while they do."""
    not_enrolled: list[NotEnrolled]
    """Sessions in which members are enrolled, but not those who came later."""
    late: list[Membership]
    """Members whose next step should have been taken."""
    late_petitions: list[Petition]
    unreached_petitions: list[Petition]
    """Those whose contact's address refuses our mails."""

    @property
    def is_empty(self) -> bool:
        sessions = (self.without_link, self.without_recording, self.below_promised)
        others, petitions = (self.proposals_waiting, self.bounces), (self.late_petitions, self.unreached_petitions)
        return not any((*sessions, *others, *petitions, self.mails_wait_since, self.not_enrolled, self.late))


@dataclass(frozen=True)
class TodayDesk(Desk):
    programmes: Programmes
    sessions: SessionStore
    registrations: RegistrationStore
    proposals: KnownProposals
    bounces: KnownBounces
    senders: KnownSenders
    reports: Reports
    enrolments: Enrolments
    members: MembershipStore
    petitions: PetitionDesk

    async def agenda(self, member: StaffMember) -> Agenda:
        now = self.clock()
        coming = await self.sessions.between(now - timedelta(days=1), now + LOOKING_AHEAD)
        ahead = [session for session in coming if session.is_scheduled and session.over_at > now]
        past = await self.sessions.between(now - RECORDING_MISSED_FOR, now)
        following = ahead[0] if ahead else None
        return Agenda(
            following=following,
            numbers=await self.registrations.counts(following.id) if following else None,
            without_link=[
                session for session in ahead if not session.join_url and session.starts_at <= now + LINK_NEEDED_WITHIN
            ],
            without_recording=[
                session for session in past if session.status is SessionStatus.ENDED and not session.recording_url
            ],
            proposals=await self.proposals.unanswered(limit=MOST_PROPOSALS),
            proposals_waiting=await self.proposals.count_unanswered(),
            below_promised=await self.reports.broken(),
            bounces=await self.bounces.count_standing(),
            mails_wait_since=await self.senders.paused_since(),
            not_enrolled=await self.enrolments.incomplete(),
            late=await self.members.late(today_in(now)),
            late_petitions=await self.petitions.late(member),
            unreached_petitions=await self.petitions.unreached(),
        )


async def _of_body(
    desk: TodayDesk, request: Request, programmes: Iterable[Programme], member: StaffMember
) -> HTMLResponse:
    """Where the staff of a body begin: what it accompanies, and what is late."""
    accompanied = [
        (programme, body) for programme in programmes for body in programme.bodies if body.key == member.body
    ]
    late = await desk.petitions.late(member)
    return desk.pages.render(request, "office/body.html", accompanied=accompanied, late=late)


def routes(desk: TodayDesk) -> PageRouter:
    """`/office`."""
    router = page_router(desk.pages)
    viewer = Depends(desk.accompanying_viewer)

    @router.get("/office")
    async def today(request: Request, member: StaffMember = viewer) -> HTMLResponse:
        programmes = await desk.programmes.by_slug()
        if member.body:
            return await _of_body(desk, request, programmes.values(), member)
        zones = {slug: programme.time_zone for slug, programme in programmes.items()}
        return desk.pages.render(
            request,
            "office/today.html",
            agenda=await desk.agenda(member),
            zones=zones,
            default_zone=DEFAULT_TIME_ZONE,
            has_programmes=bool(programmes),
        )

    return router
