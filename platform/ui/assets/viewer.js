// The document viewer and the workspace's keys. Everything here has a link or a form that works without it.

const typing = (target) => target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

for (const viewer of document.querySelectorAll("[data-viewer]")) {
  const stage = viewer.querySelector("[data-viewer-stage]");
  const tools = viewer.querySelector("[data-viewer-tools]");
  const box = viewer.querySelector(".viewer-sheet");
  const sheet = viewer.querySelector(".preview");
  const said = viewer.querySelector("[data-viewer-said]");
  const key = `viewer ${sheet?.getAttribute("src") ?? ""}`;
  let turn = 0;
  let scale = null; // null: as wide as the stage

  const size = () => sheet.tagName === "IMG"
    ? { width: sheet.naturalWidth || stage.clientWidth, height: sheet.naturalHeight || stage.clientHeight }
    : { width: stage.clientWidth, height: Math.max(stage.clientHeight, Math.round(innerHeight * 0.68)) };

  const draw = () => {
    const { width, height } = size();
    const lying = turn % 180 !== 0;
    const fitting = stage.clientWidth / (lying ? height : width);
    const by = scale ?? fitting;
    const [w, h] = [Math.round(width * by), Math.round(height * by)];
    viewer.classList.add("viewer-live");
    box.style.width = `${lying ? h : w}px`;
    box.style.height = `${lying ? w : h}px`;
    sheet.style.width = `${w}px`;
    sheet.style.height = `${h}px`;
    sheet.style.transform = `translate(-50%, -50%) rotate(${turn}deg)`;
    said.textContent = `${Math.round(by * 100)}%`;
    // Turning a page once is enough: the way back to it finds it as it was left.
    try { sessionStorage.setItem(key, JSON.stringify({ turn, scale })); } catch { /* private windows keep nothing */ }
    return by;
  };

  const zoom = (factor) => {
    const before = scale ?? draw();
    const middle = { x: (stage.scrollLeft + stage.clientWidth / 2) / before, y: (stage.scrollTop + stage.clientHeight / 2) / before };
    scale = Math.min(8, Math.max(0.1, before * factor));
    draw();
    stage.scrollTo(middle.x * scale - stage.clientWidth / 2, middle.y * scale - stage.clientHeight / 2);
  };

  const acts = {
    larger: () => zoom(1.25),
    smaller: () => zoom(0.8),
    fit: () => { scale = null; draw(); },
    whole: () => { scale = 1; draw(); },
    turn: () => { turn = (turn + 90) % 360; draw(); },
  };

  if (tools && sheet) {
    tools.hidden = false;
    tools.addEventListener("click", (event) => acts[event.target.closest("[data-do]")?.dataset.do]?.());
    try {
      const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
      if (kept) { turn = kept.turn % 360 || 0; scale = kept.scale; }
    } catch { /* nothing kept */ }
    const ready = () => { draw(); new ResizeObserver(() => { if (scale === null) draw(); }).observe(stage); };
    if (sheet.tagName === "IMG" && !sheet.complete) sheet.addEventListener("load", ready, { once: true });
    else ready();
  }

  // Keys count only while the focus is inside, so that they never surprise whoever types or speaks elsewhere.
  viewer.addEventListener("keydown", (event) => {
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const wide = stage && stage.scrollWidth > stage.clientWidth + 1;
    const go = (selector) => viewer.querySelector(selector)?.click();
    const act = {
      "+": acts.larger, "=": acts.larger, "-": acts.smaller, "0": acts.fit, "1": acts.whole, r: acts.turn, R: acts.turn,
      ArrowLeft: wide ? null : () => go("[data-viewer-previous]"),
      ArrowRight: wide ? null : () => go("[data-viewer-next]"),
    }[event.key];
    if (!act || !tools) return;
    event.preventDefault();
    act();
  });
}

// The case before and after in the list, by the keys of every list: k and j.
addEventListener("keydown", (event) => {
  if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("[data-row]")) return;
  const to = { j: "[data-case-next]", k: "[data-case-previous]" }[event.key];
  if (to) document.querySelector(to)?.click();
});

// The columns keep their place over an act that leads back to the same case.
const columns = [...document.querySelectorAll("[data-keep-scroll]")];
const place = `scroll ${location.pathname}`;
try {
  const kept = JSON.parse(sessionStorage.getItem(place) ?? "null");
  if (kept && !location.hash) columns.forEach((column, at) => { column.scrollTop = kept[at] ?? 0; });
  if (columns.length) addEventListener("pagehide", () => sessionStorage.setItem(place, JSON.stringify(columns.map((column) => column.scrollTop))));
} catch { /* private windows keep nothing */ }

// Who else has this case open: said while the page is seen. What keeps two officers apart is the version of the case.
const presence = document.querySelector("[data-presence]");
if (presence) {
  const touch = async () => {
    const csrf = document.querySelector("input[name=csrf]")?.value;
    if (document.hidden || !csrf) return;
    const answer = await fetch(presence.dataset.presence, { method: "POST", body: new URLSearchParams({ csrf }) }).catch(() => null);
    if (!answer?.ok) return;
    const others = await answer.json();
    const clock = (at) => new Date(at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });
    const words = others.map((other) => presence.dataset.words.replace("{name}", other.name).replace("{at}", clock(other.since)));
    const text = words.join("；");
    if (presence.textContent !== text) presence.textContent = text;
    presence.hidden = others.length === 0;
  };
  touch();
  setInterval(touch, 20_000);
}
