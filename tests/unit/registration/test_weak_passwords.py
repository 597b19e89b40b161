import time

import pytest

from services.registration.accounts.weak_passwords import is_weak


@pytest.mark.parametrize(
    "password", ["4@8({[<369&#!1|70$5+7%2" * 11, "".join(chr(33 + each % 90) for each in range(256)), "4836917052" * 25]
)
def test_no_password_takes_long_to_judge(password: str) -> None:
    """zxcvbn alone takes fifty times as long for the first, seconds where the machine is busy."""
    began = time.process_time()
    is_weak(password, ["Marta Vila"] * 50)
    assert time.process_time() - began < 0.1


@pytest.mark.parametrize(
    "weak", ["P@$$w0rd2026!", "manchesterunited", "159753159753", "123456789qwerty", "Març-2026-Març"]
)
def test_the_usual_ones_are_weak(weak: str) -> None:
    assert is_weak(weak, ())


def test_what_is_known_of_a_person_counts_for_nothing() -> None:
    assert not is_weak("vallbona-xirgu-9", ["Marta"])
    assert is_weak("vallbona-xirgu-9", ["Marta Xirgu", "mx@vallbona.example"])
