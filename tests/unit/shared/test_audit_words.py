"""Every act that a service records reads as words in the page of its record."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.feedback.web import audit_words as feedback
from services.notifications.office import audit_pages as notifications
from services.proposals.web import audit_words as proposals
from services.registration.office import audit_pages as registration

SERVICES = Path(__file__).parents[3] / "services"
_CODES = re.compile(
    r'(?:^ *[A-Z][A-Z_, ]* = |Action\(|audit\.record\(OPERATOR, )("[a-z]+\.[a-z-]+"(?:, "[a-z]+\.[a-z-]+")*)',
    re.MULTILINE,
)


def recorded(service: str) -> set[str]:
    """The codes of acts that a service names."""
    files = (SERVICES / service).rglob("*.py")
    found = [codes for file in files for codes in _CODES.findall(file.read_text(encoding="utf-8"))]
    return {code.strip('"') for codes in found for code in codes.split(", ")}


@pytest.mark.parametrize(
    ("service", "acts"),
    [
        ("registration", registration.ACTS),
        ("notifications", notifications.ACTS),
        ("feedback", feedback.ACTS),
        ("proposals", proposals.ACTS),
    ],
)
def test_every_act_that_is_recorded_has_words(service: str, acts: Mapping[str, object]) -> None:
    assert recorded(service), "the codes are found where they stand"
    assert recorded(service) == {str(code) for code in acts}
