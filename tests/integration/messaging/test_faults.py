"""Failpoints: the n-th pass of the named place kills the process, any other pass does nothing."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
from shared.faults import failpoint
for number in range(1, 4):
    failpoint("here")
    failpoint("there")
    print(number, flush=True)
"""


@pytest.mark.parametrize(
    ("plan", "printed", "code"),
    [
        ("", "1\n2\n3\n", 0),
        ("elsewhere:1", "1\n2\n3\n", 0),
        ("here:1", "", -9),
        ("here:9, there:3", "1\n2\n", -9),
        ("here:4", "1\n2\n3\n", 0),
    ],
)
def test_the_process_dies_at_the_planned_pass(plan: str, printed: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=os.environ | {"DIJOUS_FAILPOINT": plan}, capture_output=True, text=True
    )
    assert (done.stdout, done.returncode) == (printed, code)
