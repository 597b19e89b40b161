"""Whether a container engine answers on this machine."""

import gc
import warnings

import docker
from docker.errors import DockerException


def why_no_engine() -> str:
    """What the container engine said against us, or nothing."""
    reason = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the client leaks its socket where nobody listens
        try:
            docker.from_env().close()
        except DockerException as error:
            reason = str(error)
        gc.collect()
    return reason
