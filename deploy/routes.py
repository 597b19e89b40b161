"""Which service answers which path: the table for the single-machine run and the proxy's configuration."""

PREFIXES = {
    "/api/v1/programmes": "registration",
    "/api/v1/sessions": "registration",
    "/api/v1/entities": "registration",
    "/api/v1/registrations": "registration",
    "/api/v1/participation": "registration",
    "/api/v1/resources": "registration",
    "/api/v1/assistances": "registration",
    "/api/v1/memberships": "registration",
    "/api/v1/offers": "registration",
    "/api/v1/petitions": "registration",
    "/api/v1/deliveries": "notifications",
    "/api/v1/suppressions": "notifications",
    "/api/v1/preferences": "notifications",
    "/api/v1/recipients": "notifications",
    "/api/v1/surveys": "feedback",
    "/api/v1/results": "feedback",
    "/api/v1/proposals": "proposals",
    "/api/v1/supports": "proposals",
    "/api/v1/followers": "proposals",
    # Pages and feeds for the public. «/» is the start page alone.
    "/": "registration",
    "/programmes": "registration",
    "/sessions": "registration",
    "/calendar.ics": "registration",
    "/feed.atom": "registration",
    "/feed.json": "registration",
    "/sitemap.xml": "registration",
    "/robots.txt": "registration",
    "/favicon.svg": "registration",
    "/favicon.ico": "registration",
    "/accessibility": "registration",
    "/privacy": "registration",
    "/legal": "registration",
    "/open-data": "registration",
    "/open-data/results.csv": "feedback",
    "/open-data/proposals.csv": "proposals",
    "/catalogue.ttl": "registration",
    "/catalogue.jsonld": "registration",
    # Links in mails.
    "/registration": "registration",
    "/join": "registration",
    "/membership": "registration",
    "/petition": "registration",
    "/preferences": "notifications",
    "/survey": "feedback",
    "/results": "feedback",
    "/support": "proposals",
    "/following": "proposals",
    "/proposals": "proposals",
    # The programme office's pages.
    "/office": "registration",
    "/office/audit/mails": "notifications",
    "/office/audit/proposals": "proposals",
    "/office/audit/results": "feedback",
    "/office/results": "feedback",
    "/office/mails": "notifications",
    "/office/proposals": "proposals",
    # Each service's own description; the joined one is at /api/v1/openapi.json.
    "/api/v1/openapi/registration.json": "registration",
    "/api/v1/openapi/notifications.json": "notifications",
    "/api/v1/openapi/feedback.json": "feedback",
    "/api/v1/openapi/proposals.json": "proposals",
}
"""Path prefix, of whole segments, to service. The longest matching one decides."""

UNOWNED = "registration"
"""The service that answers 404 for all other paths, by a page or by problem details."""

SERVICES = ("registration", "notifications", "feedback", "proposals")


def service_of(path: str) -> str | None:
    found = [prefix for prefix in PREFIXES if path == prefix or path.startswith(prefix + "/")]
    return PREFIXES[max(found, key=len)] if found else None
