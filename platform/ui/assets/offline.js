// Without a line: says so, keeps what is typed into a draft on this device, and sends it when the line is back.
// What is kept is the text of the form alone, for a week at most, and it goes when somebody signs out.
const words = document.querySelector("link[rel=manifest]")?.dataset ?? {};
const PREFIX = "tongban-draft:";
const DAYS = 7;
const NOT_KEPT = new Set(["csrf", "request_key", "password"]);

navigator.serviceWorker?.register("/sw.js").catch(() => {});

const store = (() => { try { return globalThis.localStorage; } catch { return undefined; } })();
const keys = () => Object.keys(store ?? {}).filter((key) => key.startsWith(PREFIX));
const look = (key) => {
  try {
    const draft = JSON.parse(store.getItem(key));
    if (Date.now() - draft.at < DAYS * 86_400_000) return draft;
  } catch { /* nothing we wrote */ }
  store?.removeItem(key);
  return undefined;
};

// ---------- a word at the foot of the window ----------
let note;
const say = (text) => {
  if (!text) return;
  if (!note) {
    note = document.createElement("p");
    note.className = "offline-note";
    note.setAttribute("role", "status");
    document.body.append(note);
  }
  // A live region speaks what changes after it is there.
  setTimeout(() => { note.textContent = text; note.hidden = false; });
};
const hush = (after) => setTimeout(() => { if (note && navigator.onLine) note.hidden = true; }, after);

// ---------- keeping ----------
const formsKept = [...document.querySelectorAll("form[data-autosave]")];
const fieldsOf = (form) => [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !NOT_KEPT.has(name));
const keep = (form) => {
  const draft = { at: Date.now(), page: location.pathname + location.search, title: document.querySelector("h1")?.textContent.trim() ?? "", fields: fieldsOf(form) };
  try { store.setItem(PREFIX + form.dataset.autosave, JSON.stringify(draft)); } catch { return; }
  const saved = document.querySelector("[data-saved]");
  if (saved) saved.textContent = words.kept;
};
for (const form of formsKept) {
  let waiting;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    if (!navigator.onLine) waiting = setTimeout(() => keep(form), 300);
  });
  // The line may be dead without the browser knowing: a save that did not arrive is kept.
  form.addEventListener("autosave", (event) => {
    if (event.detail.arrived) { if (event.detail.ok) store?.removeItem(PREFIX + form.dataset.autosave); } else keep(form);
  });
  form.addEventListener("submit", (event) => {
    if (navigator.onLine) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    delete form.dataset.sent;
    keep(form);
    say(words.offline);
  }, { capture: true });
}

// Whoever leaves in the middle of a word has typed it all the same.
addEventListener("pagehide", () => { if (!navigator.onLine) for (const form of formsKept) keep(form); });

// What was kept for the form of this page stands in it again.
const restore = (form, draft) => {
  const known = new Set(draft.fields.map(([name]) => name));
  const left = draft.fields.map((pair) => [...pair]);
  const take = (name) => { const at = left.findIndex(([other]) => other === name); return at < 0 ? undefined : left.splice(at, 1)[0][1]; };
  for (const field of form.elements) {
    if (!field.name || NOT_KEPT.has(field.name) || ["hidden", "file", "submit", "button"].includes(field.type)) continue;
    if (field.type === "radio" || field.type === "checkbox") {
      const group = [...form.elements].some((other) => other.name === field.name && other.type === field.type);
      if (group && (known.has(field.name) || field.type === "checkbox")) field.checked = draft.fields.some(([name, value]) => name === field.name && value === field.value);
    } else {
      const value = take(field.name);
      if (value !== undefined) field.value = value;
    }
  }
};

// ---------- sending ----------
const send = async (key, draft) => {
  const csrf = document.querySelector("input[name=csrf]")?.value;
  if (!csrf) return false;
  const body = new URLSearchParams([...draft.fields, ["csrf", csrf]]);
  const answer = await fetch(key.slice(PREFIX.length), { method: "POST", body, redirect: "manual" }).catch(() => null);
  if (!answer || answer.type === "opaqueredirect") return false;
  // Saved, or a draft that is no longer there or no longer theirs.
  if (answer.ok || [404, 409, 410].includes(answer.status)) store.removeItem(key);
  return answer.ok;
};
const sendAll = async () => {
  let sent = 0;
  for (const key of keys()) {
    const draft = look(key);
    if (draft && await send(key, draft)) sent += 1;
  }
  if (sent > 0) { say(words.sent); hush(8000); }
};
for (const form of formsKept) {
  const draft = look(PREFIX + form.dataset.autosave);
  if (draft?.page === location.pathname + location.search) restore(form, draft);
}

// ---------- what is kept, on the page that stands in for a page ----------
const list = document.querySelector("[data-kept-drafts]");
if (list) {
  const drafts = keys().map(look).filter(Boolean);
  list.hidden = drafts.length === 0;
  list.querySelector("ul").replaceChildren(...drafts.map((draft) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = draft.page;
    link.textContent = draft.title;
    const when = document.createElement("time");
    when.className = "muted";
    when.textContent = new Date(draft.at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    item.append(link, " ", when);
    return item;
  }));
}
for (const button of document.querySelectorAll("[data-again]")) {
  button.hidden = false;
  button.addEventListener("click", () => location.reload());
}

// ---------- the line ----------
addEventListener("offline", () => { for (const form of formsKept) keep(form); say(words.offline); });
addEventListener("online", () => { say(words.online); hush(4000); sendAll(); });
if (navigator.onLine) sendAll();
else { say(words.offline); }

// ---------- signing out ----------
for (const form of document.querySelectorAll('form[action="/sign-out"]')) {
  form.addEventListener("submit", () => {
    for (const key of keys()) store.removeItem(key);
    globalThis.caches?.delete("tongban-pages");
  });
}
