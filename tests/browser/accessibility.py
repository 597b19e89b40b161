"""The accessibility recipe: what a page must withstand, each a function that answers what it found."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python
import playwright.async_api
from playwright.async_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
INSPECTIONS = (Path(__file__).parent / "inspections.js").read_text(encoding="utf-8")
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
AXE_OF_PLACES = ("target-size", "scrollable-region-focusable")
"""All its other rules see the document and what is shown of it, whatever the width."""
TEXT_SPACING = (
    "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}"
    "p{margin-block-end:2em!important}"
)
"""WCAG 2.2, success criterion 1.4.12."""
DOUBLE_TEXT = "html{font-size:200%!important}"
"""WCAG 2.2, success criterion 1.4.4."""
FRAME_WAIT_MS = 2_000
MAX_INNER_STOPS = 20
"""Of scrollers, and of dates, in which one stops at the day, the month and the year."""


_ONLY_WHAT_IS_READ = {"resultTypes": ["violations"], "selectors": False, "preload": {"assets": ["media"]}}
"""Of an element axe tells its HTML; its selector and the sheets of styles would be dear, and nobody asks for them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a page: by which rule, and the beginning of the element's HTML."""

    rule: str
    where: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}"


async def axe(page: Page) -> list[Finding]:
    """What axe-core finds by the rules of WCAG 2.2 AA and good practice."""
    await _inspect(page, "remember()")
    return await _axe(page, {"type": "tag", "values": list(AXE_TAGS)})


async def other_width(page: Page) -> list[Finding]:
    """What axe would find besides where the window has another width: its rules about places, if the same is there."""
    return await _inspect(page, "otherwise()") + await _axe(page, {"type": "rule", "values": list(AXE_OF_PLACES)})


async def dark_contrast(page: Page) -> list[Finding]:
    """Text too pale on a dark screen; leaves the page dark."""
    await page.emulate_media(color_scheme="dark")
    return await _axe(page, {"type": "rule", "values": ["color-contrast"]})


async def _axe(page: Page, which: dict[str, Any]) -> list[Finding]:
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    options = {"runOnly": which, **_ONLY_WHAT_IS_READ}
    violations = await page.evaluate(f"axe.run(document, {json.dumps(options)}).then(result => result.violations)")
    return [
        Finding(f"axe {violation['id']}", " ".join(node["html"].split())[:200])
        for violation in violations
        for node in violation["nodes"]
    ]


async def structure(page: Page, language: str) -> list[Finding]:
    """Language, one h1, title, headers of tables, autocomplete, legends, error summary."""
    return await _inspect(page, f"structure({json.dumps(language)})")


async def reflow(page: Page) -> list[Finding]:
    """What is wider than the window."""
    return await _inspect(page, "reflow()")


async def text_spacing(page: Page) -> list[Finding]:
    """What is cut off or too wide when the reader sets wider spacing."""
    return await _restyled(page, TEXT_SPACING)


async def double_text(page: Page) -> list[Finding]:
    """What is cut off or too wide with text of twice the size."""
    return await _restyled(page, DOUBLE_TEXT)


async def forced_colours(page: Page) -> list[Finding]:
    """What vanishes where the reader's system sets the colours; leaves the page so."""
    await page.emulate_media(forced_colors="active")
    return await _inspect(page, "forcedColours()")


async def reduced_motion(page: Page) -> list[Finding]:
    """What moves though the reader asked for no motion; leaves the page so."""
    await page.emulate_media(reduced_motion="reduce")
    return await _inspect(page, "reducedMotion()")


async def keyboard(page: Page) -> list[Finding]:
    """Walk through the page with Tab: every control once, in the order of the document, its focus seen, no trap."""
    await _prepare(page)
    stops = await page.evaluate("inspections.begin()")
    found: list[Finding] = []
    last = ""
    for _ in range(2 * stops + MAX_INNER_STOPS):
        step = await _tab(page)
        if step.get("isOver") or not step["at"]:
            break
        if step["at"] == last:
            found.append(Finding("focus-trap", last))
            break
        last = step["at"]
        found += _findings(step["findings"])
    else:
        found.append(Finding("focus-trap", last))
    return found + _findings(await page.evaluate("inspections.end()"))


async def _tab(page: Page) -> dict[str, Any]:
    """Where one Tab leads. A frame is a process of its own, which takes the focus when it comes to it."""
    await page.keyboard.press("Tab")
    step: dict[str, Any] = await page.evaluate("inspections.step()")
    if not step["at"] and not step["isOver"]:
        with suppress(playwright.async_api.TimeoutError):
            await page.wait_for_function("!inspections.isNowhere()", timeout=FRAME_WAIT_MS)
        step = await page.evaluate("inspections.step()")
    return step


async def focus(page: Page) -> list[Finding]:
    """Focus each control in turn: seen, on the screen, uncovered. Cheaper than a walk, where the order is known."""
    await _prepare(page)
    await page.keyboard.press("Tab")  # the browser shows the focus to those who use the keyboard
    return await _inspect(page, "focusEach()")


async def _restyled(page: Page, rules: str) -> list[Finding]:
    """Reflow and clipping under other rules."""
    await _prepare(page)
    await page.evaluate(f"inspections.add({json.dumps(rules)})")
    found = await _inspect(page, "reflow()") + await _inspect(page, "clipping()")
    await page.evaluate("inspections.reset()")
    return found


async def _inspect(page: Page, call: str) -> list[Finding]:
    await _prepare(page)
    return _findings(await page.evaluate(f"inspections.{call}"))


async def _prepare(page: Page) -> None:
    if not await page.evaluate("'inspections' in window"):
        await page.evaluate(INSPECTIONS)


def _findings(items: Sequence[dict[str, str]]) -> list[Finding]:
    return [Finding(item["rule"], item["where"]) for item in items]


def assert_none(found: Sequence[Finding], where: str) -> None:
    """Fail with one line for each finding."""
    assert not found, f"{where}:\n" + "\n".join(f"  {finding}" for finding in dict.fromkeys(found))
