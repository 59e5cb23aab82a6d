// JavaScript switched off: nothing a citizen or an approver needs is lost.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESKTOP, PHONE, launch, visiting } from "../lib/browser.mjs";
import { fileFood } from "../lib/food.mjs";
import { pdf } from "../lib/papers.mjs";
import { register, signIn, stranger } from "../lib/people.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

for (const [device, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
  test(`a citizen applies, an approver accepts, without JavaScript (${device})`, async () => {
    const person = stranger("吴平");
    let filed;
    await visiting(browser, { viewport, javaScriptEnabled: false }, async (page) => {
      await register(page, person);
      filed = await fileFood(page, person, { name: "plan.pdf", mimeType: "application/pdf", buffer: pdf("layout") }, { js: false });
      assert.equal(await page.locator("[data-print]:visible").count(), 0, "no button that could do nothing");
      await page.getByRole("link", { name: "查看进度" }).click();
      await page.getByRole("heading", { name: "办到哪一步" }).waitFor();
    });
    await visiting(browser, { javaScriptEnabled: false }, async (page) => {
      await signIn(page, "approver1", { staff: true });
      await page.goto("/staff");
      await page.locator(".list-q").fill(filed.no);
      await page.getByRole("button", { name: "筛选" }).click();
      await page.locator("[data-list-row] a").first().click();
      const act = page.locator("details.act").filter({ has: page.locator("summary", { hasText: /^受理$/ }) });
      if ((await act.getAttribute("open")) === null) await act.locator("summary").click();
      assert.match(await act.locator(".effect").innerText(), /按下后/);
      await act.getByRole("button", { name: "受理", exact: true }).click();
      await page.getByText("审查中").first().waitFor();
    });
    await visiting(browser, { viewport, javaScriptEnabled: false }, async (page) => {
      await signIn(page, person.phone);
      await page.goto(`/cases/${filed.id}`);
      await page.getByText("审查中").first().waitFor();
      await page.getByRole("link", { name: "受理通知书" }).click();
      await page.getByRole("heading", { level: 1, name: "受理通知书" }).waitFor();
    });
  });
}
