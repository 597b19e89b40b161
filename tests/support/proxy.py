"""nginx with the very configuration that ships, before services of this machine."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

from deploy.proxy.configuration import render
from deploy.settings import ServingSettings
from tests.support.ports import free_port

PROXY = Path(__file__).parents[2] / "deploy" / "proxy"
NGINX = shutil.which("nginx") or ""


def _has_javascript() -> bool:
    """Whether nginx is here with its JavaScript module, which the image of nginx has."""
    if not NGINX:
        return False
    built = subprocess.run([NGINX, "-V"], capture_output=True, text=True, check=False).stderr
    modules = re.search(r"--modules-path=(\S+)", built)
    return modules is not None and (Path(modules[1]) / "ngx_http_js_module.so").exists()


needs_nginx = pytest.mark.skipif(not _has_javascript(), reason="nginx with its JavaScript module is not installed")


@contextmanager
def running_nginx(
    folder: Path,
    services: Mapping[str, str],
    settings: ServingSettings | None = None,
    replaced: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[str]:
    """Its address; `services` are theirs by name, `replaced` are parts of the configuration for this test."""
    port = free_port()
    text = _adapted(render(settings or ServingSettings()), services, port, folder)
    for there, here in replaced.items():
        text = text.replace(there, here)
    with nginx_with(folder, text):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def nginx_with(folder: Path, configuration: str) -> Iterator[None]:
    (folder / "logs").mkdir(parents=True)
    (folder / "nginx.conf").write_text(configuration)
    process = subprocess.Popen([NGINX, "-c", folder / "nginx.conf", "-g", "daemon off;"])
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def _adapted(text: str, services: Mapping[str, str], port: int, folder: Path) -> str:
    """The configuration with the addresses and folders of this machine."""
    for there, here in {
        "listen 80 ": f"listen 127.0.0.1:{port} ",
        "/run/nginx.pid": f"{folder}/pid",
        "include /etc/nginx/mime.types;": "types { text/html html; }",
        "/etc/nginx/readiness.js": f"{PROXY}/readiness.js",
        "/srv/page": str(PROXY),
        "/dev/stderr": f"{folder}/logs/error.log",
    }.items():
        text = text.replace(there, here)
    for name, url in services.items():
        text = text.replace(f"http://{name}:8000", url)
    return text
