// A citizen, from the words in their head to the certificate in their hand, on a desktop and on a phone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESKTOP, PHONE, launch, visiting, visitor } from "../lib/browser.mjs";
import { FOOD, TASKS, business, delivery, findFood, manager, shop, start, submit, upload } from "../lib/food.mjs";
import { act, openFromQueue, walkRoute } from "../lib/desk.mjs";
import { plan } from "../lib/papers.mjs";
import { register, signIn, stranger } from "../lib/people.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

for (const [device, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
  test(`a citizen applies, corrects, receives and rates (${device})`, async () => {
    const person = stranger("林晓");
    const first = { name: "布局图.png", mimeType: "image/png", buffer: await plan(browser, false) };
    const second = { name: "布局图（补正）.png", mimeType: "image/png", buffer: await plan(browser, true) };

    // The account, then half of the form; the browser is closed in the middle.
    let draft;
    await visiting(browser, { viewport }, async (page) => {
      await register(page, person);
      await findFood(page);
      await start(page);
      await shop(page, "王记小吃");
      await page.getByRole("button", { name: "先存着，以后再填" }).click();
      await page.waitForURL("/my");
      draft = await page.getByRole("link", { name: new RegExp(FOOD) }).first().getAttribute("href");
    });

    // Days later, another browser: nothing is lost. Signing in leads to where one wanted to go.
    const citizen = await visitor(browser, { viewport });
    const { page } = citizen;
    await page.goto("/my");
    await page.locator("#login").fill(person.phone);
    await page.locator("#password").fill("Yunling-2026");
    await page.getByRole("button", { name: "登录" }).click();
    await page.waitForURL("/my");
    await page.locator(`a[href="${draft}"]`).click();
    await page.getByRole("heading", { level: 1, name: TASKS }).waitFor();
    assert.match(await page.locator("main").innerText(), /已完成2项，共11项/);
    await page.getByRole("link", { name: "您的店在哪里？" }).click();
    assert.equal(await page.getByLabel("招牌名称").inputValue(), "王记小吃");
    assert.equal(await page.getByLabel("经营面积（平方米）").inputValue(), "46");

    // A mistake is explained beside the field, and what was typed is still there.
    await page.getByLabel("经营面积（平方米）").fill("很大");
    await page.getByRole("button", { name: "继续" }).click();
    await page.locator(".error-summary").waitFor();
    assert.match(await page.title(), /^错误：/);
    assert.equal(await page.getByLabel("经营面积（平方米）").inputValue(), "很大");
    assert.ok(await page.locator(".error-summary").evaluate((box) => box === document.activeElement), "the summary has the focus");
    await page.locator(".error-summary a").first().click();
    assert.equal(await page.evaluate(() => document.activeElement.id), "shop_area");
    await shop(page, "王记小吃");
    await business(page);
    await manager(page, person);

    // Going on without the layout is refused, a program instead of a picture too; then it is uploaded.
    await page.getByRole("button", { name: "继续" }).click();
    await page.locator(".error-summary").waitFor();
    await page.locator("[id='file-layout']").setInputFiles({ name: "plan.png", mimeType: "image/png", buffer: Buffer.from("MZ\u0000 not a picture") });
    await page.getByText("类型不能上传").first().waitFor();
    await page.waitForFunction(() => document.activeElement.matches(".error-summary"));
    await upload(page, first);
    await delivery(page, "电子送达");
    const answers = await page.locator("main").innerText();
    for (const said of ["王记小吃", "46", "热食类食品制售", "布局图.png", "电子送达"]) assert.ok(answers.includes(said), `the check shows ${said}`);
    assert.ok(!answers.includes(person.id), "identity numbers are masked");
    const filed = await submit(page);
    assert.match(await page.locator("main").innerText(), /\d{4}年\d+月\d+日（星期.）前/, "a date, not a number of days");

    // The receipt, and the way back to the timeline.
    await page.getByRole("link", { name: "打印收件回执" }).click();
    await page.getByRole("heading", { level: 1, name: "收件回执" }).waitFor();
    const receipt = await page.locator("article").innerText();
    const code = receipt.match(/查询密码：(\d{6})/)?.[1];
    assert.ok(code, "the receipt carries the query password");
    await page.getByRole("link", { name: "返回办件" }).click();
    await page.getByRole("heading", { name: "办到哪一步" }).waitFor();

    // Anybody with the number and the password sees how far it is.
    await visiting(browser, { viewport }, async (page) => {
      await page.goto("/progress");
      await page.getByLabel("办件编号").fill(filed.no);
      await page.getByLabel("查询密码").fill(code);
      await page.getByRole("button", { name: "查询", exact: true }).click();
      await page.locator("#found").waitFor();
    });

    // The department says once what is missing.
    const desk = await visitor(browser, {});
    await signIn(desk.page, "approver1", { staff: true });
    await openFromQueue(desk.page, filed.no);
    await desk.page.getByRole("link", { name: "布局图.png" }).click();
    await desk.page.locator("img.preview").waitFor();
    await act(desk.page, "一次性告知补正", async (panel) => {
      await panel.getByLabel("主要设备设施布局图和操作流程图").fill("布局图没有标明更衣处，请补标后重交");
    });
    await desk.page.getByText("待补正").first().waitFor();

    // The citizen is told, reads the notice, supplies it.
    await page.reload();
    await page.getByText("轮到您了").waitFor();
    await page.getByText("布局图没有标明更衣处").first().waitFor();
    const notice = await page.locator("a[href$='/letters/correction']").first().getAttribute("href");
    await page.goto(notice);
    await page.getByText("布局图没有标明更衣处").first().waitFor();
    await page.goto(`/cases/${filed.id}`);
    await page.locator(".todo-box a.btn").click();
    await page.locator("[id='file-layout']").setInputFiles(second);
    await page.getByRole("button", { name: "提交补正" }).click();
    await page.waitForURL(`/cases/${filed.id}`);
    await page.getByText("待受理").first().waitFor();

    // Accepted and granted, each effect on the clock said before.
    await openFromQueue(desk.page, filed.no);
    await act(desk.page, "受理");
    await desk.page.getByText("审查中").first().waitFor();
    await walkRoute(desk.page);
    await act(desk.page, "准予许可", async (panel) => { await panel.getByLabel("审查意见").fill("符合条件"); });
    await desk.page.getByText("本件已经办结").waitFor();
    await desk.close();

    // The certificate, and anybody who checks it.
    await page.reload();
    await page.getByRole("link", { name: "查看电子证照" }).click();
    await page.getByRole("heading", { level: 1, name: "食品经营许可证" }).waitFor();
    const check = (await page.locator("article").innerText()).match(/核验码：\s*([A-Z0-9-]{12,14})/)?.[1];
    assert.ok(check, "the certificate carries a code");
    await visiting(browser, { viewport }, async (page) => {
      await page.goto("/verify");
      await page.getByLabel("核验码").fill(check.toLowerCase());
      await page.getByRole("button", { name: "核验" }).click();
      const found = page.locator("#found");
      await found.waitFor();
      assert.match(await found.innerText(), /食品经营许可证.*有效/s);
    });

    // Rated once.
    await page.goto(`/cases/${filed.id}`);
    await page.getByRole("link", { name: "评价这次服务" }).first().click();
    await page.getByRole("radio", { name: /^非常满意/ }).check();
    await page.getByRole("button", { name: "提交评价" }).click();
    await page.getByText("评价已经记录").waitFor();
    await page.goto(`/cases/${filed.id}`);
    assert.equal(await page.getByRole("link", { name: "评价这次服务" }).count(), 0, "only once");
    await citizen.close();
  });
}
