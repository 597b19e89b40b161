"""Passkeys in a real browser, with the virtual authenticator of Chromium."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import CDPSession, Page, expect

from tests.browser import accessibility
from tests.browser.accessibility import assert_none
from tests.support.browser import Chromium, Look
from tests.support.embedded import Embedded, running_embedded

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME, USER, PASSWORD = "Marta Vila", "marta@diputacio.example", "quatre paraules que recordo"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def installation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Embedded]:
    """At a name, which passkeys need; its administrators need one."""
    folder: Path = tmp_path_factory.mktemp("passkeys")
    async with running_embedded(folder, host="localhost", DIJOUS_ADMINS_NEED_PASSKEY="true") as running:
        yield running


class Device:
    """The authenticator of a page's browser."""

    def __init__(self, devtools: CDPSession, authenticator_id: str) -> None:
        self._devtools = devtools
        self._id = authenticator_id

    @classmethod
    async def of(cls, page: Page) -> "Device":
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("WebAuthn.enable")
        made = await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        return cls(devtools, made["authenticatorId"])

    async def verifies(self, is_user: bool) -> None:
        """Whether the finger, or the PIN, is the user's."""
        await self._devtools.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": is_user})

    async def keys(self) -> list[dict[str, Any]]:
        found: dict[str, Any] = await self._devtools.send("WebAuthn.getCredentials", {"authenticatorId": self._id})
        return list(found["credentials"])


async def heading(page: Page, words: str) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(words)


async def found_office(page: Page, installation: Embedded) -> None:
    await page.goto(installation.first_run)
    for field, text in (("name", NAME), ("user_name", USER), ("password", PASSWORD), ("password_again", PASSWORD)):
        await page.fill(f"#{field}", text)
    await page.get_by_role("button", name="Comença").click()
    await heading(page, "Afegeix una clau d'accés")


async def give_password(page: Page, next_heading: str) -> None:
    await page.goto("/office/sign-in")
    await page.get_by_label("Nom d'usuari").fill(USER)
    await page.get_by_label("Contrasenya").fill(PASSWORD)
    await page.get_by_role("button", name="Entra", exact=True).click()
    await heading(page, next_heading)


async def sign_out(page: Page) -> None:
    await page.get_by_role("button", name="Tanca la sessió").click()
    await heading(page, "Entreu a l'oficina del programa")


async def examine(page: Page) -> None:
    found = await accessibility.structure(page, "ca") + await accessibility.axe(page) + await accessibility.reflow(page)
    assert_none(found, page.url)


async def test_an_administrator_makes_a_passkey_signs_in_with_it_and_removes_it(
    chromium: Chromium, installation: Embedded
) -> None:
    async with chromium.page(installation.url, Look(javascript=False)) as page:
        await found_office(page, installation)
        await expect(page.get_by_text("Les claus d'accés necessiten JavaScript.")).to_be_visible()
    async with chromium.page(installation.url) as page:
        device = await Device.of(page)
        await page.context.add_init_script(accessibility.AXE)
        await give_password(page, "Afegeix una clau d'accés")
        await examine(page)
        await page.get_by_label("Nom d'aquesta clau d'accés").fill("portàtil de l'oficina")
        await page.get_by_role("button", name="Crea la clau d'accés").click()
        await sign_out(page)
        assert len(await device.keys()) == 1

        await give_password(page, "Entreu amb la clau d'accés")
        await examine(page)
        await device.verifies(False)
        use = page.get_by_role("button", name="Fes servir la clau d'accés")
        await use.click()
        await expect(page.get_by_role("alert")).to_contain_text("El navegador no ha donat cap clau d'accés.")
        await device.verifies(True)
        await use.click()
        await page.get_by_role("link", name=NAME).click()
        await heading(page, "El vostre compte")
        await expect(page.get_by_role("table")).to_contain_text("contrasenya i clau d'accés")
        await examine(page)

        await page.get_by_role("link", name="Treu-la portàtil de l'oficina").click()
        await heading(page, "Voleu treure la clau d'accés «portàtil de l'oficina»?")
        await examine(page)
        await page.get_by_label("La vostra contrasenya").fill(PASSWORD)
        await page.get_by_role("button", name="Treu la clau d'accés").click()
        await expect(page.get_by_role("main")).to_contain_text("No en teniu cap.")
