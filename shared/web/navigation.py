"""Where the navigation of every page leads."""

from shared.problems import mark
from shared.staff import Role

NAVIGATION = (
    ("/sessions", mark("Sessions")),
    ("/proposals", mark("Proposals")),
    ("/results", mark("Results")),
)
OFFICE_NAVIGATION = (
    ("/office", mark("Today"), Role.VIEWER),
    ("/office/sessions", mark("Sessions"), Role.VIEWER),
    ("/office/proposals", mark("Proposals"), Role.VIEWER),
    ("/office/petitions", mark("Petitions"), Role.VIEWER),
    ("/office/results", mark("Results"), Role.VIEWER),
    ("/office/mails", mark("Mails"), Role.VIEWER),
    ("/office/entities", mark("Local entities"), Role.VIEWER),
    ("/office/people", mark("People of the office"), Role.ADMIN),
)
"""Address, name, and from which role on one gets there."""
BODY_NAVIGATION = (
    ("/office", mark("Your entities"), Role.VIEWER),
    ("/office/petitions", mark("Petitions"), Role.VIEWER),
)
"""The same for the staff of bodies that accompany entities."""
