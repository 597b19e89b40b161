"""What a browser sends of a time."""

import pytest

from shared.text.dates import local_instant


@pytest.mark.parametrize("zone", ["Europe/Madrid", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("typed", ["0001-01-01T00:00", "9999-12-31T23:59", "9999-12-31", "1999-12-31T10:00", "x", ""])
def test_a_time_of_no_session_is_none(typed: str, zone: str) -> None:
    assert local_instant(typed, zone) is None


def test_a_time_is_of_its_zone() -> None:
    instant = local_instant("2027-01-14T10:00", "Europe/Madrid")
    assert instant is not None
    assert instant.isoformat() == "2027-01-14T09:00:00+00:00"
