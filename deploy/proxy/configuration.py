"""The proxy's configuration, written from the table of routes.

`python -m deploy.proxy.configuration > deploy/proxy/nginx.conf`; a test keeps that file current.
"""

from deploy.routes import PREFIXES

_FRAME = """\
# Written by `python -m deploy.proxy.configuration` from deploy/routes.py; do not edit by hand.
worker_processes auto;
pid /run/nginx.pid;
error_log /dev/stderr warn;

events {{
  worker_connections 4096;
}}

http {{
  include /etc/nginx/mime.types;
  server_tokens off;
  # Addresses hold the tokens of personal links: no access log.
  access_log off;
  client_max_body_size 1m;
  # The names of the services are looked up again and again, so replicas that come and go are found.
  resolver 127.0.0.11 valid=5s ipv6=off;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_connect_timeout 3s;
  proxy_read_timeout 60s;
  # A request that changes something is never tried twice.
  proxy_next_upstream error timeout;

  server {{
    listen 80 default_server;

    location = /api/v1/openapi.json {{
      root /srv/site;
      try_files /openapi.json =404;
    }}
    location = /health/live {{
      default_type application/json;
      return 200 '{{"status": "ok"}}';
    }}
{locations}
    location / {{
      return 404;
    }}
  }}
}}
"""

_LOCATION = """\
    location ~ ^{prefix}(/|$) {{
      set $upstream http://{service}:8000;
      proxy_pass $upstream;
    }}"""


def render() -> str:
    """nginx.conf, with the mailbox for trying out. Nginx takes the first expression that fits, so long ones lead."""
    routes = sorted({**PREFIXES, "/mailbox": "mailbox"}.items(), key=lambda route: -len(route[0]))
    locations = [_LOCATION.format(prefix=prefix.replace(".", r"\."), service=service) for prefix, service in routes]
    return _FRAME.format(locations="\n".join(locations))


if __name__ == "__main__":
    print(render(), end="")
