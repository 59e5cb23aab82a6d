// 一件事 at the editors' desk: what follows from the chosen items is derived anew while they are being chosen.
// Without script the button 推算 does the same.
const form = document.querySelector("form[data-derive]");
const shown = () => document.getElementById(form.dataset.derive);
let waiting;
let asked;

const derive = async () => {
  asked?.abort();
  asked = new AbortController();
  const body = new URLSearchParams(new FormData(form));
  body.set("act", "preview");
  try {
    const answer = await fetch(form.action, { method: "POST", body, signal: asked.signal });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(form.dataset.derive);
    if (fresh) shown().replaceChildren(...fresh.childNodes);
  } catch (error) {
    // A newer question took its place, or the line is down: what is shown stays.
    if (error.name !== "AbortError" && error.name !== "TypeError") throw error;
  }
};

form?.addEventListener("change", () => { clearTimeout(waiting); waiting = setTimeout(derive, 400); });
