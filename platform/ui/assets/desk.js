// The window: readers of cards and bar codes type faster than people; Enter goes on; one key for what comes next.
// Without this script the field on top takes whatever is read into it, and every key has its link or button.

const form = document.querySelector("form[data-scan]");
const field = form?.querySelector("input[name=number]");
const said = document.querySelector("[data-scanned]");
const taking = document.querySelector("form[data-taking]");
const typing = (target) => target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select");

// What a code is by its shape; its check digit is for the server.
const kind = (text) => {
  const code = text.trim().toUpperCase();
  if (/^\d{17}[\dX]$/.test(code)) return "id";
  if (/^[0-9A-HJ-NPQRTUWXY]{18}$/.test(code)) return "uscc";
  if (/^\d{21}[0-9A-Z]$/.test(code)) return "case";
  if (/^[2-9A-HJ-NP-Z]{12}$/.test(code.replaceAll("-", ""))) return "licence";
  if (/^HTTPS?:\/\/\S+(\/VERIFY\/|[?&]NO=)\S+$/.test(code)) return "address";
  // 姓名,性别,民族,出生,地址,号码
  if (/[,，|\t]/.test(text) && /\d{17}[\dXx]/.test(text)) return "card";
  return null;
};

// Who takes the code: an empty field of the form that asks for such a number, else the field on top.
const receive = (text) => {
  const what = kind(text);
  const asks = what && taking?.dataset[what]?.split(" ").map((name) => taking.elements[name]).find((input) => input && !input.value);
  if (asks) {
    asks.value = text.trim().toUpperCase();
    asks.dispatchEvent(new Event("input", { bubbles: true }));
    asks.focus();
    return;
  }
  field.value = text.trim();
  if (taking && dirty) {
    // What was typed is not left for a code that may have been read by mistake.
    said.textContent = said.dataset.scanned.replace("{code}", text.trim());
    field.focus();
    return;
  }
  form.requestSubmit();
};

// The first question is where the hands are; an error summary comes before it.
if (taking && !document.querySelector(".error-summary") && !location.hash) {
  taking.querySelector("input:not([type=hidden], [type=file]), select, textarea")?.focus();
}

let dirty = false;
taking?.addEventListener("input", () => { dirty = true; });

if (form && field && said) {
  const GAP = 40; // milliseconds between the keys of a reader
  let burst = "";
  let last = 0;
  let before = null;
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const pause = event.timeStamp - last;
    if (event.key.length === 1) {
      if (pause > GAP) {
        burst = "";
        before = { target: event.target, value: event.target.value };
      }
      burst += event.key;
      last = event.timeStamp;
      return;
    }
    if (event.key === "Shift") return;
    const whole = burst;
    burst = "";
    if (event.key !== "Enter" || pause > GAP * 2 || whole.length < 12 || !kind(whole)) return;
    if (event.target === field) return; // it stands where it belongs
    event.preventDefault();
    event.stopImmediatePropagation();
    if (before?.target === event.target && typing(event.target)) event.target.value = before.value;
    receive(whole);
  }, { capture: true });

  // A reader that pastes: what it read is taken apart wherever the focus is, unless a field wanted it.
  addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text") ?? "";
    if (kind(text) !== "card" || event.target === field) return;
    event.preventDefault();
    receive(text.replaceAll(/\s*[\r\n]+\s*/g, ","));
  });
}

// Enter goes on to the next field; the last one hands over to the button. Ctrl + Enter sends at any time.
for (const sheet of document.querySelectorAll("form[data-enter-goes-on]")) {
  const stops = () => [...sheet.elements].filter((control) => {
    if (control.disabled || control.tabIndex < 0 || control.type === "hidden" || control.type === "file" || !control.getClientRects().length) return false;
    if (control.tagName === "FIELDSET" || control.tagName === "OUTPUT") return false;
    // One stop for a group: the choice that is made, or the first.
    if (control.type !== "radio") return true;
    const group = [...sheet.querySelectorAll(`input[type=radio][name="${CSS.escape(control.name)}"]`)];
    return control === (group.find((one) => one.checked) ?? group[0]);
  });
  sheet.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.altKey || event.shiftKey || event.metaKey) return;
    if (event.ctrlKey) { event.preventDefault(); sheet.requestSubmit(); return; }
    const here = event.target;
    if (here.matches("textarea, button, a, [type=file]")) return;
    event.preventDefault();
    const all = stops();
    const at = all.findIndex((control) => control === here || (here.type === "radio" && control.name === here.name));
    const to = all[at + 1];
    to?.focus();
    if (to?.select && typing(to)) to.select();
  });
}

// One key for what comes next: <a data-key="p">; never while somebody types. A moment is waited: the first sign of a
// code that is being read is a key as well.
let pending;
addEventListener("keydown", (event) => {
  clearTimeout(pending);
  if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
  const next = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (next) pending = setTimeout(() => next.click(), 100);
});

// 全部收齐 ticks what it stands for, so that it can be seen and taken back.
const every = document.querySelector("[data-every-paper]");
every?.addEventListener("change", () => {
  for (const box of document.querySelectorAll("[data-required-paper] input[type=checkbox][name^='paper:']")) box.checked = every.checked;
});

// Papers that are to be printed at once.
if (document.querySelector("[data-print-now]")) addEventListener("load", () => print());
