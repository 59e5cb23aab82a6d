// 授权代办: authorise, act, take back, act again; another item; an authorisation that ran out; a principal who has died.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { program } from "../lib/api.mjs";
import { PHONE, launch, visiting, visitor } from "../lib/browser.mjs";
import { FOOD, fileFood } from "../lib/food.mjs";
import { pdf } from "../lib/papers.mjs";
import { register, signIn, stranger } from "../lib/people.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const paper = { name: "plan.pdf", mimeType: "application/pdf", buffer: pdf("layout") };

// The principal, from their own sign-in, authorises somebody who is registered.
async function authorise(page, agent, items = "") {
  await page.goto("/account/proxies");
  await page.getByLabel("代办人姓名").fill(agent.name);
  await page.getByLabel("代办人身份证号码").fill(agent.id);
  await page.getByLabel(/^只授权办理这些事项/).fill(items);
  await page.getByRole("button", { name: "授权", exact: true }).click();
  await page.getByRole("button", { name: /^收回授权/ }).waitFor();
}

// The agent chooses to act for them; the head of every page then names both.
async function actFor(page, principal) {
  await page.goto("/account/proxies");
  await page.getByLabel("正在以谁的身份办理").selectOption({ label: principal.name });
  await page.getByRole("button", { name: "切换" }).click();
  await page.getByText(`您正代表${principal.name}办理`).waitFor();
}

async function itemNamed(page, name) {
  const found = await (await page.request.get(`/api/v1/items/search?q=${encodeURIComponent(name)}`)).json();
  const item = found.items.find((one) => one.name === name) ?? found.items[0];
  assert.ok(item, `the city has ${name}`);
  return item.item_id;
}

const begin = async (page, item) => {
  await page.goto(`/apply/${item}`);
  await page.getByRole("button", { name: /^(开始填写|接着填)$/ }).first().click();
  await page.waitForLoadState();
};

test("an agent acts until the right is taken back, and in no other item", async () => {
  const [principal, agent] = [stranger("陈采薇"), stranger("王守信")];
  const [own, other] = [await visitor(browser, { viewport: PHONE }), await visitor(browser)];
  await register(other.page, agent);
  await register(own.page, principal);
  await authorise(own.page, agent, FOOD);

  await actFor(other.page, principal);
  const filed = await fileFood(other.page, principal, paper, { principal: principal.name });

  // Both names stand on the case, for both of them, and under the authorisation what was done.
  await own.page.goto(`/cases/${filed.id}`);
  await own.page.getByText("代办人提交了申请").first().waitFor();
  await own.page.goto("/account/proxies");
  await own.page.getByText("办过1次").waitFor();
  await own.page.locator("main a[href^='/account/proxies/']").first().click();
  await own.page.getByRole("heading", { name: "在这份授权下办过的事" }).waitFor();
  assert.ok((await own.page.locator("main").innerText()).includes(FOOD));

  // The authorisation names one item; another one is refused, with the way out.
  await begin(other.page, await itemNamed(other.page, "居住证申领"));
  await other.page.getByText("授权不包括这个事项，请委托人把这个事项加入授权").waitFor();

  // Taken back: nothing is seen, nothing is done, and it is said why.
  await own.page.goto("/account/proxies");
  await own.page.getByRole("button", { name: /^收回授权/ }).click();
  await own.page.getByText("已失效").waitFor();
  const answer = await other.page.goto(`/cases/${filed.id}`);
  assert.equal(answer.status(), 403, "the case is no longer the agent's to see");
  await other.page.getByText("委托人已经收回授权，不能再代为办理").first().waitFor();
  await other.page.goto("/account/proxies");
  await other.page.getByText("委托人已经收回授权，不能再代为办理").first().waitFor();
  assert.equal(await other.page.getByText(`您正代表${principal.name}办理`).count(), 0);
  await begin(other.page, await itemNamed(other.page, FOOD));
  await other.page.getByText("委托人已经收回授权，不能再代为办理").first().waitFor();
  await own.close();
  await other.close();
});

test("death ends every authorisation", async () => {
  const [principal, agent] = [stranger("赵德福"), stranger("赵小川")];
  const other = await visitor(browser);
  await register(other.page, agent);
  await visiting(browser, {}, async (page) => {
    await register(page, principal);
    await authorise(page, agent);
  });
  await actFor(other.page, principal);
  const item = await itemNamed(other.page, "居住证申领");
  await begin(other.page, item);
  assert.match(new URL(other.page.url()).pathname, /^\/apply\/drafts\//, "the agent may begin");

  await visiting(browser, {}, async (page) => {
    await signIn(page, "clerk1", { staff: true });
    await page.goto("/staff/proxies");
    const death = page.locator("form[action='/staff/deaths']");
    await death.getByLabel("姓名").fill(principal.name);
    await death.getByLabel("身份证号码").fill(principal.id);
    await death.getByLabel("去世日期").fill(await page.evaluate(() => new Date(Date.now() + 8 * 3_600_000 - 86_400_000).toISOString().slice(0, 10)));
    await death.getByLabel("依据").fill("居民死亡医学证明书 990102-0001");
    await death.getByRole("button", { name: "登记去世" }).click();
    await page.getByText(/已登记/).first().waitFor();
  });
  await begin(other.page, item);
  await other.page.getByText("登记信息显示委托人已经去世，全部授权已经终止").first().waitFor();
  await other.close();
});

test("what has run out carries nothing", async () => {
  await visiting(browser, {}, async (page) => {
    await signIn(page, "citizen3");
    await page.goto("/account/proxies");
    const rows = page.locator("section[aria-labelledby=held] li");
    const today = await page.evaluate(() => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10));
    const lines = await rows.evaluateAll((all) => all.map((row) => ({ text: row.innerText, href: row.querySelector("a").getAttribute("href") })));
    const last = (text) => text.match(/—\s*(\d{4})年(\d+)月(\d+)日/)?.slice(1).map((part) => part.padStart(2, "0")).join("-");
    const over = lines.find(({ text }) => last(text) < today);
    assert.ok(over, `one of them has run out: ${lines.map((line) => line.text).join(" / ")}`);
    assert.match(over.text, /已失效/);

    // It is not offered; asked for all the same, it is refused with the reason.
    await page.goto(over.href);
    const principal = (await page.locator("dl.facts dd").first().innerText()).trim();
    await page.goto("/account/proxies");
    const offered = await page.locator("#applicant option").allInnerTexts();
    assert.ok(!offered.includes(principal), offered.join());
    const proxies = await (await program("citizen3")).get("/my/proxies");
    const gone = proxies.held.find((one) => one.proxy_id === over.href.split("/").pop());
    await page.locator("#applicant").evaluate((select, value) => { select.add(new Option("", value, true, true)); }, gone.principal);
    await page.getByRole("button", { name: "切换" }).click();
    await page.getByText("授权已经到期，不能再代为办理").first().waitFor();
  });
});
