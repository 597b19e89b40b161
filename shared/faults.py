"""Places where a fault test can kill the process: between any two steps whose order matters.

`DIJOUS_FAILPOINT="after-publish:3,on-receive:10"` kills the process with SIGKILL at the third pass of the first place
or the tenth of the second. Without the variable a pass costs one lookup.
"""

import os
import signal


def _parse(plan: str) -> dict[str, int]:
    """Remaining passes by place, of `<place>:<pass>` items separated by commas."""
    items = (item.strip().rpartition(":") for item in plan.split(",") if item.strip())
    return {place: int(passes) for place, _, passes in items}


_remaining = _parse(os.environ.get("DIJOUS_FAILPOINT", ""))


def failpoint(name: str) -> None:
    if name not in _remaining:
        return
    _remaining[name] -= 1
    if _remaining[name] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
