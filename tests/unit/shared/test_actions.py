"""An action: the role is asked for first, the use case learns who acts and what the record calls it."""

import pytest

from shared.problems import ForbiddenProblem
from shared.security.actions import Action
from shared.staff import API_CALLER, Role, StaffMember
from shared.storage.records import Author

done: list[tuple[Author, str, int]] = []


async def close(by: Author, session_id: str, seats: int = 0) -> str:
    done.append((by, session_id, seats))
    return f"{session_id} closed"


CLOSE = Action("session.closed", Role.EDITOR, close)


@pytest.fixture(autouse=True)
def _nothing_done() -> None:
    done.clear()


@pytest.mark.parametrize("member", [StaffMember("m1", "Aina", Role.EDITOR), StaffMember("m2", "Pol", Role.ADMIN)])
async def test_the_use_case_learns_who_acts_and_what_the_act_is_called(member: StaffMember) -> None:
    assert await CLOSE(member, "s1", seats=2) == "s1 closed"
    assert done == [(Author(member, "session.closed"), "s1", 2)]


async def test_whose_role_is_too_low_does_nothing() -> None:
    with pytest.raises(ForbiddenProblem):
        await CLOSE(StaffMember("m3", "Roc", Role.VIEWER), "s1")
    assert done == []


async def test_a_program_with_the_token_may_do_everything() -> None:
    await Action("session.erased", Role.ADMIN, close)(API_CALLER, "s1")
    assert [by.member for by, *_ in done] == [API_CALLER]
