// Staff lists: keys, place, live changes. Every list works without it.
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const typing = (target) => target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
const rows = () => all("[data-list-row]");
const current = () => document.querySelector("[data-list-row].cur");

const mark = (row, focus = true) => {
  for (const other of rows()) other.classList.toggle("cur", other === row);
  if (focus) (row.querySelector("a[href]") ?? row.querySelector("input"))?.focus();
};
// The hand follows the mouse and Tab too.
const follow = (target) => { const row = target?.closest?.("[data-list-row]"); if (row) mark(row, false); };
addEventListener("focusin", (event) => follow(event.target));
// Focus may have come before this script did.
follow(document.activeElement);

// ---------- ticks ----------
const boxes = () => all("[data-list-row] input[type=checkbox]");
const count = () => {
  const ticked = boxes().filter((box) => box.checked).length;
  for (const bar of all("[data-bulk]")) {
    for (const button of all("button", bar)) button.disabled = ticked === 0;
    const said = bar.querySelector("[data-bulk-said]");
    said.dataset.none ??= said.textContent;
    said.textContent = ticked ? said.dataset.said.replace("{n}", ticked) : said.dataset.none;
  }
  for (const row of rows()) row.classList.toggle("sel", row.querySelector("input[type=checkbox]")?.checked ?? false);
};
addEventListener("change", (event) => { if (event.target.matches?.(".tick")) setTimeout(count); });
count();

// ---------- place: where the hand was, what was ticked, how far it was scrolled ----------
const memory = `list ${location.pathname}${location.search}`;
const remember = () => {
  if (!rows().length) return;
  const place = { row: current()?.id, ticked: boxes().filter((box) => box.checked).map((box) => box.value), scroll: scrollY };
  try { sessionStorage.setItem(memory, JSON.stringify(place)); } catch { /* no room: the place is lost, nothing else */ }
};
addEventListener("pagehide", remember);
const recall = () => {
  let place;
  try { place = JSON.parse(sessionStorage.getItem(memory)); } catch { return; }
  const wanted = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  const back = wanted?.matches("[data-list-row]") || performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (place && back) for (const box of boxes()) if (place.ticked?.includes(box.value)) box.checked = true;
  const row = wanted ?? (back && place?.row ? document.getElementById(place.row) : null);
  if (row?.matches("[data-list-row]")) mark(row);
  count();
  if (!place || !back) return;
  // The browser goes to the address's row by itself, when everything is there: the hand was not there.
  const scroll = () => scrollTo(0, place.scroll);
  scroll();
  if (document.readyState !== "complete") addEventListener("load", () => setTimeout(scroll));
};
recall();

// ---------- keys ----------
const dialog = () => {
  const known = document.querySelector("dialog.keys-dialog");
  const keys = document.querySelector("[data-keys]");
  if (known || !keys) return known;
  const made = document.createElement("dialog");
  made.className = "keys-dialog";
  const title = document.createElement("h2");
  title.id = "keys-title";
  title.textContent = keys.querySelector("summary").textContent;
  const close = document.createElement("button");
  close.className = "btn btn-3";
  close.textContent = keys.dataset.close ?? "关闭";
  close.addEventListener("click", () => made.close());
  made.setAttribute("aria-labelledby", title.id);
  made.append(title, keys.querySelector("dl").cloneNode(true), close);
  document.body.append(made);
  return made;
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const list = rows();
  const at = list.indexOf(current());
  if (event.key === "/") {
    const field = document.querySelector(".list-q");
    if (field) { event.preventDefault(); event.stopImmediatePropagation(); field.focus(); field.select(); }
  } else if (event.key === "j" && list.length) mark(list[Math.min(at + 1, list.length - 1)]);
  else if (event.key === "k" && list.length) mark(list[Math.max(at - 1, 0)]);
  else if (event.key === "x") { const box = current()?.querySelector("input[type=checkbox]"); if (box) { box.checked = !box.checked; count(); } }
  else if (event.key === "Enter" && !event.target.matches("a, button, summary, input")) current()?.querySelector("a[href]")?.click();
  else if (event.key === "r") document.querySelector("[data-list-news]:not([hidden])")?.click();
  else if (event.key === "?") dialog()?.showModal();
}, true);

// ---------- live: rows change where they stand; what comes and goes waits for a press ----------
for (const part of all("[data-list][data-list-live]")) {
  const news = document.querySelector(`[data-list-news="${CSS.escape(part.id)}"]`);
  const stream = new EventSource(part.dataset.listLive);
  let waiting = false;
  let fresh;
  const held = (row) => row.contains(document.activeElement) || row.querySelector("input:checked");
  const look = async () => {
    waiting = false;
    const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
    if (!fresh) return;
    const now = new Map(all("[data-list-row]", fresh).map((row) => [row.id, row]));
    let waits = 0;
    for (const row of all("[data-list-row]", part)) {
      const next = now.get(row.id);
      now.delete(row.id);
      if (!next) {
        waits += 1;
        if (!row.classList.contains("gone")) {
          row.classList.add("gone");
          const said = document.createElement("span");
          said.className = "tag";
          said.textContent = part.dataset.gone;
          row.querySelector("td:last-child, th:last-child")?.append(" ", said);
        }
      } else if (next.dataset.sign !== row.dataset.sign) {
        if (held(row)) { waits += 1; continue; }
        const cur = row.classList.contains("cur");
        row.replaceWith(document.importNode(next, true));
        const put = document.getElementById(next.id);
        put.classList.add("fresh");
        put.classList.toggle("cur", cur);
      }
    }
    waits += now.size;
    if (news) {
      news.hidden = waits === 0;
      const said = news.dataset.said.replace("{n}", waits);
      if (waits && news.textContent !== said) news.textContent = said;
    }
  };
  stream.addEventListener("changed", () => { if (!waiting) { waiting = true; setTimeout(look, 1000 + Math.random() * 2000); } });
  news?.addEventListener("click", () => {
    if (!fresh) return;
    const row = current()?.id;
    const ticked = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
    part.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    for (const box of boxes()) box.checked = ticked.has(box.value);
    news.hidden = true;
    count();
    const again = (row && document.getElementById(row)) || rows()[0];
    if (again) mark(again);
  });
  addEventListener("pagehide", () => stream.close());
}
