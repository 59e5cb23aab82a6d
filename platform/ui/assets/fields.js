// Enhancement only: every field works without it.
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Dates: 2026-05-21, 2026年5月21日 or 20260521, pasted or scanned into any box, is spread over the three.
for (const field of all("[data-date]")) {
  const boxes = all("input", field);
  for (const box of boxes) {
    box.addEventListener("input", () => {
      const text = box.value.normalize("NFKC");
      const found = text.match(/^\D*(\d{4})\D+(\d{1,2})\D+(\d{1,2})\D*$/) ?? text.match(/^(\d{4})(\d{2})(\d{2})$/);
      if (!found) return;
      boxes.forEach((other, at) => { other.value = found[at + 1]; });
      boxes[2].focus();
    });
  }
}

// Regions: the list below appears when one was chosen; the button that does the same is not needed.
for (const field of all("[data-region]")) {
  const levels = field.querySelector("[data-levels]");
  const labels = field.querySelector("[data-labels]").dataset.labels.split("|");
  const next = field.querySelector("[data-next]");
  next.hidden = true;
  let turn = 0;
  levels.addEventListener("change", async (event) => {
    const lists = all("select", levels);
    const at = lists.indexOf(event.target);
    for (const list of lists.slice(at + 1)) list.parentElement.remove();
    const mine = ++turn;
    if (!event.target.value || at + 1 >= labels.length) return;
    const answer = await fetch(`${field.dataset.region}?above=${encodeURIComponent(event.target.value)}`, { headers: { accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) { next.hidden = false; return; }
    const entries = await answer.json().catch(() => []);
    if (mine !== turn || !entries.length) return;
    const first = lists[0];
    const box = first.parentElement.cloneNode(true);
    const list = box.querySelector("select");
    const label = box.querySelector("label");
    list.id = `${first.name}-${at + 1}`;
    label.htmlFor = list.id;
    label.textContent = labels[at + 1];
    const nothing = list.options[0];
    nothing.selected = true;
    list.replaceChildren(nothing, ...entries.map((entry) => new Option(entry.name, entry.code)));
    levels.insertBefore(box, next);
  });
}

// Tables: cells copied from a sheet are spread from the cell they are pasted into; what does not fit is left out.
for (const table of all("[data-sheet]")) {
  table.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const cell = event.target.closest("td");
    if (!cell || !/[\t\n]/.test(text.trimEnd())) return;
    event.preventDefault();
    const rows = all("tbody tr", table);
    const top = rows.indexOf(cell.parentElement);
    const left = all("td", cell.parentElement).indexOf(cell);
    text.trimEnd().split(/\r?\n/).forEach((line, down) => {
      const cells = rows[top + down] ? all("td", rows[top + down]) : [];
      line.split("\t").forEach((value, right) => {
        const control = cells[left + right]?.querySelector("input, select");
        if (!control) return;
        const option = control.options && [...control.options].find((option) => option.text.trim() === value.trim());
        control.value = option ? option.value : value.trim();
        control.dispatchEvent(new Event("input", { bubbles: true }));
      });
    });
  });
}

// Files are sent as soon as they are chosen.
for (const input of all("input[type=file][data-now]")) {
  const button = input.parentElement.querySelector("button");
  if (!button) continue;
  button.hidden = true;
  input.addEventListener("change", () => { if (input.files.length) input.form.requestSubmit(button); });
}

// Signatures: what is drawn travels as a picture, in the file control of the field.
for (const field of all("[data-signature]")) {
  const pad = field.querySelector("[data-pad]");
  if (!pad || typeof DataTransfer === "undefined") continue;
  const canvas = pad.querySelector("canvas");
  const input = pad.querySelector("input[type=file]");
  const pen = canvas.getContext("2d");
  pad.hidden = false;
  let drawing = false;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
  };
  const keep = () => canvas.toBlob((blob) => {
    const carried = new DataTransfer();
    if (blob) carried.items.add(new File([blob], "signature.png", { type: "image/png" }));
    input.files = carried.files;
  }, "image/png");
  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.lineWidth = 5;
    pen.lineCap = pen.lineJoin = "round";
    pen.beginPath();
    pen.moveTo(...at(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    pen.lineTo(...at(event));
    pen.stroke();
  });
  const stop = () => { if (drawing) { drawing = false; keep(); } };
  canvas.addEventListener("pointerup", stop);
  canvas.addEventListener("pointercancel", stop);
  pad.querySelector("[data-wipe]").addEventListener("click", () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    input.files = new DataTransfer().files;
  });
}
