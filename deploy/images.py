"""The images of others that docker-compose.yml and the Dockerfile name: `python -m deploy.images pin` or `check`.

A tag may lead to another image tomorrow; a digest is that one image. Digests come from the registry, never by hand.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

FILES = (Path("docker-compose.yml"), Path("deploy/Dockerfile"))
_IMAGE = re.compile(r"^(?P<where>\s*image: |FROM )(?P<name>[a-z/]+:[\w.-]+)(?P<digest>@sha256:[0-9a-f]{64})?", re.M)


def unpinned(text: str) -> list[str]:
    """The images that are named by their tag alone."""
    return [found["name"] for found in _IMAGE.finditer(text) if not found["digest"]]


def pinned(text: str, digest_of: Callable[[str], str]) -> str:
    """The text with the present digest of every tag."""
    return _IMAGE.sub(lambda found: f"{found['where']}{found['name']}@{digest_of(found['name'])}", text)


def _digest(image: str) -> str:
    command = ["docker", "buildx", "imagetools", "inspect", image, "--format", "{{.Manifest.Digest}}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603  names from our own files


def main(what: str) -> int:
    if what == "pin":
        for file in FILES:
            file.write_text(pinned(file.read_text(), _digest))
    missing = [f"{file}: {image} has no digest" for file in FILES for image in unpinned(file.read_text())]
    print("\n".join(missing) or "every image has its digest")
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
