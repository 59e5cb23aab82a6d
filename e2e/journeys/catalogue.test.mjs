// The editors' desk: one limit of two hundred items changed by a sheet, published by a second person and undone; two
// editors on one item; guided questions and a matter of several items, as citizens see them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, PHONE, visiting } from "../lib/browser.mjs";
import { signIn } from "../lib/people.mjs";
import { edited } from "../lib/workbook.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

// Changes the promise of `count` items from five working days to four; every other row stays in the sheet as it is.
function shortened(workbook, count) {
  let left = count;
  const sheet = edited(workbook, (row) => {
    if (left === 0 || row["承诺办结时限"] !== "5个工作日" || row["办件类型"] !== "承诺件") return undefined;
    left--;
    return { "承诺办结时限": "4个工作日" };
  });
  assert.equal(left, 0, "the list has as many");
  return sheet;
}

const count = async (page, label) => Number(await page.locator("dl.stats div", { hasText: label }).locator("dd").innerText());

test("a limit of two hundred items by a sheet, published by a second person, and undone", async () => {
  const sees = (who, walk) => visiting(browser, {}, async (page) => { await signIn(page, who, { staff: true }); await walk(page); });
  let batch;
  let item;
  await sees("editor1", async (page) => {
    const sheet = await page.request.get("/admin/catalog/bulk/items?format=xlsx");
    assert.equal(sheet.status(), 200);
    const changed = shortened(await sheet.body(), 200);
    await page.goto("/admin/catalog/bulk/import");
    await page.locator("input[type=file]").setInputFiles({ name: "承诺时限.xlsx", mimeType: XLSX, buffer: changed });
    await page.getByRole("button", { name: "上传并预览" }).click();
    await page.waitForURL(/\/admin\/catalog\/bulk\/[0-9a-f-]{36}/);
    // Nothing but what was changed in the sheet is a change.
    assert.equal((await count(page, "看过的事项")) - (await count(page, "没有变化")), 200);
    const row = page.locator("tr[data-row]").first();
    assert.match(await row.locator("li").first().innerText(), /^承诺办结时限：5.* → 4/);
    item = (await row.locator("th a").getAttribute("href")).match(/[0-9a-f-]{36}/)[0];
    await page.getByLabel(/^给审核人的话/).fill("压缩承诺时限");
    await page.getByRole("button", { name: "成批送审" }).click();
    await page.waitForURL(/\/admin\/catalog\/batches\//);
    batch = new URL(page.url()).pathname;
    // Nobody lets their own work pass.
    assert.equal(await page.getByRole("button", { name: "整批审核通过" }).count(), 0);
  });
  const promised = async (page) => (await (await page.request.get(`/api/v1/items/${item}`)).json()).item.promised_limit.n;
  await sees("reviewer1", async (page) => {
    assert.equal(await promised(page), 5);
    await page.goto(batch);
    await page.getByRole("button", { name: "整批审核通过" }).click();
    await page.getByRole("button", { name: "撤回这一批" }).waitFor();
    assert.equal(await promised(page), 4);
  });
  let undone;
  await sees("editor1", async (page) => {
    await page.goto(batch);
    await page.getByLabel(/^原因/).fill("有的科室还没有准备好");
    await page.getByRole("button", { name: "撤回这一批" }).click();
    await page.waitForURL((url) => url.pathname.includes("/batches/") && url.pathname !== batch);
    undone = page.url();
    assert.equal(await promised(page), 4);
  });
  await sees("reviewer1", async (page) => {
    await page.goto(undone);
    await page.getByRole("button", { name: "整批审核通过" }).click();
    await page.getByRole("button", { name: "撤回这一批" }).waitFor();
    assert.equal(await promised(page), 5);
  });
});

test("the second of two editors sees what both changed, and chooses", async () => {
  let draft;
  const opened = (page) => page.locator("main a[href^='/admin/catalog/drafts/']:not([href$='/new'])").first();
  await visiting(browser, {}, async (first) => {
    await signIn(first, "editor1", { staff: true });
    await first.goto("/admin/catalog/drafts?state=editing");
    draft = await opened(first).getAttribute("href");
    await first.goto(`${draft}/edit/basic`);
    await visiting(browser, {}, async (second) => {
      await signIn(second, "editor2", { staff: true });
      await second.goto(`${draft}/edit/basic`);
      await first.locator("[name=summary]").fill("第一位编制人写的简介。");
      await first.getByRole("button", { name: "保存", exact: true }).click();
      await first.waitForLoadState();
      await second.locator("[name=summary]").fill("第二位编制人写的简介。");
      await second.getByRole("button", { name: "保存", exact: true }).click();
      const both = second.locator("fieldset.field").filter({ hasText: "简介" });
      await both.waitFor();
      assert.match(await both.innerText(), /第一位编制人写的简介。/);
      assert.match(await both.innerText(), /第二位编制人写的简介。/);
      await both.getByLabel(/用我写的/).check();
      await second.locator("main form .btn").first().click();
      await second.waitForLoadState();
      await second.goto(`${draft}/edit/basic`);
      assert.equal(await second.locator("[name=summary]").inputValue(), "第二位编制人写的简介。");
    });
  });
});

test("questions lead to what one's own situation needs, with a way back", async () => {
  await visiting(browser, { viewport: PHONE }, async (page) => {
    await page.goto("/search?q=%E5%BC%80%E9%A5%AD%E5%BA%97");
    await page.locator("main a[href^='/items/']").first().click();
    await page.getByRole("link", { name: /先回答几个问题/ }).first().click();
    const answer = async (label) => {
      await page.getByLabel(label).check();
      await page.getByRole("button", { name: "继续" }).click();
    };
    await answer(/^餐饮服务/);
    await page.getByRole("heading", { name: "您的情形要准备什么" }).waitFor();
    await page.getByText("从业人员健康证明").first().waitFor();
    const apply = await page.getByRole("link", { name: "在线办理" }).getAttribute("href");
    assert.match(apply, /\?q-kind=catering$/);
    // Another answer, another end: who only sells what is packed needs no licence.
    await page.getByRole("link", { name: /^更改/ }).first().click();
    await answer(/^食品销售/);
    await answer(/^是/);
    await page.getByRole("heading", { name: "您的情形不能办理这个事项" }).waitFor();
    assert.equal(await page.getByRole("link", { name: "在线办理" }).count(), 0);
  });
});

test("items that belong together need fewer papers, days and visits, and it is said how that was counted", async () => {
  await visiting(browser, { viewport: PHONE }, async (page) => {
    await page.goto("/bundles");
    await page.getByRole("link", { name: /我要开网约车/ }).first().click();
    const figures = (label) => page.getByRole("row", { name: new RegExp(`^${label}`) }).first().innerText();
    assert.match(await figures("材料"), /15\s+9$/);
    assert.match(await figures("时限"), /10\s+7$/);
    assert.match(await figures("到现场"), /3\s+1$/);
    await page.getByRole("link", { name: "这些数怎么算出来的" }).click();
    await page.waitForURL(/#/);
    assert.ok(await page.locator(new URL(page.url()).hash).isVisible());
    assert.ok((await page.locator("main tbody tr").count()) >= 15);
  });
});
