// An approver: the queue in order of time left, its keys, what a button will do, and refusing with the law named.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PHONE, launch, visiting } from "../lib/browser.mjs";
import { fileFood } from "../lib/food.mjs";
import { ROUTED, act, openFromQueue, walkRoute } from "../lib/desk.mjs";
import { pdf } from "../lib/papers.mjs";
import { register, signIn, stranger } from "../lib/people.mjs";
import { routeOf } from "../lib/ways.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// The lights stand in this order: what is late first, what does not run last.
const ORDER = ["light-over", "light-near", "light-ok", "light-hold"];

test("the queue is ordered by time left and works by keys", async () => {
  await visiting(browser, {}, async (page) => {
    await signIn(page, "approver1", { staff: true });
    await page.goto("/staff");
    const lights = await page.locator("[data-list-row] .light").evaluateAll((all) => all.map((light) => light.classList[1]));
    assert.ok(lights.length > 3, "the approver has work");
    const ranks = lights.map((light) => ORDER.indexOf(light));
    assert.ok(!ranks.includes(-1), lights.join());
    assert.deepEqual(ranks, [...ranks].sort((a, b) => a - b), "most urgent first");

    // The number on a tab is the number of rows behind it.
    const tab = page.locator(".views a").nth(1);
    const over = Number(await tab.locator(".n").innerText());
    await tab.click();
    await page.waitForURL(/light=over/);
    assert.equal(await page.locator("[data-list-row]").count(), Math.min(over, 50), "the tab counts its rows");
    await page.goto("/staff");

    // The hand stands on the first case; j, k, Enter open it; / goes to the search field, where letters are letters.
    const current = () => page.locator("[data-list-row]").evaluateAll((rows) => rows.findIndex((row) => row.classList.contains("cur")));
    // The page gives the focus when it is drawn, which may be after it is loaded.
    await page.locator("[data-list-row].cur").waitFor();
    assert.equal(await current(), 0);
    await page.keyboard.press("j");
    assert.equal(await current(), 1);
    await page.keyboard.press("k");
    assert.equal(await current(), 0);
    const first = await page.locator("[data-list-row] a").first().getAttribute("href");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**${first}`);
    await page.goBack();
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.type), "search");
    await page.keyboard.type("jk");
    assert.equal(await page.evaluate(() => document.activeElement.value), "jk");
    assert.equal(await current(), 0, "the hand stays where it was");
  });
});

test("on a phone the conditions are folded, and what to do with ticked cases comes with the first tick", async () => {
  await visiting(browser, { viewport: PHONE }, async (page) => {
    await signIn(page, "approver1", { staff: true });
    await page.goto("/staff");
    const [claim, bar] = [page.locator("#f-claim"), page.locator("[data-bulk]")];
    assert.ok(!await claim.isVisible(), "folded");
    assert.ok(!await bar.isVisible(), "nothing is ticked");
    const row = page.locator("[data-list-row]").first();
    assert.ok((await row.boundingBox()).y < PHONE.height, "the first case is on the first screen");

    await row.locator("[type=checkbox]").check();
    const box = await bar.boundingBox();
    assert.equal(Math.round(box.y + box.height), PHONE.height, "it stands at the lower edge");
    await bar.getByRole("button").last().scrollIntoViewIfNeeded();
    assert.ok(await bar.getByRole("button").last().isEnabled());
    await row.locator("[type=checkbox]").uncheck();
    assert.ok(!await bar.isVisible());

    await page.locator(".list-more > summary").click();
    await claim.selectOption("free");
    await page.getByRole("search", { name: "筛选" }).getByRole("button", { name: "筛选" }).click();
    await page.waitForURL(/claim=free/);
    assert.ok(await claim.isVisible(), "a condition that narrows the list is shown");

    await page.setViewportSize({ width: 1280, height: 900 });
    assert.ok(await bar.isVisible() && !await page.locator(".list-more > summary").isVisible(), "there is room for everything");
  });
});

test("an approver accepts, forgets the reason, then refuses with the law named", async () => {
  const person = stranger("赵一");
  let filed;
  await visiting(browser, { viewport: PHONE }, async (page) => {
    await register(page, person);
    filed = await fileFood(page, person, { name: "plan.pdf", mimeType: "application/pdf", buffer: pdf("layout") });
  });
  await visiting(browser, {}, async (page) => {
    await signIn(page, "approver1", { staff: true });
    await openFromQueue(page, filed.no);
    const effect = await act(page, "受理");
    assert.match(effect, /\d+月\d+日/, "accepting names the day the decision is due");
    await page.getByText("审查中").first().waitFor();

    await walkRoute(page);

    // The reason is missing: told so, and the basis that was typed is still there.
    const basis = "《食品安全法》第三十五条第二款";
    await act(page, "不予许可", async (panel) => { await panel.getByLabel("法律依据").fill(basis); });
    await page.locator(".error-summary").waitFor();
    assert.match(await page.title(), /^错误：/);
    assert.equal(await page.locator("#refuse-legal_basis").inputValue(), basis);
    await page.locator(".error-summary a").first().click();
    assert.equal(await page.evaluate(() => document.activeElement.id), "refuse-reason");
    await act(page, "不予许可", async (panel) => { await panel.getByLabel("不予许可的理由").fill("加工区与就餐区没有分开，不符合食品安全标准"); });
    await page.getByText("本件已经办结").waitFor();
    await page.getByRole("link", { name: "决定书" }).click();
    const letter = await page.locator("article").innerText();
    for (const said of [basis, "加工区与就餐区没有分开", "行政复议", "行政诉讼"]) assert.ok(letter.includes(said), `the decision says ${said}`);
  });
  // The citizen reads it, with the reason.
  await visiting(browser, { viewport: PHONE }, async (page) => {
    await signIn(page, person.phone);
    await page.goto(`/cases/${filed.id}`);
    await page.getByText("不予许可").first().waitFor();
    assert.equal(await page.getByRole("link", { name: "查看电子证照" }).count(), 0);
  });
});

test("on a phone the queue begins at its top, with the hand on the first row", async () => {
  await visiting(browser, { viewport: PHONE }, async (page) => {
    await signIn(page, "approver1", { staff: true });
    await page.goto("/staff");
    const first = page.locator("[data-list-row].cur a").first();
    await first.waitFor();
    assert.ok(await first.evaluate((link) => link === document.activeElement), "the first row has the focus");
    assert.equal(await page.evaluate(() => scrollY), 0);
    await page.getByRole("heading", { level: 1 }).waitFor();
  });
});

test("a case with a route of its own goes step by step to its decision", async () => {
  await visiting(browser, {}, async (page) => {
    await signIn(page, "integrator1", { staff: true });
    const route = await routeOf(page, ROUTED[0]);
    const address = route.replace(/\/route$/, "");
    await page.goto(address);
    assert.ok((await walkRoute(page)) >= 1, "there are steps before the decision");
    await act(page, "准予许可", async (panel) => { await panel.getByLabel("审查意见").fill("各环节均同意"); });
    await page.goto(route);
    await page.getByText("流程已经走完").waitFor();
    await page.getByRole("heading", { name: "已经办过的" }).waitFor();
  });
});

test("a supervisor goes from a number to its cases and to the trail of one", async () => {
  await visiting(browser, {}, async (page) => {
    await signIn(page, "supervisor1", { staff: true });
    await page.goto("/staff/board");
    await page.locator("a[href^='/staff/board/cases']").first().click();
    await page.waitForURL(/\/staff\/board\/cases/);
    await page.locator("[data-list-row] a, table.grid tbody a").first().click();
    await page.waitForURL(/\/staff\/cases\//);
    assert.deepEqual(await page.locator("details.act > summary").allInnerTexts(), ["催办"], "a supervisor only looks and urges");
    await page.getByRole("link", { name: "全部留痕与核验" }).click();
    await page.getByText("留痕完整").waitFor();
  });
});
