"""What mails say of a session that is not for everybody, and of a provisional date."""

import pytest

from services.notifications.deliveries.domain import SESSION_KINDS, DeliveryKind
from shared.events.vocabulary import Audience
from shared.security.links import LinkPurpose
from tests.support.mails import SESSION, composed, make_proposal, make_session, parts

TITLE = "Trobada del pilot"
NEVER_SENT = {DeliveryKind.PROPOSAL_RESCHEDULED, DeliveryKind.PROPOSAL_RECORDING}
"""Of such a session."""
OF_FOLLOWERS = sorted(set(DeliveryKind) - SESSION_KINDS - NEVER_SENT)


@pytest.mark.parametrize("kind", OF_FOLLOWERS)
def test_who_follows_a_proposal_is_not_told_of_a_session_for_some(kind: DeliveryKind) -> None:
    hidden = make_session(audience=Audience.MEMBERS, title={"ca": TITLE}, previous_title=None)
    mail = composed(kind, session=hidden, proposal=make_proposal(session_id=SESSION))
    for text in (str(mail["subject"]), *parts(mail).values()):
        assert TITLE not in text
        assert SESSION not in text
        assert "video.example" not in text
        assert "10:00" not in text


@pytest.mark.parametrize("kind", [DeliveryKind.MATERIALS, DeliveryKind.CONFIRMATION])
def test_who_has_a_seat_in_it_is_told_and_led_to_their_own_page(kind: DeliveryKind) -> None:
    hidden = make_session(audience=Audience.ENTITIES, title={"ca": TITLE}, recording_url="")
    text = parts(composed(kind, session=hidden))["text/plain"]
    assert TITLE in text
    assert f"/sessions/{SESSION}" not in text
    assert f"/{LinkPurpose.REGISTRATION}/" in text


def test_a_provisional_date_is_said_to_be_one_to_who_follows_what_it_treats() -> None:
    words = "La data és provisional"
    kind, proposal = DeliveryKind.PROPOSAL_SCHEDULED, make_proposal(session_id=SESSION)
    for content in parts(composed(kind, session=make_session(tentative=True), proposal=proposal)).values():
        assert words in content
    for content in parts(composed(kind, session=make_session(), proposal=proposal)).values():
        assert words not in content
