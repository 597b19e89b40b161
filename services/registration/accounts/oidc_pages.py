"""Signing in by the OIDC provider: there and back."""

import hmac
import secrets

import structlog
from fastapi import Request
from fastapi.responses import Response

from services.registration.accounts.domain import How, SignInFailedProblem
from services.registration.accounts.oidc import OidcProvider, ProviderError
from services.registration.accounts.pending import drop_pending, keep_pending, pending
from services.registration.accounts.sign_in_pages import AccountDesk, signed_in
from shared.web.page_routes import PageRouter, own_path, page_router, sign_in_address
from shared.web.pages import see_other

CALLBACK = "/office/oidc/callback"
log = structlog.get_logger()


def routes(desk: AccountDesk, provider: OidcProvider) -> PageRouter:
    """`/office/oidc/start` leads to the provider, `/office/oidc/callback` is where it sends the person back."""
    router = page_router(desk.pages)
    secure = desk.pages.secure

    @router.get("/office/oidc/start")
    async def start(request: Request) -> Response:
        following = own_path(request.query_params.get("next", ""))
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return see_other(sign_in_address(following))  # a foreign link signs nobody in: they press the button
        attempt = secrets.token_urlsafe(32)
        try:
            answer = see_other(await provider.authorization_url(provider.request(attempt)))
        except ProviderError as error:
            raise _failed(error) from None
        keep_pending(answer, attempt, following, secure=secure)
        return answer

    @router.get(CALLBACK)
    async def callback(request: Request) -> Response:
        attempt, following = pending(request, secure=secure)
        asked = provider.request(attempt)
        if not attempt or not hmac.compare_digest(request.query_params.get("state", "").encode(), asked.state.encode()):
            raise SignInFailedProblem
        try:
            who = await provider.identity(request.query_params.get("code", ""), asked)
        except ProviderError as error:
            raise _failed(error) from None
        answer = await signed_in(desk, await desk.sign_in.by_oidc(who), How.PROVIDER, following)
        drop_pending(answer, secure=secure)
        return answer

    return router


def _failed(error: ProviderError) -> SignInFailedProblem:
    log.warning("sign-in failed", action="oidc_failed", reason=str(error))
    return SignInFailedProblem()
