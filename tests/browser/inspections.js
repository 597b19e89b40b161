/* What a machine can see of a page. Every function answers a list of {rule, where}; an empty list is what we want. */
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const shown = (element) => {
    const box = element.getBoundingClientRect();
    return element.checkVisibility({ visibilityProperty: true }) && box.width > 0 && box.height > 0;
  };
  const outline = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 200);
  const finding = (rule, element) => ({ rule, where: element instanceof Element ? outline(element) : String(element) });
  const style = (element) => getComputedStyle(element);
  const isTransparent = (colour) => colour === "transparent" || /, 0\)$/.test(colour);
  const isHiddenOnPurpose = (element) => {
    for (let at = element; at; at = at.parentElement) {
      if (style(at).clipPath === "inset(50%)") return true;
    }
    return false;
  };
  const scrolls = (element) => /auto|scroll/.test(style(element).overflowX + style(element).overflowY);
  const insideScroller = (element) => {
    for (let at = element.parentElement; at && at !== document.documentElement; at = at.parentElement) {
      if (scrolls(at)) return true;
    }
    return false;
  };

  /* WCAG 1.4.10 and 1.4.4: nothing makes the page wider than the window, save tables in a scroller of their own. */
  const reflow = () => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const wide = all("body *").filter(
      (element) => shown(element) && !insideScroller(element) && element.getBoundingClientRect().right > root.clientWidth + 1
    );
    const culprits = wide.filter((element) => !wide.some((other) => other !== element && element.contains(other)));
    return (culprits.length ? culprits : [`${root.scrollWidth} > ${root.clientWidth}`]).map((at) => finding("reflow", at));
  };

  /* Text that is cut off: in a box that hides what does not fit, or in a control or a line that cannot grow. */
  const clipping = () =>
    all("body *").filter((element) => {
      if (!shown(element) || !element.textContent.trim() || isHiddenOnPurpose(element) || element.closest("svg")) return false;
      if (element.matches("textarea, select, option, input, script, style")) return false;
      const { overflowX, overflowY } = style(element);
      const cuts = (overflow) => overflow === "hidden" || overflow === "clip";
      const isTooWide = element.scrollWidth > element.clientWidth + 1;
      const isTooHigh = element.scrollHeight > element.clientHeight + 2;
      const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
      const spills = hasText && style(element).display !== "inline" && overflowY === "visible" && element.scrollHeight > element.clientHeight + 8;
      return (cuts(overflowX) && isTooWide) || (cuts(overflowY) && isTooHigh) || (element.clientHeight > 0 && spills);
    }).map((element) => finding("clipping", element));

  const add = (rules) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(rules);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    return document.body.offsetWidth; // lay it out
  };
  const reset = () => { document.adoptedStyleSheets = []; };

  const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [contenteditable=true], [tabindex]";

  /* What Tab shall reach, in the order of the document; a group of radios is one stop. */
  const stops = () => {
    const groups = new Set();
    return all(CONTROLS).filter((element) => {
      if (element.disabled || element.closest("[inert]") || element.tabIndex < 0 || !element.checkVisibility({ visibilityProperty: true })) return false;
      if (element.closest("fieldset:disabled")) return false;
      if (element.type !== "radio" || !element.name) return true;
      const group = all(`input[type=radio][name="${CSS.escape(element.name)}"]`, element.form ?? document);
      const chosen = group.find((radio) => radio.checked);
      const key = `${element.name} ${element.form ? all("form").indexOf(element.form) : ""}`;
      if (groups.has(key)) return false;
      groups.add(key);
      return true;
    });
  };
  const stopOf = (element) => {
    if (element.type !== "radio" || !element.name) return element;
    return stops().find((stop) => stop.type === "radio" && stop.name === element.name && stop.form === element.form) ?? element;
  };

  const looks = (element) => {
    const { outlineStyle, outlineWidth, outlineColor, boxShadow, backgroundColor, borderColor, textDecorationLine } = style(element);
    return { outlineStyle, outlineWidth, outlineColor, boxShadow, backgroundColor, borderColor, textDecorationLine };
  };
  /* A walk with Tab: `before` is how each stop looks without focus. */
  const walk = { stops: [], before: new Map(), seen: [], inside: 0 };
  const begin = () => {
    document.body.tabIndex = -1; // the next Tab leads to the first stop, wherever one was before
    document.body.focus({ preventScroll: true });
    document.body.removeAttribute("tabindex");
    walk.stops = stops();
    walk.before = new Map(walk.stops.map((stop) => [stop, looks(stop)]));
    walk.seen = [];
    getSelection().removeAllRanges();
    return walk.stops.length;
  };
  const isNowhere = () => [null, document.body, document.documentElement].includes(document.activeElement);
  const step = () => {
    const element = document.activeElement;
    if (isNowhere()) return { at: "", findings: [], isOver: walk.stops.every((stop) => walk.seen.includes(stop)) };
    const stop = stopOf(element);
    const isAroundAgain = walk.seen.length > 1 && stop === walk.seen[0];
    if (isAroundAgain) return { at: "", findings: [], isOver: true };
    const isInside = stop === walk.seen.at(-1) && element.matches("[type=date], [type=time], [type=datetime-local], [type=month], iframe");
    if (isInside) return { at: `${outline(element)} inside ${walk.inside++}`, findings: [] }; // its day, its year; its links
    const findings = [];
    const isScroller = scrolls(element) && !walk.stops.includes(stop);
    if (!isScroller) {
      if (!element.matches("iframe")) findings.push(...focusFindings(element, stop)); // what is in it shows the focus
      walk.seen.push(stop);
    }
    return { at: `${outline(element)} ${walk.stops.indexOf(stop)}`, findings }; // links of two lines may look the same
  };
  const focusFindings = (element, stop) => {
    const now = looks(element);
    const before = walk.before.get(element) ?? walk.before.get(stop);
    const outlined = now.outlineStyle !== "none" && parseFloat(now.outlineWidth) >= 1 && !isTransparent(now.outlineColor);
    const changed = before && ["boxShadow", "backgroundColor", "borderColor", "textDecorationLine"].some((name) => before[name] !== now[name]);
    const found = outlined || changed ? [] : [finding("focus-visible", element)];
    const box = element.getBoundingClientRect();
    const inside = box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight && box.width > 1 && box.height > 1;
    if (!inside) return [...found, finding("focus-off-screen", element)];
    const [x, y] = [Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 2), Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 2)];
    const top = document.elementFromPoint(x, y);
    const isCovered = top && !element.contains(top) && !top.contains(element) && ![...(element.labels ?? [])].some((label) => label.contains(top)) && !rows(element, top);
    return isCovered ? [...found, finding("focus-covered", element)] : found;
  };
  /* A link over several lines has its middle between them. */
  const rows = (element, top) => element.getClientRects().length > 1 && element.parentElement.contains(top);
  const end = () => {
    const missed = walk.stops.filter((stop) => !walk.seen.includes(stop)).map((stop) => finding("not-reached", stop));
    const twice = walk.seen.filter((stop, place) => walk.seen.indexOf(stop) !== place).map((stop) => finding("reached-twice", stop));
    const order = walk.seen.filter(
      (stop, place) => place > 0 && walk.seen[place - 1].compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_PRECEDING
    ).map((stop) => finding("tab-order", stop));
    const positive = all("[tabindex]").filter((element) => element.tabIndex > 0).map((element) => finding("positive-tabindex", element));
    const mouseOnly = all("[onclick], [role=button], [role=link]").filter(
      (element) => shown(element) && !element.matches(CONTROLS) && !element.closest("a[href], button, label")
    ).map((element) => finding("mouse-only", element));
    return [...missed, ...twice, ...order, ...positive, ...mouseOnly];
  };

  /* The focus of every stop without walking there. */
  const focusEach = () => {
    begin();
    return walk.stops.filter((stop) => !stop.matches("iframe")).flatMap((stop) => {
      stop.focus();
      return focusFindings(stop, stop);
    });
  };

  /* With forced colours backgrounds and shadows vanish: what only they showed is gone. */
  const forcedColours = () => {
    const borderless = all("button, .button, input:not([type=hidden], [type=radio], [type=checkbox]), select, textarea").filter(
      (element) => shown(element) && !isHiddenOnPurpose(element) && (style(element).borderTopStyle === "none" || parseFloat(style(element).borderTopWidth) === 0)
    ).map((element) => finding("forced-colours-border", element));
    const resisting = all("body, body *").filter((element) => style(element).forcedColorAdjust === "none" && !element.closest("svg"))
      .map((element) => finding("forced-colours-resisted", element));
    const vanished = all("div, span, i, b").filter((element) => {
      const box = element.getBoundingClientRect();
      const hasBorder = ["Top", "Left"].some((side) => style(element)[`border${side}Style`] !== "none" && parseFloat(style(element)[`border${side}Width`]) > 0);
      return shown(element) && !element.childNodes.length && box.width >= 4 && box.height >= 4 && !hasBorder;
    }).map((element) => finding("forced-colours-vanished", element));
    return [...borderless, ...resisting, ...vanished];
  };

  /* What is there at one width and not at another; what axe finds in it at one, it would find at the other. */
  const there = () => new Set(all("body *").filter((element) => element.checkVisibility({ visibilityProperty: true })));
  let before = new Set();
  const remember = () => { before = there(); return []; };
  const otherwise = () => {
    const now = there();
    return [...before].filter((element) => !now.has(element)).concat([...now].filter((element) => !before.has(element)))
      .map((element) => finding("not-at-every-width", element));
  };

  const reducedMotion = () => {
    const moving = document.getAnimations().map((animation) => finding("motion", animation.effect?.target ?? "animation"));
    const seconds = (text) => Math.max(...text.split(",").map(parseFloat));
    const slow = all("html, body, body *").filter(
      (element) => style(element).scrollBehavior === "smooth" || seconds(style(element).transitionDuration) > 0.01
    ).map((element) => finding("motion", element));
    return [...moving, ...slow];
  };

  /* What assistive technology and people without a mouse rely on, beyond axe's rules. */
  const structure = (language) => {
    const found = [];
    const expect = (condition, rule, at) => { if (!condition) found.push(finding(rule, at)); };
    const root = document.documentElement;
    expect(root.lang === language, "page-language", `lang=${root.lang}`);
    expect(all("h1").length === 1, "one-h1", `${all("h1").length} h1`);
    const [what, site] = [document.title.split(" · ")[0], document.title.split(" · ")[1]];
    expect(what?.trim() && site?.trim(), "title", document.title || "no title");
    const isWrong = all("[aria-invalid=true], .errors").length > 0;
    expect(isWrong === document.title.startsWith("Error:"), "title-error", document.title); // in all three languages
    all("th").forEach((cell) => expect(cell.hasAttribute("scope"), "th-scope", cell));
    all("table").filter(shown).forEach((table) => expect(table.querySelector("th"), "table-headers", table));
    all("input[name=name], input[name=email], input[name=user_name], input[type=tel], input[type=password]") // one's own
      .filter((field) => field.type !== "hidden")
      .forEach((field) => expect(field.autocomplete, "autocomplete", field));
    const groups = Map.groupBy(all("input[type=radio], input[type=checkbox]"), (field) => field.name);
    groups.forEach((fields, name) => {
      const legend = fields[0].closest("fieldset")?.querySelector(":scope > legend")?.textContent.trim();
      if (fields.length > 1 || fields[0].type === "radio") expect(legend, "fieldset-legend", fields[0]);
    });
    all("[style]").forEach((element) => expect(element.closest("svg"), "inline-style", element));
    all("form").forEach((form) => {
      if (form.method === "post") expect(form.querySelector("[name=csrf]") || location.pathname.startsWith("/preferences/"), "form-guard", form);
      expect(form.querySelector("button, input[type=submit]"), "form-button", form);
    });
    if (isWrong) found.push(...errorSummary());
    return found;
  };
  const errorSummary = () => {
    const summary = document.querySelector(".errors");
    if (!summary) return [finding("error-summary", "no summary")];
    const found = [];
    const links = all("a[href^='#']", summary);
    if (!links.length) found.push(finding("error-summary", summary));
    for (const link of links) {
      const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      const isFocusable = target && (target.matches("input, select, textarea, button") || target.hasAttribute("tabindex"));
      if (!isFocusable) found.push(finding("error-link", link));
    }
    all("[aria-invalid=true]").forEach((field) => {
      const described = (field.getAttribute("aria-describedby") ?? "").split(/\s+/).filter(Boolean);
      if (!described.some((id) => document.getElementById(id))) found.push(finding("error-described", field));
    });
    return found;
  };

  window.inspections = { reflow, clipping, add, reset, begin, isNowhere, step, end, focusEach, forcedColours, reducedMotion, remember, otherwise, structure };
})();
