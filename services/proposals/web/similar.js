(() => {
  const form = document.getElementById("proposal");
  const title = form.elements.title;
  const programme = form.elements.programme;
  const box = document.getElementById("similar");
  const list = box.querySelector("ul");
  const pattern = document.getElementById("similar-item");
  const shown = form.elements.shown;
  let asked = 0;
  let timer = 0;

  const show = (items) => {
    list.replaceChildren(...items.map((item) => {
      const entry = pattern.content.cloneNode(true);
      const link = entry.querySelector("a");
      link.href = `/proposals/${item.id}#support`;
      link.textContent = item.title;
      link.lang = item.language;
      entry.querySelector("b").textContent = item.supports;
      return entry;
    }));
    box.hidden = !items.length;
    document.getElementById("similar-count").textContent = items.length ? `${box.dataset.count}: ${items.length}` : "";
    shown.value = items.map((item) => item.id).join(" ");
  };

  const look = async () => {
    const turn = ++asked;
    const query = new URLSearchParams({ programme: programme.value, title: title.value.trim() });
    if (title.value.trim().length < 4 || !programme.value) return show([]);
    const answer = await fetch(`/api/v1/proposals/similar?${query}`).catch(() => null);
    if (turn === asked && answer && answer.ok) show((await answer.json()).items);
  };

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(look, 400);
  };
  title.addEventListener("input", later);
  programme.addEventListener("change", later);
})();
