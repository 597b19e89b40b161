"""Personal links: whom they let in, for what and until when."""

import string
from datetime import UTC, datetime, timedelta

import pytest

from shared.events.vocabulary import Language
from shared.ids import derived_id, new_id
from shared.problems import LinkExpiredProblem, LinkInvalidProblem
from shared.security.links import LinkPurpose, Links

NOW = datetime(2026, 12, 17, 9, 0, tzinfo=UTC)
IDS = [pytest.param("aaaaaaaaaaaaaaaq", id="10 bytes"), pytest.param(derived_id(b"k", "a"), id="16 bytes")]
ALPHABET = f"{string.ascii_letters}{string.digits}-_"


@pytest.fixture
def links() -> Links:
    return Links("https://dijous.example/", "s" * 32)


@pytest.mark.parametrize("subject", IDS)
def test_a_link_gives_its_subject_back(links: Links, subject: str) -> None:
    token = links.token(LinkPurpose.SUPPORT, subject, NOW)

    assert links.read(LinkPurpose.SUPPORT, token, NOW) == subject
    assert len(token) == 32 + len(subject)
    assert set(token) <= set(ALPHABET)
    assert token.endswith(subject), "no mail program leaves a last letter out of the link"


@pytest.mark.parametrize("subject", IDS)
def test_the_same_link_is_made_every_time(links: Links, subject: str) -> None:
    first = links.url(LinkPurpose.REGISTRATION, subject, NOW)

    assert first == Links("https://dijous.example", "s" * 32).url(LinkPurpose.REGISTRATION, subject, NOW)
    assert first.startswith("https://dijous.example/registration/")


@pytest.mark.parametrize("purpose", [p for p in LinkPurpose if p is not LinkPurpose.JOIN])
def test_a_link_serves_one_purpose_only(links: Links, purpose: LinkPurpose) -> None:
    token = links.token(LinkPurpose.JOIN, new_id(), NOW)

    with pytest.raises(LinkInvalidProblem):
        links.read(purpose, token, NOW)


def test_another_installation_does_not_take_it(links: Links) -> None:
    token = Links("https://dijous.example", "t" * 32).token(LinkPurpose.JOIN, new_id(), NOW)

    with pytest.raises(LinkInvalidProblem):
        links.read(LinkPurpose.JOIN, token, NOW)


@pytest.mark.parametrize("subject", IDS)
def test_one_wrong_letter_anywhere_makes_it_invalid(links: Links, subject: str) -> None:
    token = links.token(LinkPurpose.SUPPORT, subject, NOW)

    for place, right in enumerate(token):
        for letter in f"{ALPHABET}+/=.~ é\n\x00\ud800":
            if letter != right:
                with pytest.raises(LinkInvalidProblem):
                    links.read(LinkPurpose.SUPPORT, token[:place] + letter + token[place + 1 :], NOW)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a",
        "aaaa",
        "=",
        "ñandú",
        "a" * 32,
        "a" * 31 + "=",
        "a" * 48,
        "a" * 47 + "é",
        "\ud800" * 48,
        "a" * 10_000,
        "a b",
        "\x00",
    ],
)
def test_what_is_no_token_is_invalid(links: Links, token: str) -> None:
    with pytest.raises(LinkInvalidProblem):
        links.read(LinkPurpose.SUPPORT, token, NOW)


def test_a_shortened_or_lengthened_token_is_invalid(links: Links) -> None:
    token = links.token(LinkPurpose.SUPPORT, derived_id(b"k", "a"), NOW)

    for other in (token[:-1], token[1:], token[:32], token[:31], token[32:], token + "a", token + "=", token + token):
        with pytest.raises(LinkInvalidProblem):
            links.read(LinkPurpose.SUPPORT, other, NOW)


@pytest.mark.parametrize("subject", IDS)
def test_a_token_whose_case_was_changed_is_invalid(links: Links, subject: str) -> None:
    token = links.token(LinkPurpose.SUPPORT, subject, NOW)

    for other in (token.upper(), token.lower(), token[:32] + subject.upper(), token[:32].swapcase() + subject):
        with pytest.raises(LinkInvalidProblem):
            links.read(LinkPurpose.SUPPORT, other, NOW)


@pytest.mark.parametrize("seconds", [0, 0.5, 1, 30, 59, 59.999])
def test_it_holds_until_the_minute_after_its_expiry_begins_and_no_longer(links: Links, seconds: float) -> None:
    expires_at = NOW + timedelta(seconds=seconds)
    token = links.token(LinkPurpose.SUPPORT, new_id(), expires_at)
    end = NOW if seconds == 0 else NOW + timedelta(minutes=1)

    links.read(LinkPurpose.SUPPORT, token, expires_at)
    links.read(LinkPurpose.SUPPORT, token, end)
    with pytest.raises(LinkExpiredProblem):
        links.read(LinkPurpose.SUPPORT, token, end + timedelta(milliseconds=1))


def test_pages_that_are_nobodys_stand_under_the_public_address(links: Links) -> None:
    assert links.page("/sessions") == "https://dijous.example/sessions"
    assert links.survey_url("abc", Language.ES) == "https://dijous.example/survey/abc?lang=es"
    assert links.page("/results/abc", Language.CA) == "https://dijous.example/results/abc?lang=ca"


def test_whom_an_expired_link_was_for_is_known_and_whom_a_forged_one_was_for_is_not(links: Links) -> None:
    subject = new_id()
    token = links.token(LinkPurpose.SUPPORT, subject, NOW - timedelta(days=400))

    assert links.subject(LinkPurpose.SUPPORT, token) == subject
    assert links.subject(LinkPurpose.JOIN, token) == ""
    assert links.subject(LinkPurpose.SUPPORT, token[:-1] + ("a" if token[-1] != "a" else "b")) == ""
    assert links.subject(LinkPurpose.SUPPORT, "no token") == ""
