// What staff do with a case in the workspace.

import assert from "node:assert/strict";

// Opens one act, reads what it will do, fills it in and presses it.
export async function act(page, label, fill = async () => {}) {
  const panel = page.locator("details.act").filter({ has: page.locator("summary", { hasText: new RegExp(`^${label}$`) }) });
  if (!(await panel.evaluate((details) => details.open))) await panel.locator("summary").click();
  const effect = await panel.locator(".effect").innerText();
  assert.match(effect, /按下后/, "what the button does is said before it is pressed");
  assert.ok(effect.length > "按下后".length + 4, `${label}: ${effect}`);
  await fill(panel);
  await panel.getByRole("button", { name: label, exact: true }).click();
  return effect;
}

// The case of this number in one's own queue, opened.
export async function openFromQueue(page, no) {
  await page.goto(`/staff?q=${no}`);
  await page.locator("[data-list-row] a").first().click();
  await page.waitForURL(/\/staff\/cases\//);
}
