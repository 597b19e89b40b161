"""Signing in by the OIDC provider: there and back."""

import base64
import hmac
import secrets
from datetime import timedelta

import structlog
from fastapi import Request
from fastapi.responses import Response

from services.registration.accounts.domain import SignInFailedProblem
from services.registration.accounts.oidc import OidcProvider, ProviderError
from services.registration.accounts.sign_in_pages import AccountDesk, signed_in
from shared.web.cookies import cookie_name, set_cookie
from shared.web.page_routes import PageRouter, own_path, page_router
from shared.web.pages import see_other

CALLBACK = "/office/oidc/callback"
_COOKIE = "sign-in"
_LASTS = timedelta(minutes=10)
log = structlog.get_logger()


def routes(desk: AccountDesk, provider: OidcProvider) -> PageRouter:
    """`/office/oidc/start` leads to the provider, `/office/oidc/callback` is where it sends the person back."""
    router = page_router(desk.pages)
    secure = desk.pages.secure

    @router.get("/office/oidc/start")
    async def start(request: Request) -> Response:
        attempt = secrets.token_urlsafe(32)
        try:
            answer = see_other(await provider.authorization_url(provider.request(attempt)))
        except ProviderError as error:
            raise _failed(error) from None
        kept = f"{attempt} {own_path(request.query_params.get('next', ''))}"
        set_cookie(answer, _COOKIE, base64.urlsafe_b64encode(kept.encode()).decode(), secure=secure, max_age=_LASTS)
        return answer

    @router.get(CALLBACK)
    async def callback(request: Request) -> Response:
        attempt, following = _kept(request.cookies.get(cookie_name(_COOKIE, secure=secure), ""))
        asked = provider.request(attempt)
        if not attempt or not hmac.compare_digest(request.query_params.get("state", "").encode(), asked.state.encode()):
            raise SignInFailedProblem
        try:
            claims = await provider.claims(request.query_params.get("code", ""), asked)
        except ProviderError as error:
            raise _failed(error) from None
        person = await desk.sign_in.by_oidc(claims, provider.role_claim)
        answer = await signed_in(desk, person, following)
        set_cookie(answer, _COOKIE, "", secure=secure, max_age=timedelta(0))
        return answer

    return router


def _kept(cookie: str) -> tuple[str, str]:
    """The attempt and the page to come back to; empty where the browser began none."""
    try:
        attempt, _, following = base64.urlsafe_b64decode(cookie).decode().partition(" ")
    except ValueError:
        return "", ""
    return attempt, own_path(following)


def _failed(error: ProviderError) -> SignInFailedProblem:
    log.warning("sign-in failed", action="oidc_failed", reason=str(error))
    return SignInFailedProblem()
