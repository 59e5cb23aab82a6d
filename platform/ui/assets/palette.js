// The command palette (Ctrl K) and `g` + letter. The same results stand on the ordinary page /staff/palette.
const opener = document.querySelector("[data-palette]");
const typing = (target) => target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
const RECENT = "palette recent";
const KEPT = 8;

// ---------- g, then a letter ----------
let going = 0;
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "g") { going = Date.now(); return; }
  if (Date.now() - going < 1500) document.querySelector(`.rail [data-go="${CSS.escape(event.key)}"]`)?.click();
  going = 0;
});

if (opener) {
  const words = opener.dataset;
  const make = (tag, set = {}, ...within) => {
    const made = Object.assign(document.createElement(tag), set);
    made.append(...within);
    return made;
  };
  const input = make("input", { className: "input", type: "text", id: "palette-q", autocomplete: "off", spellcheck: false, maxLength: 50, placeholder: words.placeholder });
  const list = make("div", { className: "palette-list", id: "palette-list" });
  const said = make("p", { className: "palette-said" });
  const close = make("button", { className: "btn btn-3 btn-s", type: "button", textContent: words.close });
  const box = make("dialog", { className: "palette" }, make("div", { className: "palette-top" }, input, close), list, said);
  box.setAttribute("aria-label", words.label);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list", "aria-label": words.placeholder })) input.setAttribute(name, value);
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", words.label);
  said.setAttribute("role", "status");
  document.body.append(box);

  let session = "";
  const recent = () => {
    try {
      const kept = JSON.parse(sessionStorage.getItem(RECENT));
      return kept && kept.session === session ? kept.places : [];
    } catch { return []; }
  };
  const keep = (place) => {
    const places = [place, ...recent().filter((other) => other.href !== place.href)].slice(0, KEPT);
    try { sessionStorage.setItem(RECENT, JSON.stringify({ session, places })); } catch { /* nothing is remembered */ }
  };

  const options = () => [...list.querySelectorAll("[role=option]")];
  const choose = (to) => {
    for (const option of options()) option.setAttribute("aria-selected", String(option === to));
    if (to) { input.setAttribute("aria-activedescendant", to.id); to.scrollIntoView({ block: "nearest" }); } else input.removeAttribute("aria-activedescendant");
  };
  const go = (option) => {
    const place = option?.place;
    if (!place) return;
    if (place.method === "post") {
      const token = make("input", { type: "hidden", name: "csrf", value: words.csrf });
      const form = make("form", { method: "post", action: place.href }, token);
      try { sessionStorage.removeItem(RECENT); } catch { /* nothing was kept */ }
      document.body.append(form);
      form.submit();
      return;
    }
    const to = new URL(place.href, location);
    // A switch leads back to the page it was thrown on.
    if (to.pathname === "/prefs") to.searchParams.set("back", `${location.pathname}${location.search}`);
    else keep({ label: place.label, note: place.note, href: place.href });
    location.assign(to);
  };
  const show = (groups) => {
    let n = 0;
    list.replaceChildren(...groups.filter((group) => group.places.length).map((group, at) => {
      const head = make("div", { className: "palette-group", id: `palette-g${at}`, textContent: group.label });
      const part = make("div", {}, head, ...group.places.map((place) => {
        const option = make("div", { className: "palette-option", id: `palette-o${n++}`, place }, make("span", { textContent: place.label }), make("small", { textContent: place.note ?? "" }));
        option.setAttribute("role", "option");
        option.addEventListener("pointermove", () => choose(option));
        option.addEventListener("click", () => go(option));
        return option;
      }));
      part.setAttribute("role", "group");
      part.setAttribute("aria-labelledby", head.id);
      return part;
    }));
    choose(options()[0]);
  };

  let turn = 0;
  let waiting;
  // What the options answer.
  let shown;
  const ask = async () => {
    const mine = ++turn;
    const typed = input.value;
    const q = typed.trim();
    // Numbers of people never stand in an address.
    const request = /\d{7,}/.test(q)
      ? fetch(words.href, { method: "POST", headers: { accept: "application/json" }, body: new URLSearchParams({ q, csrf: words.csrf }) })
      : fetch(`${words.href}?q=${encodeURIComponent(q)}`, { headers: { accept: "application/json" } });
    const answer = await request.catch(() => null);
    const found = answer?.ok ? await answer.json().catch(() => null) : null;
    if (mine !== turn) return;
    if (!found) { list.replaceChildren(); said.textContent = answer?.status === 429 ? words.busy : words.failed; return; }
    session = found.session;
    shown = typed;
    const places = q ? [] : recent();
    show([{ label: words.recent, places }, ...found.groups]);
    said.textContent = found.said;
  };
  input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 120); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const known = options();
    const at = known.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8 }[event.key];
    if (to !== undefined && known.length) {
      event.preventDefault();
      const single = Math.abs(to - at) === 1;
      choose(known[single ? (to + known.length) % known.length : Math.max(0, Math.min(known.length - 1, to))]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      clearTimeout(waiting);
      // A scanner's Enter comes before the answer: ask first.
      const typed = input.value;
      if (shown === typed) go(known[at]);
      else ask().then(() => { if (shown === typed && input.value === typed) go(options()[0]); });
    }
  });

  const open = () => {
    input.value = "";
    shown = undefined;
    list.replaceChildren();
    said.textContent = "";
    if (!box.open) box.showModal();
    input.focus();
    ask();
  };
  close.addEventListener("click", () => box.close());
  box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
  opener.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (box.open) box.close(); else open();
    }
  });
  if (/Mac|iPhone|iPad/.test(navigator.platform)) for (const key of opener.querySelectorAll("kbd")) key.textContent = "⌘K";
}
