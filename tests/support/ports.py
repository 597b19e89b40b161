"""Ports for the servers that tests start."""

import itertools
import os
import socket
from collections.abc import Iterator

FIRST = 11_000
OF_EACH_WORKER = 5_000
WORKERS = 4
"""Their ports end below 32,768, where Linux begins with those that it gives to whoever asks for any: no client and no
other server gets one of these by chance between the look here and the server's start. They begin above 10,080, the last
one that browsers refuse."""


def free_port() -> int:
    """A port that nobody listens on just now, and that no other test process is told."""
    return next(port for port in _own if _is_free(port))


def _own_ports() -> Iterator[int]:
    """Of this test process, over and over; beginning elsewhere each time, where others may still be closing."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    ports = range(FIRST + worker * OF_EACH_WORKER, FIRST + (worker + 1) * OF_EACH_WORKER)
    return itertools.islice(itertools.cycle(ports), os.getpid() % OF_EACH_WORKER, None)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_own = _own_ports()
