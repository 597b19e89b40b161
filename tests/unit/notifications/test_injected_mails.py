"""Every kind of mail with every text of others in it: what somebody wrote acts nowhere."""

from itertools import islice
from typing import TypeVar

import pytest
from pydantic import BaseModel

from services.notifications.deliveries.domain import DeliveryKind
from shared.events.registration import Material
from shared.events.vocabulary import Language
from tests.security.inert import MAIL_HEADERS, active_parts, summary
from tests.security.payloads import BROKEN_LINES, PAYLOADS
from tests.support.mails import composed, make_programme, make_proposal, make_session, parts, recipient_of

T = TypeVar("T", bound=BaseModel)
OURS = {
    "id",
    "programme",
    "time_zone",
    "reply_to",
    "session_id",
    "merged_into",
    "entity_code",
    "email",
    "recording_url",
}
"""Fields of text that nobody writes freely; a new one is tried until it stands here."""
WRITTEN = (*PAYLOADS, *BROKEN_LINES)


def written(known: T, payload: str) -> T:
    """The same with the payload wherever there is text."""
    texts: dict[str, object] = {}
    for name, field in type(known).model_fields.items():
        if name not in OURS and field.annotation is str:
            texts[name] = payload
        elif "Language, str" in str(field.annotation):
            texts[name] = dict.fromkeys(Language, payload)
        elif field.annotation == list[Material]:
            texts[name] = [Material.model_construct(title=payload, url="https://files.example/1")]
    return known.model_copy(update=texts)


@pytest.mark.parametrize("kind", DeliveryKind)
def test_nothing_that_was_written_acts_in_a_mail(kind: DeliveryKind) -> None:
    for payload in islice(WRITTEN, list(DeliveryKind).index(kind) % 4, None, 4):
        recipient = written(recipient_of(kind), payload)
        about = {"programme": make_programme(), "session": make_session(), "proposal": make_proposal()}
        mail = composed(kind, recipient, **{name: written(known, payload) for name, known in about.items()})
        assert set(mail.keys()) <= MAIL_HEADERS, payload
        assert mail["To"] == recipient.email
        shown = parts(mail)
        assert active_parts(shown["text/html"]) == [], payload
        assert "1337" not in shown["text/plain"].replace(payload, ""), f"evaluated: {payload!r}"
        if calendar := shown.get("text/calendar"):
            assert " ".join(payload.split()) in " ".join(summary(calendar, recipient.email).split())
