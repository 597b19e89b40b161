"""The proxy's configuration, written from the table of routes, DIJOUS_TRUSTED_PROXY and DIJOUS_PUBLIC_URL.

`python -m deploy.proxy.configuration > deploy/proxy/nginx.conf`; a test keeps that file,
made without settings, current.
"""

import click

from deploy.routes import PREFIXES, SERVICES, UNOWNED
from deploy.settings import ServingSettings, explained_settings
from shared.web.application import HSTS

_FRAME = """\
# Written by `python -m deploy.proxy.configuration` from deploy/routes.py; do not edit by hand.
load_module modules/ngx_http_js_module.so;
worker_processes auto;
pid /run/nginx.pid;
# Starting, reloading, dying. What concerns a request is written below, without its address.
error_log /dev/stderr warn;

events {{
  worker_connections 4096;
}}

http {{
  include /etc/nginx/mime.types;
  server_tokens off;
  # Addresses hold the tokens of personal links, and nginx's error log quotes them at every level: it is off for
  # requests, and failed ones get a line with their route instead.
  error_log /dev/null emerg;
  log_format failed escape=json '{{"timestamp": "$time_iso8601", "level": "error", "action": "proxy_failed", '
    '"method": "$request_method", "route": "$route", "status": "$status", "upstream": "$upstream_addr", '
    '"upstream_status": "$upstream_status", "seconds": "$request_time"}}';
  map $status $has_failed {{
    default 0;
    ~^5 1;
  }}
  access_log /dev/stderr failed if=$has_failed;
  # The services refuse more than 1 MB, in words; the proxy only what is far beyond.
  client_max_body_size 8m;
  # The names of the services are looked up again and again, so replicas that come and go are found.
  resolver 127.0.0.11 valid=5s ipv6=off;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  # The client is the nearest address before the proxies of DIJOUS_TRUSTED_PROXY; the services are told that one alone.
{trusted}  real_ip_header X-Forwarded-For;
  real_ip_recursive on;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_connect_timeout 3s;
  proxy_read_timeout 60s;
  # A request that changes something is never tried twice.
  proxy_next_upstream error timeout;
  js_import readiness from /etc/nginx/readiness.js;
  subrequest_output_buffer_size 64k;

  # While a service is away, readers get a page and programs problem details.
  map $http_accept $unavailable {{
    default /unavailable.html;
    ~*text/html /unavailable.html;
    ~*json /unavailable.json;
  }}
  map $http_accept_language $unavailable_title {{
    default "Ara mateix no podem respondre.";
    ~*^es "Ahora mismo no podemos responder.";
    ~*^en "We cannot answer just now.";
  }}

  server {{
    listen 80 default_server;

    location = /api/v1/openapi.json {{
      root /srv/site;
{hsts}      try_files /openapi.json =404;
    }}
    location = /unavailable.html {{
      internal;
      root /srv/page;
{headers}
    }}
    location = /unavailable.json {{
      internal;
      default_type application/problem+json;
{headers}
      return 503 '{{"type": "urn:dijous:problem:service-away", "title": "$unavailable_title", "status": 503}}';
    }}
    location = /health/live {{
      default_type application/json;
{hsts}      return 200 '{{"status": "ok"}}';
    }}
    location = /health/ready {{
      set $services "{services}";
{hsts}      js_content readiness.joined;
    }}
{readiness}
{locations}
    location / {{
      set $route /;
      set $upstream http://{unowned}:8000;
      proxy_pass $upstream;
      error_page 502 504 =503 $unavailable;
    }}
  }}
}}
"""

_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_HEADERS = f"""\
      add_header Retry-After 5 always;
      add_header Cache-Control no-store always;
      add_header Referrer-Policy no-referrer always;
      add_header X-Content-Type-Options nosniff always;
      add_header Content-Security-Policy "{_POLICY}" always;"""

_HSTS = f'      add_header Strict-Transport-Security "{HSTS}" always;\n'

_READINESS = """\
    location = /ready/{service} {{
      internal;
      set $upstream http://{service}:8000/health/ready;
      proxy_pass $upstream;
      proxy_read_timeout 5s;
    }}"""

_LOCATION = """\
    location ~ ^{pattern}(/|$) {{
      set $route {prefix};
      set $upstream http://{service}:8000;
      proxy_pass $upstream;
      error_page 502 504 =503 {unavailable};
    }}"""


def render(settings: ServingSettings) -> str:
    """nginx.conf. Nginx takes the first expression that fits: long ones lead."""
    routes = sorted(PREFIXES.items(), key=lambda route: -len(route[0]))
    hsts = _HSTS if settings.public_url.startswith("https://") else ""
    return _FRAME.format(
        trusted="".join(f"  set_real_ip_from {proxy};\n" for proxy in settings.trusted_proxies),
        locations="\n".join(_location(prefix, service) for prefix, service in routes),
        unowned=UNOWNED,
        hsts=hsts,
        headers=hsts + _HEADERS,
        services=" ".join(SERVICES),
        readiness="\n".join(_READINESS.format(service=service) for service in SERVICES),
    )


def _location(prefix: str, service: str) -> str:
    unavailable = "/unavailable.json" if prefix.startswith("/api/") else "$unavailable"
    pattern = prefix.replace(".", r"\.")
    return _LOCATION.format(pattern=pattern, prefix=prefix, service=service, unavailable=unavailable)


if __name__ == "__main__":
    with explained_settings():
        click.echo(render(ServingSettings()), nl=False)
