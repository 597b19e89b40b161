"""The record of what the office did in registration, in words."""

from collections.abc import Collection, Mapping

from services.registration.domain.acts import Act
from services.registration.web.office.desk import ROLE_NAMES, Desk
from shared.events.vocabulary import Language, in_language
from shared.problems import mark
from shared.staff import Role
from shared.web import audit_pages
from shared.web.audit_pages import Detail, Record, Shape
from shared.web.page_routes import PageRouter

PATH = "/office/audit"
_SESSION, _PROGRAMME = "/office/sessions/{}", "/office/programmes/{}"
_REGISTRATIONS, _PERSON = _SESSION + "/registrations", "/office/people/{}"

ACTS: Mapping[str, audit_pages.Act] = {
    Act.PROGRAMME_DEFINED: audit_pages.Act(mark("Created a programme"), _PROGRAMME),
    Act.PROGRAMME_CHANGED: audit_pages.Act(mark("Changed the settings of a programme"), _PROGRAMME),
    Act.SERIES_PLANNED: audit_pages.Act(mark("Planned a series of sessions"), _PROGRAMME),
    Act.SESSION_SCHEDULED: audit_pages.Act(mark("Scheduled a session"), _SESSION),
    Act.SESSION_CHANGED: audit_pages.Act(mark("Changed a session"), _SESSION),
    Act.SESSION_RESCHEDULED: audit_pages.Act(mark("Moved a session to another time"), _SESSION),
    Act.SESSION_CANCELLED: audit_pages.Act(mark("Cancelled a session"), _SESSION),
    Act.SESSION_ENDED: audit_pages.Act(mark("Ended a session"), _SESSION),
    Act.MATERIALS_PUBLISHED: audit_pages.Act(mark("Published recording and materials"), _SESSION),
    Act.REGISTRATION_ADDED: audit_pages.Act(mark("Registered a person"), _REGISTRATIONS),
    Act.REGISTRATION_CANCELLED: audit_pages.Act(mark("Cancelled a person's registration")),
    Act.REGISTRATION_EXPORTED: audit_pages.Act(audit_pages.EXPORTED_PERSON),
    Act.REGISTRATION_ERASED: audit_pages.Act(audit_pages.ERASED_PERSON),
    Act.REGISTRATIONS_EXPORTED: audit_pages.Act(mark("Exported the registrations"), _REGISTRATIONS),
    Act.ATTENDANCE_MARKED: audit_pages.Act(mark("Marked who came"), _REGISTRATIONS),
    Act.ATTENDANCE_IMPORTED: audit_pages.Act(mark("Imported an attendance report"), _REGISTRATIONS),
    Act.ENTITIES_IMPORTED: audit_pages.Act(mark("Imported local entities"), "/office/entities"),
    Act.FIRST_RUN_LINK_MADE: audit_pages.Act(mark("Made a link for the first administrator")),
    Act.OFFICE_FOUNDED: audit_pages.Act(mark("Became the first administrator"), _PERSON),
    Act.PERSON_ADDED: audit_pages.Act(mark("Added a person to the office")),
    Act.PERSON_LINK_MADE: audit_pages.Act(mark("Made a link to set a password"), _PERSON),
    Act.PERSON_ROLE_CHANGED: audit_pages.Act(mark("Changed a person's role"), _PERSON),
    Act.PERSON_REMOVED: audit_pages.Act(mark("Removed a person from the office"), _PERSON),
    Act.PASSWORD_SET: audit_pages.Act(mark("Set a password"), _PERSON),
    Act.SIGNED_IN: audit_pages.Act(mark("Signed in"), _PERSON),
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
    "title": mark("Title"),
    "description": mark("Description"),
    "capacity": mark("Seats"),
    "join_url": mark("Join link"),
}
DETAILS = {
    "programme": Detail(mark("Programme"), Shape.ID),
    "session": Detail(mark("Session"), Shape.ID),
    "entity": Detail(mark("Local entity"), Shape.ID),
    "fields": Detail(mark("Changed"), codes=FIELDS),
    "from": Detail(mark("Before"), Shape.INSTANT),
    "to": Detail(mark("Now"), Shape.INSTANT),
    "materials": Detail(mark("Materials")),
    "came": Detail(mark("Marked as having come")),
    "did_not": Detail(mark("Marked as not having come")),
    "found": Detail(mark("People found in the report")),
    "sessions": Detail(mark("Sessions")),
    "entities": Detail(mark("Local entities")),
    "role": Detail(mark("Role"), codes={role.name.lower(): ROLE_NAMES[role] for role in Role}),
}


def routes(desk: Desk) -> PageRouter:
    """`/office/audit`."""

    async def names(language: Language, ids: Collection[str]) -> dict[str, str]:
        """Of sessions, programmes, local entities and people of the office."""
        titles = await desk.office.reading.titles(ids)
        entities = [await desk.use_cases.entities.find(code) for code in ids if code.isdigit()]
        people = await desk.office.people.names()
        return (
            {id_: in_language(title, language) for id_, title in titles.items()}
            | {entity.code: entity.name for entity in entities if entity}
            | {id_: name for id_, name in people.items() if id_ in ids}
        )

    return audit_pages.audit_routes(desk.pages, PATH, Record(desk.office.audit, ACTS, DETAILS, names))
