"""The record of what the office did in registration, in words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from services.registration.accounts.own_pages import HOW_NAMES
from services.registration.accounts.usecases import Accounts
from services.registration.entities.usecases import Entities
from services.registration.memberships.office_pages import PROGRESS_NAMES
from services.registration.memberships.office_pages import STATE_NAMES as MEMBERSHIP_STATES
from services.registration.petitions.office_pages import STATE_NAMES
from services.registration.programmes.usecases import Programmes
from services.registration.resources.usecases import Resources
from services.registration.sessions.store import SessionStore
from shared.events.vocabulary import Language, in_language
from shared.problems import mark
from shared.security.audit import Audit
from shared.staff import Role
from shared.web import audit_pages
from shared.web.audit_pages import Act, Detail, Record, Shape
from shared.web.desk import ROLE_NAMES, Desk
from shared.web.page_routes import PageRouter

PATH = "/office/audit"
_SESSION, _PROGRAMME = "/office/sessions/{}", "/office/programmes/{}"
_PETITION = "/office/petitions/{}"
_REGISTRATIONS, _PERSON = _SESSION + "/registrations", "/office/people/{}"

ACTS: Mapping[str, Act] = {
    "programme.defined": Act(mark("Created a programme"), _PROGRAMME),
    "programme.changed": Act(mark("Changed the settings of a programme"), _PROGRAMME),
    "series.planned": Act(mark("Planned a series of sessions"), _PROGRAMME),
    "session.scheduled": Act(mark("Scheduled a session"), _SESSION),
    "session.changed": Act(mark("Changed a session"), _SESSION),
    "session.rescheduled": Act(mark("Moved a session to another time"), _SESSION),
    "session.cancelled": Act(mark("Cancelled a session"), _SESSION),
    "session.ended": Act(mark("Ended a session"), _SESSION),
    "session.materials-published": Act(mark("Published recording and materials"), _SESSION),
    "registration.added": Act(mark("Registered a person"), _REGISTRATIONS),
    "registration.cancelled": Act(mark("Cancelled a person's registration")),
    "registration.exported": Act(audit_pages.EXPORTED_PERSON),
    "registration.erased": Act(audit_pages.ERASED_PERSON),
    "registrations.exported": Act(mark("Exported the registrations"), _REGISTRATIONS),
    "attendance.marked": Act(mark("Marked who came"), _REGISTRATIONS),
    "attendance.imported": Act(mark("Imported an attendance report"), _REGISTRATIONS),
    "sessions.imported": Act(mark("Brought in past sessions")),
    "participation.imported": Act(mark("Brought in who took part in past sessions")),
    "registrations.imported": Act(mark("Registered people from a file"), _REGISTRATIONS),
    "assistances.imported": Act(mark("Brought in requests and finishes of resources"), "/office/resources"),
    "resource.added": Act(mark("Added a resource to the catalogue"), "/office/resources/{}"),
    "resource.changed": Act(mark("Changed a resource of the catalogue"), "/office/resources/{}"),
    "assistance.noted": Act(mark("Noted what an entity did with a resource"), "/office/entities/{}"),
    "membership.started": Act(mark("Had an entity take part")),
    "membership.advanced": Act(mark("Took an entity on in its phases")),
    "membership.next-step-set": Act(mark("Set the next step of an entity")),
    "membership.changed": Act(mark("Changed who accompanies an entity, or its project")),
    "membership.contacts-named": Act(mark("Named contacts of an entity")),
    "membership.contact-erased": Act(mark("Took out a contact of an entity")),
    "membership.ended": Act(mark("Ended that an entity takes part")),
    "session.enrolled": Act(mark("Enrolled the members in a session"), _REGISTRATIONS),
    "offer.published": Act(mark("Published an offer")),
    "offer.changed": Act(mark("Changed the terms of an offer")),
    "offer.selected": Act(mark("Selected petitions of an offer")),
    "petition.reviewed": Act(mark("Took up a petition"), _PETITION),
    "petition.decided": Act(mark("Decided of a petition"), _PETITION),
    "petition.answered": Act(mark("Answered a petition"), _PETITION),
    "petition.assigned": Act(mark("Passed a petition on"), _PETITION),
    "petition.scored": Act(mark("Gave points to an answer of a petition"), _PETITION),
    "petition.treated": Act(mark("Noted that a session treats a petition"), _PETITION),
    "entities.imported": Act(mark("Imported local entities"), "/office/entities"),
    "office.link-made": Act(mark("Made a link for the first administrator")),
    "office.founded": Act(mark("Became the first administrator"), _PERSON),
    "person.added": Act(mark("Added a person to the office")),
    "person.link-made": Act(mark("Made a link to set a password"), _PERSON),
    "person.role-changed": Act(mark("Changed a person's role"), _PERSON),
    "person.removed": Act(mark("Removed a person from the office"), _PERSON),
    "person.password-set": Act(mark("Set a password"), _PERSON),
    "person.signed-in": Act(mark("Signed in"), _PERSON),
    "person.signed-out": Act(mark("Ended all sessions of a person"), _PERSON),
    "person.passkey-added": Act(mark("Added a passkey"), _PERSON),
    "person.passkeys-removed": Act(mark("Removed passkeys"), _PERSON),
}

FIELDS = {
    "name": mark("Name"),
    "kind": mark("Kind"),
    "summary": mark("What it is"),
    "audience": mark("For whom"),
    "tool": mark("Tool for the meetings"),
    "organiser": mark("Who organises it"),
    "reply_to": mark("Mailbox for answers"),
    "time_zone": mark("Time zone"),
    "reminders_minutes": mark("Reminders"),
    "survey_questions": mark("Questions of the survey"),
    "survey_days": mark("Days that the survey stays open"),
    "survey_reminder_days": mark("Days after which those who have not answered are reminded"),
    "kinds": mark("Who may request it"),
    "population_min": mark("Least inhabitants"),
    "population_max": mark("Most inhabitants"),
    "years": mark("Years"),
    "per_entity": mark("Requests per entity"),
    "keep_people_days": mark("Days that people are kept after a session"),
    "lowest_mean": mark("Lowest mean that is promised"),
    "accredited": mark("Accredited as training"),
    "bodies": mark("Bodies that accompany the entities"),
    "phases": mark("Phases"),
    "members_public": mark("Whether anybody sees who takes part"),
    "mentor": mark("Who accompanies it"),
    "project_url": mark("Project"),
    "text": mark("What it is"),
    "opens_at": mark("Opens"),
    "closes_at": mark("Last moment"),
    "places": mark("Places"),
    "answer_days": mark("Days within which the office answers"),
    "offer_days": mark("Days to accept a place offered"),
    "rule": mark("For whom"),
    "questions": mark("Questions"),
    "title": mark("Title"),
    "description": mark("Description"),
    "capacity": mark("Seats"),
    "join_url": mark("Join link"),
    "entities": mark("Entities that it is for"),
    "survey": mark("Survey"),
    "tentative": mark("Provisional date"),
}

DETAILS = {
    "programme": Detail(mark("Programme"), Shape.ID),
    "session": Detail(mark("Session"), Shape.ID),
    "entity": Detail(mark("Local entity"), Shape.ID),
    "resource": Detail(mark("Resource"), Shape.ID),
    "fields": Detail(mark("Changed"), codes=FIELDS),
    "from": Detail(mark("Before"), Shape.INSTANT),
    "to": Detail(mark("Now"), Shape.INSTANT),
    "materials": Detail(mark("Materials")),
    "came": Detail(mark("Marked as having come")),
    "did_not": Detail(mark("Marked as not having come")),
    "found": Detail(mark("People found in the report")),
    "sessions": Detail(mark("Sessions")),
    "entities": Detail(mark("Local entities")),
    "how": Detail(mark("By"), codes={how.value: name for how, name in HOW_NAMES.items()}),
    "failures": Detail(mark("Wrong attempts before")),
    "passkey": Detail(mark("Passkey")),
    "reason": Detail(mark("Reason")),
    "lines_new": Detail(mark("New lines")),
    "lines_changed": Detail(mark("Changed lines")),
    "phase": Detail(mark("Phase")),
    "progress": Detail(mark("State"), codes={state.value: name for state, name in PROGRESS_NAMES.items()}),
    "until": Detail(mark("By when")),
    "enrolled": Detail(mark("People enrolled")),
    "body": Detail(mark("Staff of")),
    "state": Detail(
        mark("State"), codes={state.value: name for state, name in (*MEMBERSHIP_STATES.items(), *STATE_NAMES.items())}
    ),
    "owner": Detail(mark("Who answers it")),
    "question": Detail(mark("Question")),
    "points": Detail(mark("Points")),
    "offered": Detail(mark("Places offered")),
    "not_chosen": Detail(mark("Not chosen")),
    "role": Detail(mark("Role"), codes={role.name.lower(): ROLE_NAMES[role] for role in Role}),
}


@dataclass(frozen=True)
class AuditDesk(Desk):
    sessions: SessionStore
    programmes: Programmes
    entities: Entities
    resources: Resources
    accounts: Accounts
    audit: Audit


def routes(desk: AuditDesk) -> PageRouter:
    """`/office/audit`."""

    async def names(language: Language, ids: Collection[str]) -> dict[str, str]:
        sessions = (await desk.sessions.many(sorted(ids))).values()
        programmes = await desk.programmes.by_slug()
        entities = [await desk.entities.find(code) for code in ids if code.isdigit()]
        resources = await desk.resources.by_slug()
        people = await desk.accounts.everybody()
        return (
            {session.id: in_language(session.title, language) for session in sessions}
            | {slug: in_language(found.name, language) for slug, found in programmes.items() if slug in ids}
            | {slug: in_language(found.name, language) for slug, found in resources.items() if slug in ids}
            | {entity.code: entity.name for entity in entities if entity}
            | {person.id: person.name for person in people if person.id in ids}
        )

    return audit_pages.audit_routes(desk.pages, PATH, Record(desk.audit, ACTS, DETAILS, names))
