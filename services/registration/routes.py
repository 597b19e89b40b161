"""All routes of the service, in the order in which they are tried: first what hundreds ask for at once."""

from fastapi import APIRouter

from services.registration.accounts import office_pages as account_pages
from services.registration.accounts import oidc_pages, own_pages, passkey_pages, sign_in_pages
from services.registration.accounts.oidc import OidcProvider
from services.registration.accounts.sign_in_pages import AccountDesk
from services.registration.attendance import office_pages as attendance_pages
from services.registration.attendance.office_pages import AttendanceDesk
from services.registration.coverage import entity_pages
from services.registration.coverage import office_pages as coverage_pages
from services.registration.coverage.entity_pages import EntityDesk
from services.registration.coverage.office_pages import CoverageDesk
from services.registration.entities.api import entity_routes
from services.registration.memberships import enrolment_pages
from services.registration.memberships import office_pages as membership_office_pages
from services.registration.memberships import personal_pages as membership_pages
from services.registration.memberships.api import membership_routes
from services.registration.memberships.enrolment_pages import EnrolmentDesk
from services.registration.memberships.office_pages import MembershipDesk
from services.registration.memberships.personal_pages import MembershipSite
from services.registration.moving_in import office_pages as moving_in_pages
from services.registration.moving_in.api import moving_in_routes
from services.registration.moving_in.office_pages import MovingInDesk
from services.registration.offers import office_pages as offer_office_pages
from services.registration.offers.api import offer_routes
from services.registration.offers.office_pages import OfferDesk
from services.registration.office import audit_pages, today_pages
from services.registration.office.audit_pages import AuditDesk
from services.registration.office.today_pages import TodayDesk
from services.registration.open_data import pages as open_data_pages
from services.registration.open_data.pages import OpenDataSite
from services.registration.petitions import office_pages as petition_office_pages
from services.registration.petitions import pages as petition_pages
from services.registration.petitions import personal_pages as own_petition_pages
from services.registration.petitions import selection_pages
from services.registration.petitions.api import petition_routes
from services.registration.petitions.office_pages import PetitionDesk
from services.registration.petitions.pages import PetitionSite
from services.registration.planning import office_pages as planning_pages
from services.registration.planning.office_pages import PlanningDesk
from services.registration.programmes import bodies_pages, phases_pages, survey_pages
from services.registration.programmes import office_pages as programme_pages
from services.registration.programmes.api import programme_routes
from services.registration.programmes.office_pages import ProgrammeDesk
from services.registration.public_site import SiteOwner
from services.registration.registrations import join_pages, link_pages, personal_pages
from services.registration.registrations import office_pages as registration_office_pages
from services.registration.registrations import pages as registration_pages
from services.registration.registrations.api import registration_routes
from services.registration.registrations.office_pages import RegistrationDesk
from services.registration.registrations.pages import RegistrationSite
from services.registration.registrations.people_api import people_routes
from services.registration.report import office_pages as report_pages
from services.registration.report.office_pages import ReportDesk
from services.registration.resources import office_pages as resource_pages
from services.registration.resources.api import resource_routes
from services.registration.resources.office_pages import ResourceDesk
from services.registration.sessions import lifecycle_pages
from services.registration.sessions import office_pages as session_office_pages
from services.registration.sessions import pages as session_pages
from services.registration.sessions.api import session_routes
from services.registration.sessions.office_pages import SessionDesk
from services.registration.site import feeds
from services.registration.site import pages as site_pages
from services.registration.usecases import UseCases
from shared.clock import Clock
from shared.events.vocabulary import Language
from shared.security.links import Links
from shared.web.page_routes import PageRouter
from shared.web.pages import Pages


def api_routers(use_cases: UseCases, staff_token: str, clock: Clock) -> list[APIRouter]:
    return [
        registration_routes(use_cases.registrations, use_cases.entities, use_cases.rate_limit, staff_token),
        programme_routes(use_cases.programmes, staff_token),
        session_routes(use_cases.sessions, use_cases.programmes, use_cases.entities, staff_token, clock),
        people_routes(use_cases.own, use_cases.erasing, use_cases.contacts, staff_token),
        entity_routes(use_cases.entities, staff_token),
        resource_routes(use_cases.resources, staff_token),
        moving_in_routes(use_cases.moving_in, staff_token),
        membership_routes(
            use_cases.membership.office,
            use_cases.membership.enrolments,
            use_cases.membership.choices,
            use_cases.entities,
            staff_token,
        ),
        offer_routes(use_cases.support.offers, staff_token, clock),
        petition_routes(
            use_cases.support.petitions,
            use_cases.support.selecting,
            use_cases.support.offers,
            use_cases.entities,
            use_cases.rate_limit,
            staff_token,
        ),
    ]


def public_routers(use_cases: UseCases, pages: Pages, links: Links, owner: SiteOwner, clock: Clock) -> list[PageRouter]:
    site = RegistrationSite(
        pages,
        links,
        owner,
        clock,
        sessions=use_cases.sessions,
        programmes=use_cases.programmes,
        registrations=use_cases.registrations,
        own=use_cases.own,
        entities=use_cases.entities,
        rate_limit=use_cases.rate_limit,
        proposals=use_cases.known.proposals,
    )
    return [
        site_pages.routes(site, use_cases.support.offers),
        feeds.routes(site),
        session_pages.routes(site),
        registration_pages.routes(site),
        personal_pages.routes(site),
        join_pages.routes(site),
        link_pages.routes(site),
        membership_pages.routes(_membership_site(use_cases, pages, links, clock)),
        *_petition_pages(use_cases, pages, links, clock),
        open_data_pages.routes(OpenDataSite(pages, clock, use_cases.open_data, owner)),
        site_pages.notice_routes(site),
    ]


def _membership_site(use_cases: UseCases, pages: Pages, links: Links, clock: Clock) -> MembershipSite:
    stores = use_cases.stores
    return MembershipSite(
        pages,
        links,
        clock,
        own=use_cases.membership.own,
        stored=stores.members,
        programmes=use_cases.programmes,
        sessions=stores.sessions,
        people=stores.registrations,
        registrations=use_cases.registrations,
    )


def _petition_pages(use_cases: UseCases, pages: Pages, links: Links, clock: Clock) -> list[PageRouter]:
    site = PetitionSite(
        pages,
        links,
        clock,
        programmes=use_cases.programmes,
        offers=use_cases.support.offers,
        petitions=use_cases.support.petitions,
        contacts=use_cases.contacts,
        entities=use_cases.entities,
        rate_limit=use_cases.rate_limit,
    )
    return [petition_pages.routes(site), own_petition_pages.routes(site)]


def office_routers(use_cases: UseCases, pages: Pages, clock: Clock, provider: OidcProvider | None) -> list[PageRouter]:
    stores, programmes, entities = use_cases.stores, use_cases.programmes, use_cases.entities
    people = stores.registrations
    accounts = AccountDesk(
        pages,
        clock,
        accounts=use_cases.access.accounts,
        sign_in=use_cases.access.sign_in,
        sessions=use_cases.access.sessions,
        second_factor=use_cases.access.second_factor,
        bodies=programmes.bodies,
    )
    petitions, known = _petition_desk(use_cases, pages, clock), use_cases.known
    kept = (stores.sessions, people, known.proposals, known.bounces, known.senders, use_cases.reports)
    members = (use_cases.membership.enrolments, stores.members)
    today = TodayDesk(pages, clock, programmes, *kept, *members, petitions)
    named = (stores.sessions, programmes, entities, use_cases.resources, use_cases.access.accounts)
    audit = AuditDesk(pages, clock, *named, use_cases.audit)
    found = [
        sign_in_pages.routes(accounts, has_oidc=provider is not None),
        passkey_pages.routes(accounts),
        own_pages.routes(accounts),
        today_pages.routes(today),
        account_pages.routes(accounts),
        audit_pages.routes(audit),
        *_session_routers(use_cases, pages, clock),
        *_petition_routers(use_cases, pages, clock, petitions),
        *_programme_routers(use_cases, pages, clock),
        *_membership_routers(use_cases, pages, clock),
        moving_in_pages.routes(MovingInDesk(pages, clock, use_cases.moving_in, use_cases.registrations)),
        *_directory_routers(use_cases, pages, clock),
    ]
    if provider:
        found.append(oidc_pages.routes(accounts, provider))
    return found


def _session_routers(use_cases: UseCases, pages: Pages, clock: Clock) -> list[PageRouter]:
    stores = use_cases.stores
    sessions = SessionDesk(
        pages,
        clock,
        sessions=use_cases.sessions,
        programmes=use_cases.programmes,
        stored=stores.sessions,
        counts=stores.registrations.counts,
        proposals=use_cases.known.proposals,
        entities=use_cases.entities,
        doubts=use_cases.support.petitions.doubts,
    )
    registrations = RegistrationDesk(
        **vars(sessions),
        registrations=use_cases.registrations,
        stored_registrations=stores.registrations,
        bounces=use_cases.known.bounces,
        supported=use_cases.support.petitions.supported,
    )
    return [
        session_office_pages.routes(sessions),
        lifecycle_pages.routes(sessions),
        registration_office_pages.routes(registrations),
        attendance_pages.routes(AttendanceDesk(**vars(sessions), attendance=use_cases.attendance)),
    ]


def _programme_routers(use_cases: UseCases, pages: Pages, clock: Clock) -> list[PageRouter]:
    programmes = ProgrammeDesk(pages, clock, use_cases.programmes, use_cases.entities.provinces, use_cases.retention)
    planning = PlanningDesk(pages, clock, planning=use_cases.planning, programmes=use_cases.programmes)
    settings = (programme_pages, survey_pages, phases_pages, bodies_pages)
    reports = ReportDesk(pages, clock, use_cases.programmes, use_cases.reports)
    return [
        *(each.routes(programmes) for each in settings),
        planning_pages.routes(planning),
        report_pages.routes(reports),
    ]


def _membership_routers(use_cases: UseCases, pages: Pages, clock: Clock) -> list[PageRouter]:
    cases = use_cases.membership
    members = MembershipDesk(
        pages,
        clock,
        memberships=cases.office,
        choices=cases.choices,
        entities=use_cases.entities,
        bounces=use_cases.known.bounces,
    )
    return [
        membership_office_pages.routes(members),
        enrolment_pages.routes(EnrolmentDesk(pages, clock, enrolments=cases.enrolments)),
    ]


def _petition_routers(use_cases: UseCases, pages: Pages, clock: Clock, petitions: PetitionDesk) -> list[PageRouter]:
    """Before those of programmes, whose pages have addresses one step shorter."""

    async def resources() -> dict[str, dict[Language, str]]:
        return {slug: resource.name for slug, resource in (await use_cases.resources.by_slug()).items()}

    offers = OfferDesk(
        pages, clock, use_cases.support.offers, use_cases.programmes, use_cases.entities.provinces, resources=resources
    )
    return [
        petition_office_pages.routes(petitions),
        selection_pages.routes(petitions),
        offer_office_pages.routes(offers),
    ]


def _petition_desk(use_cases: UseCases, pages: Pages, clock: Clock) -> PetitionDesk:
    return PetitionDesk(
        pages,
        clock,
        petitions=use_cases.support.petitions,
        offers=use_cases.support.offers,
        selecting=use_cases.support.selecting,
        programmes=use_cases.programmes,
        stored=use_cases.stores.petitions,
        bounces=use_cases.known.bounces,
    )


def _directory_routers(use_cases: UseCases, pages: Pages, clock: Clock) -> list[PageRouter]:
    stores, programmes, entities = use_cases.stores, use_cases.programmes, use_cases.entities
    people, resources = stores.registrations, use_cases.resources
    asked = (stores.petitions, use_cases.support.offers)
    entity = EntityDesk(pages, clock, entities, resources, people, stores.sessions, programmes, stores.members, *asked)
    return [
        resource_pages.routes(ResourceDesk(pages, clock, resources)),
        coverage_pages.routes(CoverageDesk(pages, clock, entities, people, programmes)),
        entity_pages.routes(entity),
    ]
