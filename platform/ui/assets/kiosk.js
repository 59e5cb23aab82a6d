// 自助终端: pads for fingers, no way out of the pages, and forgetting whoever has gone. The server forgets without
// this as well: sessions are short there, and a page without script goes back by itself.
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const bar = document.querySelector(".kbar");
const dialog = document.querySelector("[data-kiosk-idle]");
const ending = document.querySelector("[data-kiosk-end]");

// ---------- nothing stays ----------
navigator.serviceWorker?.getRegistrations().then((known) => known.forEach((worker) => worker.unregister())).catch(() => {});
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
for (const form of all("form")) form.autocomplete = "off";
for (const field of all("input, textarea, select")) field.autocomplete = field.type === "password" ? "new-password" : "off";

const forget = () => {
  try { sessionStorage.clear(); localStorage.clear(); } catch { /* storage is off: nothing was kept */ }
  for (const form of all("form")) form.reset();
  if (ending) ending.submit();
  else location.replace("/");
};
ending?.addEventListener("submit", (event) => { event.preventDefault(); forget(); });

// ---------- nobody there ----------
if (dialog && ending) {
  const idle = Number(dialog.dataset.kioskIdle) * 1000;
  const countdown = Number(dialog.dataset.countdown) * 1000;
  const left = dialog.querySelector("[data-left]");
  let touched = Date.now();
  const touch = () => { if (!dialog.open) touched = Date.now(); };
  for (const kind of ["pointerdown", "keydown", "input", "wheel", "touchmove"]) addEventListener(kind, touch, { passive: true, capture: true });
  dialog.querySelector("[data-stay]").addEventListener("click", () => { dialog.close(); touch(); });
  dialog.querySelector("[data-leave]").addEventListener("click", forget);
  dialog.addEventListener("close", touch);
  setInterval(() => {
    const rest = touched + idle + countdown - Date.now();
    if (rest <= 0) { forget(); return; }
    if (rest > countdown) return;
    left.textContent = String(Math.ceil(rest / 1000));
    if (!dialog.open) dialog.showModal();
  }, 500);
}

// ---------- back, as far as this person came ----------
const here = location.pathname + location.search;
let trail = [];
try { trail = JSON.parse(sessionStorage.getItem("kiosk-trail") ?? "[]"); } catch { /* begins anew */ }
if (location.pathname === "/") trail = [];
if (trail.at(-2) === here) trail.pop();
else if (trail.at(-1) !== here) trail.push(here);
const keep = () => { try { sessionStorage.setItem("kiosk-trail", JSON.stringify(trail.slice(-50))); } catch { /* 返回 goes one step up instead */ } };
keep();
document.querySelector("[data-kiosk-back]")?.addEventListener("click", (event) => {
  const before = trail.at(-2);
  if (!before) return;
  event.preventDefault();
  location.assign(before);
});

// ---------- no way out ----------
for (const link of all("a[href]")) {
  link.removeAttribute("target");
  const to = new URL(link.href, location);
  // A telephone number is to be read, not pressed; other sites do not open here.
  if (to.origin !== location.origin) link.removeAttribute("href");
}
// There are no files on this machine: pictures are sent from the phone.
for (const input of all("input[type=file]")) {
  const way = document.createElement("a");
  way.className = "btn btn-2";
  way.href = bar?.dataset.phone ?? "/";
  way.textContent = bar?.dataset.upload ?? "";
  input.hidden = true;
  input.after(way);
}

// ---------- pads ----------
const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
const LETTERS = [..."QWERTYUIOPASDFGHJKLZXCVBNM"];
const SIGNS = [..."-_@.,:/!?#*+=%&()"];
const KEYS = {
  digits: [...DIGITS, "clear", "0", "back"],
  id: [...DIGITS, "X", "0", "back"],
  amount: [...DIGITS, ".", "0", "back"],
  code: [...DIGITS, "0", ...LETTERS, "back"],
  keys: [...DIGITS, "0", ...LETTERS.map((letter) => letter.toLowerCase()), "shift", "space", "signs", "back"],
};
const WORDS = { back: "delete", clear: "clear", shift: "shift", space: "space", signs: "signs" };
const kindOf = (field) => {
  if (field.dataset.pad) return field.dataset.pad;
  if (field.type === "tel" || field.inputMode === "numeric") return "digits";
  if (field.inputMode === "decimal") return "amount";
  return "keys";
};
const TYPED = "input:not([type]), input[type=text], input[type=tel], input[type=search], input[type=email], input[type=password], textarea";

const pad = document.createElement("div");
pad.className = "kpad";
pad.hidden = true;
pad.setAttribute("role", "group");
pad.setAttribute("aria-label", bar?.dataset.pad ?? "");
bar?.prepend(pad);
let field;
let upper = false;

const press = (key) => {
  if (!field) return;
  const [from, to] = [field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length];
  if (key === "clear") field.value = "";
  else if (key === "back") {
    if (from !== to) field.setRangeText("", from, to, "end");
    else if (from > 0) field.setRangeText("", from - 1, from, "end");
  } else {
    const text = key === "space" ? " " : upper ? key.toUpperCase() : key;
    if (field.maxLength > 0 && field.value.length - (to - from) + text.length > field.maxLength) return;
    field.setRangeText(text, from, to, "end");
  }
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
const draw = (kind, keys = KEYS[kind]) => {
  pad.dataset.kind = kind;
  const made = keys.map((key) => {
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = -1;
    button.dataset.key = key;
    const word = WORDS[key];
    button.textContent = word ? bar.dataset[word] : upper ? key.toUpperCase() : key;
    if (word) button.className = "kpad-word";
    return button;
  });
  const done = document.createElement("button");
  done.type = "button";
  done.className = "kpad-done";
  done.dataset.key = "done";
  done.textContent = bar.dataset.done;
  pad.replaceChildren(...made, done);
};
const close = () => { pad.hidden = true; field = undefined; };
const open = (next) => {
  if (field === next && !pad.hidden) return;
  field = next;
  upper = false;
  field.inputMode = "none";
  draw(kindOf(next));
  pad.hidden = false;
  // The bar covers the lower part: the field goes to the top of what is left.
  (field.closest(".field") ?? field).scrollIntoView({ block: "start" });
};
for (const input of all(TYPED)) {
  // What kind of pad is asked before the machine's own keyboard is told to stay away.
  input.dataset.pad = kindOf(input);
  input.addEventListener("focus", () => open(input));
}
if (document.activeElement?.matches(TYPED)) open(document.activeElement);
// The field keeps the focus while keys are pressed.
pad.addEventListener("pointerdown", (event) => event.preventDefault());
pad.addEventListener("click", (event) => {
  const key = event.target.closest("[data-key]")?.dataset.key;
  if (!key) return;
  if (key === "done") { const was = field; close(); was?.blur(); return; }
  if (key === "shift") { upper = !upper; draw("keys"); return; }
  if (key === "signs") { draw("keys", [...SIGNS, "shift", "back"]); return; }
  press(key);
});
addEventListener("focusin", (event) => { if (!event.target.matches(TYPED) && !pad.contains(event.target)) close(); });
