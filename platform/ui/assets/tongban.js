// Enhancement only: every page works without it.
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Print buttons are useless without script, so they arrive hidden.
for (const button of all("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// An error summary takes the focus when the page arrives.
document.querySelector(".error-summary")?.focus();

// 查看数据: chart or table. Both words stand in the button.
for (const button of all("[data-table]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    document.getElementById(button.getAttribute("aria-controls")).hidden = !open;
    document.getElementById(button.dataset.table).hidden = open;
  });
}

// Queue keys: / search, j k move, x tick, Enter opens (the link has the focus), ? keys.
// Rows are looked up each time: a live list changes under us.
const move = (step) => {
  const rows = all("[data-row]");
  const to = rows[rows.findIndex((row) => row.classList.contains("cur")) + step] ?? (step > 0 ? undefined : rows[0]);
  if (!to) return;
  for (const row of rows) row.classList.toggle("cur", row === to);
  to.querySelector("a")?.focus();
};
addEventListener("keydown", (event) => {
  if (event.target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    const field = document.querySelector("[type=search]");
    if (field) { event.preventDefault(); field.focus(); field.select(); }
  } else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "x") document.querySelector("[data-row].cur [type=checkbox]")?.click();
  else if (event.key === "?") document.getElementById("keys")?.toggleAttribute("open");
});

// All boxes of a list at once: <input type="checkbox" data-tick-all="name">.
for (const box of all("[data-tick-all]")) {
  box.addEventListener("change", () => {
    for (const other of all(`[type=checkbox][name="${CSS.escape(box.dataset.tickAll)}"]`)) other.checked = box.checked;
  });
}

// Buttons that send a form are pressed once. A page taken back from the browser's memory may be sent again.
for (const form of all("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 4000);
  });
}
addEventListener("pageshow", () => { for (const form of all("form[data-sent]")) delete form.dataset.sent; });

// The address a form is sent to; form.action may be hidden by a field of that name.
const target = (form, submitter) => new URL(submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "", location).href;

// Uploads with progress: the same form, sent by XMLHttpRequest.
for (const form of all("form[data-upload]")) {
  const bar = form.querySelector("progress");
  const failed = form.querySelector("[data-upload-error]");
  form.addEventListener("submit", (event) => {
    if (!bar) return;
    event.preventDefault();
    if (failed) failed.hidden = true;
    bar.hidden = false;
    const address = target(form, event.submitter);
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.upload.addEventListener("progress", (step) => { if (step.lengthComputable) bar.value = step.loaded / step.total; });
    request.addEventListener("load", () => {
      if (request.status < 400) { location.assign(request.responseURL); return; }
      document.open();
      document.write(request.responseText);
      document.close();
      // A page written into this one's window finds this script already run; under another address it runs again.
      import(`${import.meta.url}#${Date.now()}`);
    });
    request.addEventListener("error", () => {
      bar.hidden = true;
      delete form.dataset.sent;
      if (failed) failed.hidden = false;
    });
    request.send(new FormData(form, event.submitter));
  });
  const input = form.querySelector("input[type=file]");
  if (input && form.dataset.upload === "auto") input.addEventListener("change", () => { if (input.files.length) form.requestSubmit(); });
}

// Drafts: <form data-autosave="/address"> is sent there two seconds after the last change. What is saved is said
// in [data-saved].
for (const form of all("form[data-autosave]")) {
  const said = document.querySelector("[data-saved]");
  let waiting;
  const save = async () => {
    const fields = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
    const answer = await fetch(form.dataset.autosave, { method: "POST", body: fields }).catch(() => null);
    const now = new Date();
    const time = `${now.getHours()}:${String(now.getMinutes()).padStart(2, "0")}`;
    if (said) said.textContent = answer?.ok ? said.dataset.saved.replace("{time}", time) : said.dataset.unsaved;
    // Whoever keeps words while there is no line (offline.js) hears how it went.
    form.dispatchEvent(new CustomEvent("autosave", { detail: { arrived: Boolean(answer), ok: Boolean(answer?.ok) } }));
  };
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(save, 2000); });
  form.addEventListener("submit", () => clearTimeout(waiting));
}

// Live fragments: <section data-live="/staff/live" id="queue"> is fetched again when the stream says `changed`, at
// most every two seconds, and never under the reader's focus.
for (const part of all("[data-live][id]")) {
  const stream = new EventSource(part.dataset.live);
  let waiting = false;
  let stale = false;
  const refresh = async () => {
    waiting = false;
    if (part.contains(document.activeElement)) { stale = true; return; }
    stale = false;
    const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
    if (fresh && !part.contains(document.activeElement)) part.replaceChildren(...fresh.childNodes);
  };
  const soon = () => { if (!waiting) { waiting = true; setTimeout(refresh, 500 + Math.random() * 1500); } };
  stream.addEventListener("changed", soon);
  part.addEventListener("focusout", () => { if (stale) soon(); });
  addEventListener("pagehide", () => stream.close());
}

// A text in which the part that was typed stands out.
const marked = (text, part) => {
  const whole = document.createElement("span");
  const from = part ? text.toLowerCase().indexOf(part.toLowerCase()) : -1;
  if (from < 0) whole.append(text);
  else whole.append(text.slice(0, from), Object.assign(document.createElement("mark"), { textContent: text.slice(from, from + part.length) }), text.slice(from + part.length));
  return whole;
};

// Suggestions under a search box: <input data-suggest="/address">, a combobox with a list of its own (WAI-ARIA 1.2).
// The address answers with an array of strings or of { name, href, note }; a choice with href opens it.
for (const input of all("input[data-suggest]")) {
  const frame = input.closest(".combo") ?? input.parentElement;
  const list = document.createElement("ul");
  const said = document.createElement("span");
  list.id = `${input.id}-suggestions`;
  list.className = "combo-list";
  list.hidden = true;
  said.className = "sr";
  said.setAttribute("role", "status");
  for (const [name, value] of Object.entries({ role: "listbox", "aria-label": input.dataset.suggestLabel ?? input.placeholder })) list.setAttribute(name, value);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) input.setAttribute(name, value);
  input.removeAttribute("list");
  frame.append(list, said);
  let waiting;
  let asked = 0;
  let typed = input.value;
  const chosen = () => list.querySelector("[aria-selected=true]");
  const close = () => { asked += 1; clearTimeout(waiting); list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const take = (option) => {
    input.value = option.dataset.name;
    close();
    if (option.dataset.href) location.assign(option.dataset.href);
    else input.form.requestSubmit();
  };
  const point = (option) => {
    chosen()?.setAttribute("aria-selected", "false");
    if (option) { option.setAttribute("aria-selected", "true"); option.scrollIntoView({ block: "nearest" }); input.setAttribute("aria-activedescendant", option.id); }
    else input.removeAttribute("aria-activedescendant");
    input.value = option ? option.dataset.name : typed;
  };
  const show = (found) => {
    list.replaceChildren(...found.slice(0, 8).map((one, at) => {
      const option = document.createElement("li");
      const { name, href = "", note = "" } = typeof one === "string" ? { name: one } : one;
      option.id = `${list.id}-${at}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      Object.assign(option.dataset, { name, href });
      option.append(marked(name, typed.trim()));
      if (note) option.append(Object.assign(document.createElement("small"), { textContent: note }));
      return option;
    }));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
    const count = list.children.length;
    const [one, many = one] = (input.dataset.suggestCount ?? "").split(" | ");
    said.textContent = count ? (count === 1 ? one : many).replace("{n}", count) : "";
  };
  input.addEventListener("input", (event) => {
    if (event.isComposing) return;
    typed = input.value;
    clearTimeout(waiting);
    const turn = ++asked;
    if (!typed.trim()) { close(); return; }
    waiting = setTimeout(async () => {
      const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(typed)}`, { headers: { accept: "application/json" } }).catch(() => null);
      const found = answer?.ok ? await answer.json().catch(() => []) : [];
      if (turn === asked && Array.isArray(found)) show(found);
    }, 150);
  });
  input.addEventListener("compositionend", () => input.dispatchEvent(new Event("input")));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return;
    const options = [...list.children];
    const at = options.indexOf(chosen());
    if (event.key === "ArrowDown") { event.preventDefault(); point(options[at + 1]); }
    else if (event.key === "ArrowUp") { event.preventDefault(); point(at < 0 ? options.at(-1) : options[at - 1]); }
    else if (event.key === "Escape") { event.preventDefault(); point(undefined); close(); }
    else if (event.key === "Enter" && at >= 0) { event.preventDefault(); take(options[at]); }
    else if (event.key === "Tab") close();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => { const option = event.target.closest("[role=option]"); if (option) take(option); });
  input.addEventListener("blur", close);
}

// Asking once more: <button type="submit" data-confirm="dialog-id">, macro confirm.
const sure = new WeakSet();
for (const button of all("button[data-confirm]")) {
  const dialog = document.getElementById(button.dataset.confirm);
  if (!dialog) continue;
  button.addEventListener("click", (event) => {
    if (sure.delete(button)) return;
    event.preventDefault();
    if (!button.form.reportValidity()) return;
    dialog.returnValue = "";
    dialog.addEventListener("close", () => { if (dialog.returnValue === "yes") { sure.add(button); button.click(); } }, { once: true });
    dialog.showModal();
  });
}

// What was just done may be sent away; the focus goes to the page's content.
for (const button of all("[data-dismiss]")) {
  button.hidden = false;
  button.addEventListener("click", () => { button.parentElement.remove(); document.getElementById("main")?.focus(); });
}

// Definitions of figures open under the pointer too; a press keeps them, Escape closes.
for (const details of all("[data-def]")) {
  let kept = false;
  const summary = details.querySelector("summary");
  details.addEventListener("pointerenter", () => { kept = details.open; details.open = true; });
  details.addEventListener("pointerleave", () => { if (!kept) details.open = false; });
  summary.addEventListener("click", (event) => {
    if (event.detail === 0 || !details.matches(":hover")) return;
    event.preventDefault();
    kept = !kept;
    details.open = kept;
  });
  details.addEventListener("keydown", (event) => { if (event.key === "Escape" && details.open) { details.open = false; summary.focus(); } });
  details.addEventListener("focusout", (event) => { if (!details.contains(event.relatedTarget)) { kept = false; details.open = false; } });
}
