// What staff do with a case in the workspace.

import assert from "node:assert/strict";

// Items of the city that have a route of their own, with cases on it.
export const ROUTED = ["大型群众性活动安全许可", "动物防疫条件合格证"];

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

// Does every step of the case's route that comes before the decision, by pressing what its page offers; a case that
// goes the straight road has nothing of it.
export async function walkRoute(page) {
  const workspace = page.url();
  const way = page.getByRole("link", { name: "流程图与流程办理" });
  if ((await way.count()) === 0) return 0;
  await way.click();
  await page.waitForURL(/\/route$/);
  let steps = 0;
  for (; steps < 12; steps++) {
    const done = page.getByRole("button", { name: "提交意见" });
    if ((await done.count()) === 0) break;
    const form = page.locator("form").filter({ has: done }).first();
    assert.match(await form.locator(".effect").innerText(), /按下后/, "what signing does is said before it is pressed");
    const before = await page.locator("main [name=version]").first().inputValue();
    await done.first().click();
    await page.waitForFunction((before) => document.querySelector(".error-summary") || document.querySelector("main [name=version]")?.value !== before, before);
    assert.equal(await page.locator(".error-summary").count(), 0, await page.locator("main").innerText());
  }
  await page.goto(workspace);
  return steps;
}

// The same through the API.
export async function driveRoute(office, id) {
  for (let steps = 0; steps < 12; steps++) {
    const running = await office.get(`/cases/${id}/route`).catch((error) => {
      if (/: 404 /.test(error.message)) return { open: [] };
      throw error;
    });
    const work = running.open.find((one) => one.kind !== "decide");
    if (!work) return;
    for (const { seat } of work.seats.filter((one) => one.signed === null)) {
      await office.post(`/cases/${id}/route-verbs`, { verb: "sign", token: work.token, seat, agreed: true, remark: "符合要求" });
    }
  }
  assert.fail(`the route of ${id} does not come to its decision`);
}
