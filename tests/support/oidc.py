"""An OIDC provider as a process of its own over HTTP: discovery, authorization, token, keys (OpenID Connect Core 1.0).

It holds its clients to the rules: redirect address, PKCE, one use of each code, client authentication.
"""

import asyncio
import base64
import hashlib
import json
import secrets
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode

import httpx
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.support.ports import free_port
from tests.support.probes import eventually

CLIENT_ID = "dijous"
CLIENT_SECRET = "secret of the tests & more: ç"
START_SECONDS = 30.0


class Provider:
    """The provider inside its process. `person` are the claims that it gives, `faults` what it does wrongly."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self._codes: dict[str, dict[str, str]] = {}
        self._person: dict[str, Any] = {"sub": "1", "email": "marta@diputacio.example", "name": "Marta Vila"}
        self._fault = ""

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/keys", self._keys),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/told", self._told, methods=["POST"]),
            ]
        )

    async def _told(self, request: Request) -> Response:
        """Who signs in next, and what goes wrong then."""
        told = await request.json()
        self._person, self._fault = told["person"], told["fault"]
        return Response()

    async def _metadata(self, request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": "http://another.example" if self._fault == "metadata" else self._issuer,
                "authorization_endpoint": f"{self._issuer}/authorize",
                "token_endpoint": f"{self._issuer}/token",
                "jwks_uri": f"{self._issuer}/keys",
            }
        )

    async def _keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self._codes[code] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}", 302)

    async def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self._codes.pop(form.get("code", ""), None)
        expected = base64.b64encode(f"{CLIENT_ID}:{quote_plus(CLIENT_SECRET)}".encode()).decode()
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if (
            asked is None
            or request.headers.get("authorization") != f"Basic {expected}"
            or form["redirect_uri"] != asked["redirect_uri"]
            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": self._id_token(asked["nonce"])})

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self._issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **self._person}
        key = self._key
        if self._fault == "nonce":
            claims["nonce"] = "another"
        elif self._fault == "audience":
            claims["aud"] = "another"
        elif self._fault == "issuer":
            claims["iss"] = "http://another.example"
        elif self._fault == "expired":
            claims |= {"iat": now - 7200, "exp": now - 3600}
        elif self._fault == "key":
            key = RSAKey.generate_key(2048, {"kid": "1"})
        elif self._fault == "unsigned":
            parts = [json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims)]
            return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""])
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, key)


class OidcProcess:
    """The running provider, seen from a test."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.client = httpx.AsyncClient(timeout=10)

    async def tell(self, fault: str = "", **person: Any) -> None:
        """Who signs in next."""
        answer = await self.client.post(f"{self.issuer}/told", json={"person": person, "fault": fault})
        assert answer.is_success

    async def authorize(self, url: str) -> str:
        """Go where the application sends the browser; the address to which the provider sends it back."""
        assert url.startswith(f"{self.issuer}/authorize?"), url
        answer = await self.client.get(url)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]


@asynccontextmanager
async def running_oidc() -> AsyncIterator[OidcProcess]:
    """A provider until the block ends."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.oidc", str(port), cwd=Path(__file__).parents[2]
    )
    provider = OidcProcess(f"http://127.0.0.1:{port}")

    async def answers() -> None:
        assert process.returncode is None, f"the provider ended with {process.returncode}"
        try:
            await provider.client.get(f"{provider.issuer}/keys")
        except httpx.HTTPError as error:
            raise AssertionError(f"the provider does not answer yet: {error!r}") from None

    try:
        await eventually(answers, within=START_SECONDS)
        yield provider
    finally:
        await provider.client.aclose()
        process.terminate()
        await process.wait()


def main(port: int) -> None:
    """Serve until SIGTERM."""
    application = Provider(f"http://127.0.0.1:{port}").application()
    uvicorn.run(application, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]))
