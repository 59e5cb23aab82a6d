// Enhancement only: every page works without it.
const root = document.documentElement;

// Print buttons are useless without script, so they arrive hidden.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// An error summary takes the focus when the page arrives.
document.querySelector(".error-summary")?.focus();

// 查看数据: chart or table.
for (const button of document.querySelectorAll("[data-table]")) {
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    document.getElementById(button.getAttribute("aria-controls")).hidden = !open;
    document.getElementById(button.dataset.table).hidden = open;
  });
}

// Queue keys: / search, j k move, Enter opens, ? keys.
const rows = [...document.querySelectorAll("[data-row]")];
let at = -1;
const go = (to) => {
  if (!rows[to]) return;
  rows[at]?.classList.remove("cur");
  rows[(at = to)].classList.add("cur");
  rows[at].querySelector("a").focus();
};
addEventListener("keydown", (event) => {
  if (event.target.matches("input:not([type=checkbox]), textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    const field = document.querySelector("[type=search]");
    if (field) { event.preventDefault(); field.focus(); }
  } else if (event.key === "j") go(at + 1);
  else if (event.key === "k") go(at - 1);
  else if (event.key === "?") document.getElementById("keys")?.toggleAttribute("open");
});

// Buttons that send a form are pressed once.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 4000);
  });
}

// Uploads with progress: the same form, sent by XMLHttpRequest.
for (const form of document.querySelectorAll("form[data-upload]")) {
  form.addEventListener("submit", (event) => {
    const bar = form.querySelector("progress");
    if (!bar || !window.FormData) return;
    event.preventDefault();
    bar.hidden = false;
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", (step) => { if (step.lengthComputable) bar.value = step.loaded / step.total; });
    request.addEventListener("load", () => {
      if (request.responseURL && request.status < 400 && request.responseURL !== form.action) location.assign(request.responseURL);
      else { document.open(); document.write(request.responseText); document.close(); }
    });
    request.addEventListener("error", () => { bar.hidden = true; delete form.dataset.sent; form.querySelector("[data-upload-error]")?.removeAttribute("hidden"); });
    request.send(new FormData(form));
  });
  const input = form.querySelector("input[type=file]");
  if (input && form.dataset.upload === "auto") input.addEventListener("change", () => { if (input.files.length) form.requestSubmit(); });
}

// Live fragments: <section data-live="/staff/live" id="queue">: fetched again when the stream says something changed.
for (const part of document.querySelectorAll("[data-live][id]")) {
  const stream = new EventSource(part.dataset.live);
  stream.addEventListener("changed", async () => {
    if (part.contains(document.activeElement) && document.activeElement !== document.body) return;
    const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
    if (fresh) part.replaceChildren(...fresh.childNodes);
  });
  addEventListener("pagehide", () => stream.close());
}

// Suggestions under a search box: <input data-suggest="/suggest">.
for (const input of document.querySelectorAll("input[data-suggest][list]")) {
  const list = document.getElementById(input.getAttribute("list"));
  let waiting;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(input.value)}`, { headers: { accept: "application/json" } }).catch(() => null);
      if (!answer?.ok || !list) return;
      const names = await answer.json().catch(() => []);
      if (!Array.isArray(names)) return;
      list.replaceChildren(...names.slice(0, 8).map((name) => { const option = document.createElement("option"); option.value = typeof name === "string" ? name : name.name; return option; }));
    }, 150);
  });
}

// Theme follows the system unless chosen; the choice is a cookie set by the links in the header.
root.classList.add("js");
