"""A page of planted faults keeps the tools honest: one that stops finding things is noticed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.browser import accessibility
from tests.browser.accessibility import Finding
from tests.support.browser import Chromium, Look

pytestmark = pytest.mark.asyncio(loop_scope="session")

LEAST_FOUND = 20
ORIGIN = "http://calibration.test"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault and the rules of which any may find it; `html` holds its name as an id, unless it is the page's."""

    name: str
    rules: frozenset[str]
    html: str = ""


def _fault(name: str, rules: str, html: str = "") -> Fault:
    return Fault(name, frozenset(rules.split(", ")), html.replace("ID", f'id="{name}"'))


FAULTS = [
    _fault("no-language", "page-language, axe html-has-lang"),
    _fault("empty-title", "title, axe document-title"),
    _fault("two-h1", "one-h1", "<h1>Once more</h1>"),
    _fault("no-zoom", "axe meta-viewport"),
    _fault("no-alt", "axe image-alt", '<img ID src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'),
    _fault("no-label", "axe label", "<input ID>"),
    _fault("pale-text", "axe color-contrast", '<p ID class="pale">Hardly to be read</p>'),
    _fault("empty-button", "axe button-name", "<button ID></button>"),
    _fault("empty-link", "axe link-name", '<a ID href="/x"></a>'),
    _fault("heading-skipped", "axe heading-order", "<h2>Two</h2><h4 ID>Four</h4>"),
    _fault("list-broken", "axe list, axe listitem", "<ul><div ID>No item</div></ul>"),
    _fault("role-unknown", "axe aria-roles", '<div ID role="knob">Knob</div>'),
    _fault("hidden-yet-focused", "axe aria-hidden-focus", '<div ID aria-hidden="true"><a href="/h">Hidden</a></div>'),
    _fault("no-scope", "th-scope", "<table><tr><th ID>Year</th></tr><tr><td>2024</td></tr></table>"),
    _fault(
        "no-legend",
        "fieldset-legend",
        '<label><input ID type="radio" name="r">1</label><label><input type="radio" name="r">2</label>',
    ),
    _fault("no-autocomplete", "autocomplete", '<label>Mail <input ID type="email" name="email"></label>'),
    _fault("inline-style", "inline-style", '<p ID style="margin:1px">Styled</p>'),
    _fault("too-wide", "reflow", '<div ID class="wide">Six hundred pixels</div>'),
    _fault("cut-by-spacing", "clipping", '<div ID class="cut">Just fits</div>'),
    _fault(
        "tiny-target", "axe target-size", '<p><a href="/t1" ID class="tiny">a</a><a href="/t2" class="tiny">b</a></p>'
    ),
    _fault("no-focus", "focus-visible", '<button ID class="bare">Unseen</button>'),
    _fault("odd-order", "tab-order, positive-tabindex", '<button ID tabindex="3">First of all</button>'),
    _fault("mouse-only", "mouse-only", '<div ID onclick="void 0">Click me</div>'),
    _fault("focus-off-screen", "focus-off-screen", '<a ID class="away" href="/away">Away</a>'),
    _fault(
        "focus-covered",
        "focus-covered",
        '<div class="under"><button ID>Covered</button><div class="over">Over</div></div>',
    ),
    _fault("borderless", "forced-colours-border", '<button ID class="flat">Flat</button>'),
    _fault("only-colour", "forced-colours-vanished", '<span ID class="dot"></span>'),
    _fault("focus-only-coloured", "focus-visible", '<button ID class="glow">Seen by its glow only</button>'),
    _fault("always-moving", "motion", '<p ID class="moving">Moving</p>'),
    _fault("no-summary", "error-summary", '<label>Name <input aria-invalid="true"></label>'),
    _fault("error-not-in-title", "title-error"),
    _fault("unguarded", "form-guard", '<form ID method="post"><button>Send</button></form>'),
    _fault("pale-in-the-dark", "axe color-contrast", '<p ID class="dim">Read by day only</p>'),
    _fault("gone-on-phones", "not-at-every-width", '<p ID class="for-desks">Read at a desk only</p>'),
    _fault(
        "tiny-on-phones",
        "axe target-size",
        '<p><a href="/t3" ID class="shrinking">a</a><a href="/t4" class="shrinking">b</a></p>',
    ),
    _fault("trap", "focus-trap", '<label for="trap">Trap</label><input ID>'),
]
STYLE = """
.pale{color:#bbb;background:#fff} .wide{width:600px} .bare:focus{outline:none} .flat{border:0}
.cut{width:9ch;height:1.2rem;line-height:1.2rem;overflow:hidden;font:16px monospace;white-space:nowrap}
.tiny{display:inline-block;width:10px;height:10px;font-size:8px} .away{position:absolute;left:-900px}
.under{position:relative;width:10rem} .over{position:absolute;inset:0;background:#eee}
.dot{display:inline-block;width:1rem;height:1rem;background:red}
.glow:focus{outline:none;box-shadow:0 0 3px red}
.dim{color:#333;background:#eee} @media(prefers-color-scheme:dark){.dim{background:#222}}
.shrinking{display:inline-block;width:3rem;height:3rem}
@media(max-width:32rem){.for-desks{display:none} .shrinking{width:10px;height:10px;font-size:8px}}
@keyframes move{to{transform:translateX(1rem)}} .moving{animation:move 1s infinite}
"""
SCRIPT = "document.getElementById('trap').addEventListener('keydown', event => event.preventDefault())"
PAGE = f"""<!doctype html><html><head><title></title>
<meta name="viewport" content="width=device-width, user-scalable=no"><style>{STYLE}</style></head>
<body><main><h1>Faults</h1>{"".join(fault.html for fault in FAULTS)}</main><script>{SCRIPT}</script></body></html>"""
SOUND = """<!doctype html><html lang="en"><head><title>Form · Dijous</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body{font:1rem/1.5 sans-serif} :focus-visible{outline:3px solid #1d4f91} button{border:2px solid;padding:.7rem}
</style></head><body><header><a href="/">Start</a></header><main><h1>Form</h1>
<form method="post"><input type="hidden" name="csrf" value="x">
<p><label for="name">Name</label> <input id="name" name="name" autocomplete="name"></p>
<fieldset><legend>How much</legend><label><input type="radio" name="much" value="1"> Little</label>
<label><input type="radio" name="much" value="2"> Much</label></fieldset><button>Send</button></form>
<table><caption>Years</caption><tr><th scope="col">Year</th></tr><tr><td>2024</td></tr></table></main></body></html>"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def found(chromium: Chromium) -> AsyncIterator[list[Finding]]:
    yield await findings(chromium, PAGE)


async def findings(chromium: Chromium, html: str) -> list[Finding]:
    """Everything that the recipe finds in a page."""
    async with chromium.page(ORIGIN) as page:
        await page.set_content(html)
        everything = await accessibility.axe(page) + await accessibility.structure(page, "en")
        everything += await accessibility.keyboard(page)
        await page.set_viewport_size({"width": 320, "height": 800})
        everything += await accessibility.other_width(page)
    async with chromium.page(ORIGIN, Look(width=320)) as page:
        await page.set_content(html)
        everything += await accessibility.reflow(page)
        everything += await accessibility.text_spacing(page) + await accessibility.double_text(page)
        everything += await accessibility.dark_contrast(page) + await accessibility.reduced_motion(page)
        everything += await accessibility.forced_colours(page) + await accessibility.focus(page)
    return everything


def _is_found(fault: Fault, found: list[Finding]) -> bool:
    mark = f'id="{fault.name}"'
    return any(item.rule in fault.rules and (mark in item.where or mark not in fault.html) for item in found)


async def test_the_tools_find_the_planted_faults(found: list[Finding]) -> None:
    missed = [fault.name for fault in FAULTS if not _is_found(fault, found)]
    assert len(FAULTS) >= 23
    assert len(FAULTS) - len(missed) >= LEAST_FOUND, f"missed: {missed}"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_a_planted_fault_is_found(fault: Fault, found: list[Finding]) -> None:
    assert _is_found(fault, found), f"not among: {sorted({item.rule for item in found})}"


async def test_a_sound_page_is_found_to_be_sound(chromium: Chromium) -> None:
    assert await findings(chromium, SOUND) == []
