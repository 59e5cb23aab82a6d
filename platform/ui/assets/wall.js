// 指挥大屏: fetched again when something was recorded, and at least every minute; says when the link is lost.
// Without script the page reloads itself.
const part = document.getElementById("wall");
const state = document.getElementById("wall-state");
const time = document.getElementById("wall-time");
let lost = null;
let waiting = false;

const clock = (at) => at.toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
const say = () => {
  state.textContent = lost ? state.dataset.lost.replace("{time}", clock(lost)) : state.dataset.live;
  state.classList.toggle("lost", lost !== null);
};
const link = (up) => { lost = up ? null : (lost ?? new Date()); say(); };

const refresh = async () => {
  waiting = false;
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" }).catch(() => null);
  if (!answer?.ok || answer.redirected) { link(false); return; }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const inside = fresh.getElementById("wall");
  const updated = fresh.getElementById("wall-updated");
  if (!inside || !updated) { link(false); return; }
  part.replaceChildren(...inside.childNodes);
  document.getElementById("wall-updated").replaceChildren(...updated.childNodes);
  if (stream.readyState === EventSource.OPEN) link(true);
};
const soon = () => { if (!waiting) { waiting = true; setTimeout(refresh, 1500); } };

const stream = new EventSource(part.dataset.stream);
stream.addEventListener("open", () => { if (lost) refresh(); link(true); });
stream.addEventListener("error", () => link(false));
stream.addEventListener("changed", soon);
setInterval(refresh, 60_000);
setInterval(() => { time.textContent = clock(new Date()); }, 1000);
addEventListener("pagehide", () => stream.close());
