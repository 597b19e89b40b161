"""Why a mail was not sent is told in words, whatever the reason: a code says nothing to the office."""

from datetime import timedelta
from itertools import product

from services.notifications.domain.deliveries import SESSION_KINDS, DeliveryKind
from services.notifications.domain.matters import Matter
from services.notifications.domain.relevance import why_not
from services.notifications.domain.suppressions import SuppressionReason
from services.notifications.web.mail_words import REASONS
from shared.events.vocabulary import ProposalState, RegistrationStatus, SessionStatus
from tests.support.mails import (
    NOW,
    SESSION_END,
    delivery_of,
    make_follower,
    make_proposal,
    make_registration,
    make_session,
    matter_of,
)

ABOUT_REGISTRATIONS = {"registered again since", *(f"registration {status}" for status in RegistrationStatus)}
ABOUT_SESSIONS = {
    *("session cancelled", "session moved", "session moved again", "after the start", "survey closed"),
    "same in their language",
}
ABOUT_PROPOSALS = {f"proposal {state}" for state in ProposalState}


def test_every_reason_why_a_mail_about_a_session_does_not_apply_has_words() -> None:
    given = set()
    for kind, standing, generation, stage, sequence, minutes, now, has_links in product(
        SESSION_KINDS, RegistrationStatus, (1, 2), SessionStatus, (0, 1), (60, 61), (NOW, SESSION_END), (True, False)
    ):
        registration = make_registration(status=standing, generation=generation)
        matter = matter_of(kind, session=make_session(status=stage, moved_sequence=sequence))
        matter = matter if has_links else Matter(matter.programme, matter.session)
        due_at = make_session().starts_at - timedelta(minutes=60)
        mail = delivery_of(kind, generation=1, minutes_before=minutes, due_at=due_at)
        given.add(why_not(mail, matter, registration, now))
        given.add(why_not(mail.model_copy(update={"due_at": NOW, "minutes_before": 60}), matter, registration, now))
    unseen = make_session(previous_title=make_session().title, previous_duration_minutes=None)
    changed = DeliveryKind.CHANGED
    given.add(why_not(delivery_of(changed), matter_of(changed, session=unseen), make_registration(), NOW))
    assert given >= ABOUT_REGISTRATIONS | ABOUT_SESSIONS, "these are no longer given"
    assert given - {""} <= set(REASONS)


def test_every_reason_why_news_of_a_proposal_do_not_apply_has_words() -> None:
    kinds = [kind for kind in DeliveryKind if kind not in SESSION_KINDS]
    given = {
        why_not(delivery_of(kind), matter_of(kind, proposal=make_proposal(state=state)), make_follower(), NOW)
        for kind, state in product(kinds, ProposalState)
    }
    assert given >= ABOUT_PROPOSALS, "these are no longer given"
    assert given - {""} <= set(REASONS)


def test_every_reason_why_an_address_gets_nothing_has_words() -> None:
    assert {f"address {reason}" for reason in SuppressionReason} <= set(REASONS)
