// A window clerk: finds or registers the applicant, takes in any department's item, prints, accepts, hands over.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, visiting, visitor } from "../lib/browser.mjs";
import { FOOD, address, sign, visit, worker } from "../lib/food.mjs";
import { act, openFromQueue, walkRoute } from "../lib/desk.mjs";
import { checkDigit, signIn, stranger } from "../lib/people.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

test("a clerk registers, takes in, prints, accepts and hands over", async () => {
  const person = stranger();
  const clerk = await visitor(browser);
  const { page } = clerk;
  await signIn(page, "clerk1", { staff: true });

  // A wrong check digit is explained; an unknown number leads to registering.
  await page.goto("/staff/intake");
  const wrong = checkDigit(person.id.slice(0, 17)) === "1" ? "2" : "1";
  await page.locator("#number").fill(person.id.slice(0, 17) + wrong);
  await page.keyboard.press("Enter");
  await page.locator(".error-summary").waitFor();
  assert.match(await page.title(), /^错误：/);
  await page.locator("#number").fill(person.id);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "没有登记过，请登记" }).waitFor();
  await page.getByLabel("姓名", { exact: true }).fill(person.name);
  await page.getByLabel("联系电话").fill(person.phone);
  await page.getByRole("button", { name: "登记并选择事项" }).click();
  await page.getByRole("heading", { level: 1, name: "选择事项" }).waitFor();

  // The item of another department, by its everyday name.
  await page.getByLabel("搜索事项").fill("开饭店");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: FOOD, exact: true }).first().click();
  await page.getByRole("heading", { level: 1, name: FOOD }).waitFor();
  await page.getByLabel("招牌名称").fill("钱记面馆");
  await address(page, "观澜路8号");
  await page.getByLabel("经营面积（平方米）").fill("60");
  await page.getByLabel("餐饮服务经营者").check();
  await page.getByLabel("热食类食品制售").check();
  await page.getByRole("group", { name: /网络平台接单/ }).getByLabel("否").check();
  await page.getByLabel("食品安全管理人员姓名").fill(person.name);
  await page.getByLabel("食品安全管理人员身份证号码").fill(person.id);
  await worker(page, person.name);
  await visit(page);
  await sign(page, person.name);
  await page.getByRole("group", { name: "领取方式" }).getByLabel(/窗口/).check();
  const layout = page.locator("[id='m-layout']");

  // Without the required paper it is refused, and nothing typed is lost.
  await page.getByRole("button", { name: "收件", exact: true }).click();
  await page.locator(".error-summary").waitFor();
  assert.equal(await page.getByLabel("招牌名称").inputValue(), "钱记面馆");
  await layout.getByLabel("收取纸质原件").check();
  await page.getByRole("button", { name: "收件", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "收件完成" }).waitFor();
  const no = (await page.locator(".receipt-no").innerText()).replace(/\s/g, "");
  const id = new URL(page.url()).pathname.split("/").pop();

  // The receipt is printed and given.
  await page.getByRole("link", { name: "打印收件回执" }).click();
  await page.getByRole("heading", { level: 1, name: "收件回执" }).waitFor();
  await page.locator("[data-print]").waitFor();
  await page.getByRole("link", { name: "返回" }).click();

  // Accepting is theirs, refusing is not (窗口无否决权).
  await page.getByRole("link", { name: "受理", exact: true }).click();
  await page.waitForURL(/\/staff\/cases\//);
  const offered = await page.locator("details.act > summary").allInnerTexts();
  assert.ok(offered.includes("受理") && offered.includes("一次性告知补正"), offered.join());
  for (const forbidden of ["不予受理", "准予许可", "不予许可"]) assert.ok(!offered.includes(forbidden), forbidden);
  const effect = await act(page, "受理");
  assert.match(effect, /\d+月\d+日/, "the effect names the day");
  await page.getByText("审查中").first().waitFor();
  await page.getByRole("link", { name: "受理通知书" }).click();
  await page.getByRole("heading", { level: 1, name: "受理通知书" }).waitFor();
  assert.match(await page.locator("article").innerText(), /\d{4}年\d+月\d+日/);

  // The department grants it.
  await visiting(browser, {}, async (page) => {
    await signIn(page, "approver1", { staff: true });
    await openFromQueue(page, no);
    await walkRoute(page);
    await act(page, "准予许可", async (panel) => { await panel.getByLabel("审查意见").fill("符合条件"); });
    await page.getByText("待送达").or(page.getByText("已决定")).or(page.getByText("现在没有您可以办理的步骤")).first().waitFor();
  });

  // Handing over asks who took it.
  await page.goto(`/staff/cases/${id}`);
  await act(page, "送达", async (panel) => { await panel.getByLabel("领取人").fill(""); });
  await page.locator(".error-summary").waitFor();
  await act(page, "送达", async (panel) => { await panel.getByLabel("领取人").fill(person.name); });
  await page.getByText("本件已经办结").waitFor();
  await clerk.close();
});

test("a clerk finds a person the city knows, and what is not found is said so", async () => {
  await visiting(browser, {}, async (page) => {
    const person = stranger("孙晓");
    await signIn(page, "clerk2", { staff: true });
    for (const known of [false, true]) {
      await page.goto("/staff/intake");
      await page.locator("#number").fill(person.id);
      await page.getByRole("button", { name: "查找", exact: true }).click();
      if (!known) {
        await page.getByLabel("姓名", { exact: true }).fill(person.name);
        await page.getByLabel("联系电话").fill(person.phone);
        await page.getByRole("button", { name: "登记并选择事项" }).click();
      }
      await page.getByRole("heading", { level: 1, name: "选择事项" }).waitFor();
      assert.ok(!(await page.locator("main").innerText()).includes(person.id), "the number is masked");
    }
    await page.getByLabel("搜索事项").fill("量子传送门");
    await page.keyboard.press("Enter");
    await page.getByText("没有找到可以收的事项").waitFor();
  });
});
