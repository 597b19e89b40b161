"""Every act that a service records reads as words in the page of its record."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from services.feedback.web import audit_words as feedback
from services.notifications.web import audit_words as notifications
from services.proposals.web import audit_words as proposals
from services.registration.web.office import audit as registration

SERVICES = Path(__file__).parents[3] / "services"
_CODES = re.compile(r'^ *[A-Z][A-Z_, ]* = ("[a-z]+\.[a-z-]+"(?:, "[a-z]+\.[a-z-]+")*)', re.MULTILINE)


def recorded(service: str) -> set[str]:
    """The codes of acts that the use cases and the domain of a service name."""
    files = [*(SERVICES / service / "usecases").glob("*.py"), *(SERVICES / service / "domain").glob("acts.py")]
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
