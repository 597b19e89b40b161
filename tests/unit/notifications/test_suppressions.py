"""What becomes of an address that bounced: told, lifted, told again."""

from datetime import timedelta

from services.notifications.deliveries.domain import DeliveryKind
from services.notifications.preferences.domain import (
    Suppression,
    SuppressionReason,
    bounce_again,
    lift_bounce,
    mail_bounced,
)
from tests.support.mails import NOW, PERSON, SESSION, delivery_of

ADDRESS = "anna@ens.example"
BOUNCED = Suppression(id="s", address=ADDRESS, reason=SuppressionReason.BOUNCED, created_at=NOW)
REMINDER = delivery_of(DeliveryKind.REMINDER)


def test_a_bounce_tells_whose_mail_it_was_and_no_address() -> None:
    told = mail_bounced(BOUNCED, REMINDER)
    assert (told.kind, told.subject_id, told.recipient_id, told.bounced_at) == ("reminder", SESSION, PERSON, NOW)
    assert ADDRESS not in told.model_dump_json()


def test_what_stands_is_not_told_again() -> None:
    assert bounce_again(ADDRESS, REMINDER, NOW)(BOUNCED) == (BOUNCED, [])


def test_lifting_forgets_the_address_and_is_told_once() -> None:
    lifted, events = lift_bounce(BOUNCED)
    assert (lifted.is_lifted, ADDRESS in lifted.model_dump_json(), len(events)) == (True, False, 1)
    assert lift_bounce(lifted) == (lifted, [])


def test_what_was_lifted_bounces_again_at_its_own_time() -> None:
    lifted, _ = lift_bounce(BOUNCED)
    later = NOW + timedelta(days=1)
    again, (told,) = bounce_again(ADDRESS, REMINDER, later)(lifted)
    assert again == BOUNCED.model_copy(update={"created_at": later})
    assert told == mail_bounced(again, REMINDER)
