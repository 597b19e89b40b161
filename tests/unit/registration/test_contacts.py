"""A contact is named, erased and named again inside the document of what it is told of."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from services.registration.contacts.domain import (
    Contact,
    Person,
    Subject,
    contact_id,
    contact_of,
    forgotten,
    told,
    without_person,
)
from shared.events.support import ContactErased, ContactNamed
from shared.events.vocabulary import ContactSubject, Language
from shared.security.links import LinkPurpose, Links

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
SECRET = b"s" * 32
SUBJECT = Subject(
    ContactSubject.MEMBERSHIP, "pilot:2500450006", "pilot", "2500450006", "Ajuntament dels Alamús", step=2
)
PERSON = Person(name="Núria Puig", email="Nuria@Alamus.example", role="Secretària", language=Language.ES)


def contact(before: Contact | None = None) -> Contact:
    return contact_of(PERSON, SECRET, SUBJECT, before)


def test_the_id_is_the_same_for_one_address_and_subject_and_tells_neither() -> None:
    assert contact().id == contact_id(SECRET, SUBJECT, "nuria@alamus.example")
    other = Subject(ContactSubject.PETITION, SUBJECT.id, "pilot", SUBJECT.entity, SUBJECT.entity_name)
    assert contact_id(SECRET, other, "nuria@alamus.example") != contact().id
    assert contact_id(b"t" * 32, SUBJECT, "nuria@alamus.example") != contact().id


def test_a_contact_is_told_with_all_that_mails_need() -> None:
    event = told(contact(), SUBJECT)
    assert isinstance(event, ContactNamed)
    assert (event.about_id, event.entity_name, event.email, event.step) == (
        SUBJECT.id,
        "Ajuntament dels Alamús",
        "nuria@alamus.example",
        2,
    )


def test_an_erased_contact_holds_and_tells_no_person() -> None:
    erased = without_person(contact(), NOW)
    assert without_person(erased, NOW + timedelta(days=1)) == erased
    event = told(erased, SUBJECT)
    assert isinstance(event, ContactErased)
    for text in (erased.model_dump_json(), event.model_dump_json()):
        assert not any(word in text for word in ("Núria", "alamus.example", "Secretària"))


def test_who_was_erased_comes_back_in_the_next_generation_and_who_was_not_stays_in_it() -> None:
    assert contact(contact()).generation == 1
    assert contact(without_person(contact(), NOW)).generation == 2


def test_what_waits_to_be_published_forgets_the_contact_alone() -> None:
    other = contact_of(PERSON.model_copy(update={"email": "biel@alamus.example"}), SECRET, SUBJECT)
    outbox = [told(each, SUBJECT).envelope(now=NOW) for each in (contact(), other)]
    assert [event.data["email"] for event in forgotten(outbox, contact())] == ["biel@alamus.example"]


@pytest.mark.parametrize("purpose", [LinkPurpose.PETITION, LinkPurpose.MEMBERSHIP])
def test_a_link_holds_the_contact_and_serves_its_purpose_alone(purpose: LinkPurpose) -> None:
    links = Links("https://dijous.example", "s" * 32)
    token = links.token(purpose, contact().id, NOW + timedelta(days=1))
    assert links.read(purpose, token, NOW) == contact().id
    [other] = {LinkPurpose.PETITION, LinkPurpose.MEMBERSHIP} - {purpose}
    assert links.subject(other, token) == ""


@pytest.mark.parametrize("fields", [{"name": ""}, {"email": "nobody"}, {"name": "x" * 201}, {"phone": "1"}])
def test_a_person_who_cannot_be_written_to_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Person.model_validate({"name": "Núria", "email": "nuria@alamus.example"} | fields)
