// 朗读: reads the page's own words, part by part, in the order they stand. Where the device has no voice for the
// page's language there is no button.
const main = document.querySelector("main");
const button = document.querySelector("[data-aloud]");
const speech = globalThis.speechSynthesis;
const lang = document.documentElement.lang;
const SAID = "h1, h2, h3, h4, p, li, dt, dd, legend, label, th, td, summary, button.btn, a.btn";

const voiceFor = (wanted) => speech.getVoices().find((voice) => voice.lang.replace("_", "-").toLowerCase().startsWith(wanted.slice(0, 2).toLowerCase()));

// Parts that are shown and hold words of their own: a list item that holds a paragraph is read as the paragraph.
const parts = () => [...main.querySelectorAll(SAID)].filter((part) =>
  part !== button && part.checkVisibility?.() !== false && !part.closest("[aria-hidden=true], [hidden], .sr") && !part.querySelector(SAID) && part.innerText.trim());

let turn = 0;
const label = (reading) => {
  button.setAttribute("aria-pressed", String(reading));
  button.querySelector("span").textContent = reading ? button.dataset.stop : button.dataset.start;
};
const stop = () => {
  turn += 1;
  speech.cancel();
  main.querySelector(".aloud-now")?.classList.remove("aloud-now");
  label(false);
};
const read = (rest, mine) => {
  if (mine !== turn) return;
  main.querySelector(".aloud-now")?.classList.remove("aloud-now");
  const part = rest.shift();
  if (!part) { stop(); return; }
  const words = new SpeechSynthesisUtterance(part.innerText.trim());
  words.lang = part.closest("[lang]")?.lang ?? lang;
  words.voice = voiceFor(words.lang) ?? null;
  words.rate = 0.9;
  words.onend = () => read(rest, mine);
  words.onerror = () => read(rest, mine);
  part.classList.add("aloud-now");
  part.scrollIntoView({ block: "nearest" });
  speech.speak(words);
};
if (main && button && speech) {
  const show = () => { button.hidden = !voiceFor(lang); };
  show();
  speech.addEventListener?.("voiceschanged", show);
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-pressed") === "true") { stop(); return; }
    label(true);
    turn += 1;
    read(parts(), turn);
  });
  addEventListener("pagehide", () => speech.cancel());
  addEventListener("keydown", (event) => { if (event.key === "Escape") stop(); });
}
