// Enhancement of guides: sharing the address, and printing what is folded.
for (const button of document.querySelectorAll("[data-share]")) {
  const said = document.getElementById(button.dataset.share);
  const canShare = typeof navigator.share === "function";
  if (!canShare && !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const address = document.querySelector("link[rel=canonical]")?.href ?? location.href;
    try {
      if (canShare) { await navigator.share({ title: document.title, url: address }); return; }
      await navigator.clipboard.writeText(address);
      if (said) said.textContent = said.dataset.done;
    } catch (problem) {
      // Somebody who closes the share sheet has changed their mind.
      if (problem.name !== "AbortError" && said) said.textContent = address;
    }
  });
}

const opened = new Set();
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details.fold:not([open])")) { opened.add(fold); fold.open = true; }
});
addEventListener("afterprint", () => {
  for (const fold of opened) fold.open = false;
  opened.clear();
});
