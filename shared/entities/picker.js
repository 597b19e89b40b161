// The entity's field as a combobox with a list (ARIA Authoring Practices 1.2, list autocomplete with manual selection).
// Without this script the server offers what the words may mean as radios.
(() => {
  const input = document.getElementById("entity");
  const holder = document.getElementById("entity-list-holder");
  if (!input || !holder || !window.fetch) return;
  const words = holder.dataset;
  const code = Object.assign(document.createElement("input"), { type: "hidden", name: "entity_code", value: words.code });
  const list = Object.assign(document.createElement("ul"), { id: "entity-list", hidden: true, className: "options" });
  const status = Object.assign(document.createElement("div"), { className: "hidden" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", words.label);
  status.setAttribute("role", "status");
  const radios = document.getElementById("entity_code");
  if (radios) radios.querySelectorAll("input").forEach((radio) => radio.addEventListener("change", () => { code.disabled = true; }));
  code.disabled = Boolean(radios);
  holder.append(list, code, status);
  const attributes = {
    role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list",
    autocomplete: "off", autocapitalize: "off", spellcheck: "false",
  };
  Object.entries(attributes).forEach(([name, value]) => input.setAttribute(name, value));
  const SHOWN = 10;
  let active = -1, asked = 0, timer = 0;

  const options = () => Array.from(list.children);
  const isOpen = () => !list.hidden;
  const say = (text) => { status.textContent = text; };
  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function mark(index) {
    active = index;
    options().forEach((option, place) => option.setAttribute("aria-selected", String(place === index)));
    if (index < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", options()[index].id);
    options()[index].scrollIntoView({ block: "nearest" });
  }
  function choose(option) {
    input.value = option.dataset.name;
    code.value = option.dataset.code;
    code.disabled = false;
    if (radios) radios.remove();
    say("");
    close();
  }
  function show(found) {
    const items = found.slice(0, SHOWN);
    list.replaceChildren(...items.map((item, index) => {
      const option = Object.assign(document.createElement("li"), { id: `entity-option-${index}`, textContent: item.name });
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      if (item.comarca) option.append(Object.assign(document.createElement("span"), { className: "quiet", textContent: ` ${item.comarca}` }));
      Object.assign(option.dataset, { code: item.code, name: item.name });
      option.addEventListener("mousedown", (event) => event.preventDefault());
      option.addEventListener("click", () => choose(option));
      return option;
    }));
    list.hidden = items.length === 0;
    input.setAttribute("aria-expanded", String(items.length > 0));
    mark(-1);
    list.scrollIntoView({ block: "nearest" });
    const hasMore = found.length > SHOWN;
    const summary = (hasMore ? words.more : items.length ? words.found : words.none).replace("{count}", items.length);
    list.dataset.more = hasMore ? summary : "";
    say(summary);
  }
  async function search() {
    const query = input.value.trim(), turn = ++asked;
    if (query.length < 2) { close(); return say(""); }
    try {
      const answer = await fetch(`/api/v1/entities?limit=${SHOWN + 1}&q=${encodeURIComponent(query)}`);
      const { items } = await answer.json();
      if (turn === asked && document.activeElement === input) show(items);
    } catch { close(); }  // the server asks again when the form is sent
  }
  input.addEventListener("input", () => {
    code.value = "";
    clearTimeout(timer);
    timer = setTimeout(search, 150);
  });
  input.addEventListener("keydown", (event) => {
    const last = options().length - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen()) return search();
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark(active < 0 ? (step > 0 ? 0 : last) : (active + step + last + 1) % (last + 1));
    } else if (event.key === "Enter" && isOpen() && active >= 0) {
      event.preventDefault();
      choose(options()[active]);
    } else if (event.key === "Escape") {
      if (isOpen()) { event.preventDefault(); close(); } else { input.value = ""; code.value = ""; }
    } else if ((event.key === "Home" || event.key === "End" || event.key.startsWith("ArrowLeft") || event.key.startsWith("ArrowRight")) && isOpen()) {
      mark(-1);
    }
  });
  input.addEventListener("blur", () => { asked++; clearTimeout(timer); close(); });
})();
