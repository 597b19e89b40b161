"""Why a mail was not sent is told in words, whatever the reason: a code says nothing to the office."""

from datetime import timedelta
from itertools import product

from services.notifications.deliveries.domain import CONTACT_KINDS, PROPOSAL_KINDS, SESSION_KINDS, DeliveryKind
from services.notifications.office.reasons import REASONS
from services.notifications.preferences.domain import SuppressionReason
from services.notifications.rendering.domain import MailContext
from services.notifications.sending.relevance import PASSED_ON, skip_reason
from shared.events.vocabulary import MembershipState, PetitionState, ProposalState, RegistrationStatus, SessionStatus
from tests.support.mails import (
    NOW,
    SESSION_END,
    context_of,
    delivery_of,
    make_contact,
    make_follower,
    make_membership,
    make_petition,
    make_proposal,
    make_registration,
    make_session,
    recipient_of,
)

ABOUT_REGISTRATIONS = {"registered again since", *(f"registration {status}" for status in RegistrationStatus)}
ABOUT_SESSIONS = {
    *("session cancelled", "session moved", "session moved again", "after the start", "survey closed"),
    "after the end",
    "same in their language",
}
ABOUT_PROPOSALS = {f"proposal {state}" for state in ProposalState}


def test_every_reason_why_a_mail_about_a_session_does_not_apply_has_words() -> None:
    given = set()
    for kind, standing, generation, stage, sequence, minutes, now, has_links in product(
        SESSION_KINDS, RegistrationStatus, (1, 2), SessionStatus, (0, 1), (60, 61), (NOW, SESSION_END), (True, False)
    ):
        registration = make_registration(status=standing, generation=generation)
        context = context_of(kind, session=make_session(status=stage, moved_sequence=sequence))
        context = context if has_links else MailContext(context.programme, context.session)
        due_at = make_session().starts_at - timedelta(minutes=60)
        mail = delivery_of(kind, generation=1, minutes_before=minutes, due_at=due_at)
        given.add(skip_reason(mail, context, registration, now))
        given.add(
            skip_reason(mail.model_copy(update={"due_at": NOW, "minutes_before": 60}), context, registration, now)
        )
    unseen = make_session(previous_title=make_session().title, previous_duration_minutes=None)
    changed = DeliveryKind.CHANGED
    given.add(skip_reason(delivery_of(changed), context_of(changed, session=unseen), make_registration(), NOW))
    assert given >= ABOUT_REGISTRATIONS | ABOUT_SESSIONS, "these are no longer given"
    assert given - {""} <= set(REASONS)


def test_every_reason_why_news_of_a_proposal_do_not_apply_has_words() -> None:
    kinds = sorted(PROPOSAL_KINDS)
    given = {
        skip_reason(delivery_of(kind), context_of(kind, proposal=make_proposal(state=state)), make_follower(), NOW)
        for kind, state in product(kinds, ProposalState)
    }
    assert given >= ABOUT_PROPOSALS, "these are no longer given"
    assert given - {""} <= set(REASONS)


def test_every_reason_why_a_mail_to_a_contact_does_not_apply_has_words() -> None:
    memberships = [make_membership(state=state, next_step_seen=2) for state in MembershipState]
    given = {
        skip_reason(delivery_of(kind, sequence=sequence), context_of(kind, membership=membership), make_contact(), NOW)
        for kind, membership, sequence in product(CONTACT_KINDS, memberships, (1, 2))
    }
    given = {each for each in given if not each.startswith("petition ")}
    assert given == {"", "membership finished", "membership left", "next step changed"}
    assert given - {""} <= set(REASONS)


def test_every_reason_why_a_mail_about_a_petition_does_not_apply_has_words() -> None:
    kinds = [kind for kind in DeliveryKind if kind.startswith("petition_")]
    petitions = [make_petition(state=state, owner=owner) for state, owner in product(PetitionState, ("", "lleida"))]
    recipient = recipient_of(DeliveryKind.PETITION_ASSIGNED)
    given = {
        skip_reason(delivery_of(kind, recipient=recipient), context_of(kind, petition=petition), recipient, NOW)
        for kind, petition in product(kinds, petitions)
    }
    assert given == {"", PASSED_ON, *(f"petition {state}" for state in PetitionState)}
    assert given - {""} <= set(REASONS)


def test_every_reason_why_an_address_gets_nothing_has_words() -> None:
    assert {f"address {reason}" for reason in SuppressionReason} <= set(REASONS)
