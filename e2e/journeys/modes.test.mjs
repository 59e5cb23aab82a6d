// Another language in the middle of a form, no line, a machine in a hall, and the palette of the staff.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PHONE, launch, visiting, visitor } from "../lib/browser.mjs";
import { barriers, theme } from "../lib/checks.mjs";
import { findFood, start } from "../lib/food.mjs";
import { PASSWORD, register, signIn, stranger } from "../lib/people.mjs";

const KIOSK = { width: 1080, height: 1920 };

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// A person before the first question of a form; gives the address of that question.
async function asked(page, person) {
  await register(page, person);
  await findFood(page);
  await start(page);
  return new URL(page.url()).pathname;
}

test("another language in the middle of a page keeps what was typed", async () => {
  await visiting(browser, {}, async (page) => {
    await asked(page, stranger("郑远"));
    await page.getByLabel("招牌名称").fill("远方面馆");
    await page.locator("[name='shop_area']").fill("37");
    const head = page.getByRole("banner");
    await head.getByRole("button", { name: "English" }).click();
    await page.waitForFunction(() => document.documentElement.lang === "en");
    assert.equal(await page.locator("[name='shop_name']").inputValue(), "远方面馆");
    assert.equal(await page.locator("[name='shop_area']").inputValue(), "37");
    await head.getByRole("button", { name: "中文" }).click();
    await page.getByRole("heading", { level: 1, name: "您的店在哪里？" }).waitFor();
    assert.equal(await page.getByLabel("招牌名称").inputValue(), "远方面馆");
    // Care mode as well, and without a script.
    await head.getByRole("button", { name: "关怀版" }).click();
    await page.locator("html[data-mode='care']").waitFor();
    assert.equal(await page.getByLabel("招牌名称").inputValue(), "远方面馆");
  });
});

test("what is typed without a line is kept on the device and saved when the line is back", async () => {
  const guest = await visitor(browser, { viewport: PHONE });
  const { context, page } = guest;
  const question = await asked(page, stranger("方宁"));
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await context.setOffline(true);
  await page.getByLabel("招牌名称").fill("断网小吃");
  await page.locator("[name='shop_area']").fill("25");
  await page.getByText("网络断开，已存在这台设备上").waitFor();
  // Another page cannot come; the one that stands in for it tells of the draft.
  await page.goto("/my").catch(() => {});
  await page.locator("[data-kept-drafts]").getByRole("link", { name: "您的店在哪里？" }).waitFor();
  await context.setOffline(false);
  // The worker may hear of the line a moment after the page: until then it hands out the page that stands in.
  for (let tries = 0; tries < 5; tries++) {
    await page.goto(question);
    if (await page.locator("[name='shop_name']").count()) break;
    await page.waitForTimeout(500);
  }
  await page.waitForFunction((name) => document.querySelector("[name='shop_name']")?.value === name, "断网小吃");
  await page.getByText("断网时填写的内容已保存。").waitFor();
  // Saved by the server: another browser would see it too.
  await page.waitForFunction(() => !Object.keys(localStorage).some((key) => key.startsWith("tongban-draft:")));
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  assert.equal(await page.locator("[name='shop_area']").inputValue(), "25");
  await context.close();
});

test("a machine in a hall forgets whoever has gone", async () => {
  const person = stranger("秦岚");
  await visiting(browser, {}, (page) => register(page, person));
  const guest = await visitor(browser, { viewport: KIOSK, hasTouch: true });
  const { context, page } = guest;
  await page.clock.install();
  await page.goto("/kiosk?number=01");
  await signIn(page, person.phone);
  await page.goto("/account/enterprise");
  assert.equal(new URL(page.url()).pathname, "/account/enterprise", "signed in");
  await page.evaluate(() => { localStorage.setItem("left", "behind"); sessionStorage.setItem("left", "behind"); });
  // Nobody touches it: it asks, whoever is there stays.
  await page.clock.runFor(61_000);
  const dialog = page.locator("[data-kiosk-idle]");
  await dialog.waitFor();
  await dialog.locator("[data-stay]").click();
  assert.ok(!(await dialog.isVisible()));
  // Nobody answers: the person is forgotten, here and on the server.
  await page.clock.fastForward(200_000);
  await page.waitForURL((url) => url.pathname === "/");
  assert.equal((await context.cookies()).filter(({ name }) => name === "tb_session").length, 0, "the session has ended");
  assert.deepEqual(await page.evaluate(() => [localStorage.getItem("left"), sessionStorage.getItem("left")]), [null, null]);
  await page.goBack().catch(() => {});
  await page.waitForLoadState();
  assert.ok(!(await page.content()).includes(person.phone), "the key back leads to nobody");
  await page.goto("/my");
  await page.waitForURL(/sign-in/);
  // The next person types by touch: a pad for numbers stands below the field.
  await page.locator("#login").focus();
  await page.locator(".pad, .kpad, [data-pad]").filter({ visible: true }).first().waitFor();
  await guest.close();
});

test("a machine in a hall has no dead end", async () => {
  await visiting(browser, { viewport: KIOSK, hasTouch: true }, async (page) => {
    await page.goto("/kiosk?number=02");
    for (const path of ["/", "/search?q=%E5%BC%80%E9%A5%AD%E5%BA%97", "/halls", "/progress", "/sign-in", "/register", "/nowhere"]) {
      await page.goto(path);
      const bar = page.locator(".kbar");
      // From the front page there is nowhere to go back to.
      for (const name of path === "/" ? [] : ["返回", "首页"]) await bar.getByRole("link", { name }).waitFor();
      const small = await page.locator("main a.btn, main button, main input:not([type=hidden]), .kbar a, .kbar button").filter({ visible: true })
        .evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().height < 44 && !["checkbox", "radio"].includes(one.type)).map((one) => one.outerHTML.slice(0, 80)));
      assert.deepEqual(small, [], `targets of ${path} fit a finger`);
      assert.ok(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth + 1), `${path} stands inside the window`);
      for (const word of ["light", "dark"]) {
        await theme(page, word);
        assert.deepEqual(await barriers(page, {}), [], `${path} in ${word}`);
      }
      await theme(page, "light");
    }
  });
});

test("the palette reaches items, cases, people and pages by keys", async () => {
  await visiting(browser, {}, async (page) => {
    await signIn(page, "approver1", { staff: true });
    await page.goto("/staff");
    const no = (await page.locator("[data-list-row] .caseno").first().innerText()).replace(/\s/g, "");
    const open = async (words) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: /事项、办件/ }).waitFor();
      const answered = page.waitForResponse((answer) => answer.url().includes("/staff/palette") && [new URL(answer.url()).searchParams.get("q"), new URLSearchParams(answer.request().postData() ?? "").get("q")].includes(words));
      await page.keyboard.type(words);
      await answered;
    };
    const option = (name) => page.locator("dialog").getByRole("option", { name }).first();
    await open("食品经营");
    await option(/食品经营许可新办/).waitFor();
    await page.keyboard.press("Escape");
    await open(no);
    await option(new RegExp([...no].join("\\s*"))).and(page.locator("[aria-selected=true]")).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/staff\/cases\//);
    assert.ok((await page.locator("main").innerText()).replace(/\s/g, "").includes(no), "the case itself");
    await open("评价");
    await option(/^评价/).waitFor();
    for (let i = 0; i < 10 && (await option(/^评价/).getAttribute("aria-selected")) !== "true"; i++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/staff\/ratings/);
    // The same without a script.
    await page.goto("/staff/palette?q=%E9%A3%9F%E5%93%81%E7%BB%8F%E8%90%A5");
    await page.getByRole("main").getByRole("link", { name: /食品经营许可新办/ }).first().waitFor();
  });
});

test("the password typed at a machine is nowhere in the page afterwards", async () => {
  const person = stranger("白露");
  await visiting(browser, {}, (page) => register(page, person));
  await visiting(browser, { viewport: KIOSK }, async (page) => {
    await page.goto("/kiosk?number=03");
    await signIn(page, person.phone);
    assert.ok(!(await page.content()).includes(PASSWORD));
    await page.goto("/sign-in");
    assert.equal(await page.locator("#password").evaluateAll((all) => all.map((one) => one.value).join("")), "");
  });
});
