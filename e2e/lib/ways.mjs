// Ways to pages whose address is not known beforehand: the first of a list, what a form leads to.

import { edited } from "./workbook.mjs";

// The address of the first link of a list; "" where there is none, which fails the page it is for and no other.
export const first = (selector) => async (page, list) => {
  await page.goto(list);
  const link = page.locator(selector).first();
  await link.waitFor({ state: "attached", timeout: 2000 }).catch(() => {});
  return (await link.count()) > 0 ? link.getAttribute("href") : "";
};

// An item that has been published more than once.
export async function changed(page) {
  const feed = await (await page.request.get("/open-data/changes.atom")).text();
  return feed.match(/\/items\/([0-9a-f-]{36})\/versions\/[2-9]/)?.[1];
}

// The route of one of the cases of this item: those that were accepted before the route was published have none.
export async function routeOf(page, item) {
  await page.goto(`/staff/palette?q=${encodeURIComponent(item)}`);
  for (const href of await page.locator("main a[href^='/staff/cases/']").evaluateAll((links) => links.map((link) => link.getAttribute("href")))) {
    const route = `${href.split("?")[0]}/route`;
    if ((await page.request.get(route)).ok()) return route;
  }
  return "";
}

// The address that one of the links of a list leads on to.
export const ledTo = (selector, address) => async (page, list) => {
  await page.goto(list);
  for (const href of await page.locator(selector).evaluateAll((links) => [...new Set(links.map((link) => link.getAttribute("href")))])) {
    const answer = await page.request.get(href, { maxRedirects: 0 });
    const to = answer.headers().location;
    if (to?.startsWith(address)) return to;
  }
  return undefined;
};

// The page of a draft that asks for a promise in place of a paper.
export async function promised(page, item) {
  await page.goto(`/apply/${item}`);
  const own = page.getByRole("radio").first();
  if (await own.count()) await own.check();
  await page.getByRole("button", { name: "开始填写" }).click();
  await page.waitForURL(/\/apply\/drafts\//);
  return `${new URL(page.url()).pathname.replace(/\/[^/]+$/, "")}/written-promise`;
}

// The list that a clerk hands over at the end of a shift; today's if there is one already.
export async function handedOver(page) {
  const link = "main a[href^='/staff/shifts/']";
  await page.goto("/staff/shifts");
  if ((await page.locator(link).count()) === 0) {
    await page.getByLabel(/^交班人签名/).fill((await page.locator("header .who").innerText()).trim());
    await page.getByRole("button", { name: "签名并交班" }).click();
    await page.waitForURL(/\/staff\/shifts(\/|$|\?)/);
  }
  return first(link)(page, "/staff/shifts");
}

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const FOOD_ITEMS = `q=${encodeURIComponent("食品")}`;

// Sends a table in and gives the address of its preview.
async function sentIn(page, form, name, mimeType, buffer, preview) {
  await page.goto(form);
  await page.locator("main input[type=file]").setInputFiles({ name, mimeType, buffer });
  await page.getByRole("button", { name: "上传并预览" }).click();
  await page.waitForURL(preview);
  return new URL(page.url()).pathname;
}

export async function imported(page) {
  const list = await page.request.get(`/admin/catalog/export?format=csv&${FOOD_ITEMS}`);
  return sentIn(page, "/admin/catalog/import", "食品.csv", "text/csv", await list.body(), /\/import\/[0-9a-f-]{36}/);
}

export async function manyItems(page) {
  const list = await page.request.get(`/admin/catalog/bulk/items?format=xlsx&${FOOD_ITEMS}`);
  const sheet = edited(await list.body(), (row) => (row["承诺办结时限"] === "5个工作日" ? { "承诺办结时限": "4个工作日" } : undefined));
  return sentIn(page, "/admin/catalog/bulk/import", "食品.xlsx", XLSX, sheet, /\/bulk\/[0-9a-f-]{36}/);
}

// The findings of a check of the smallest body, begun now if there are none yet.
export async function checked(page) {
  const link = "main a[href^='/admin/catalog/checks/runs/']:not([href*='export'])";
  await page.goto("/admin/catalog/checks");
  if ((await page.locator(link).count()) === 0) {
    await page.getByRole("button", { name: "开始核对" }).click();
    for (let tries = 0; tries < 100 && (await page.locator(link).count()) === 0; tries++) {
      await page.waitForTimeout(200);
      await page.goto("/admin/catalog/checks");
    }
  }
  return page.locator(link).first().getAttribute("href");
}

export async function spotChecked(page) {
  const link = "main a[href^='/admin/catalog/spot-checks/']:not([href*='export'])";
  await page.goto("/admin/catalog/spot-checks");
  if ((await page.locator(link).count()) === 0) {
    await page.locator("[name=title]").fill("2026年指南抽查");
    await page.locator("[name=size]").fill("3");
    await page.locator("[name=seed]").fill("yunling");
    await page.getByRole("button", { name: "抽取" }).click();
    await page.waitForURL(/\/spot-checks\/./);
    await page.goto("/admin/catalog/spot-checks");
  }
  return page.locator(link).first().getAttribute("href");
}
