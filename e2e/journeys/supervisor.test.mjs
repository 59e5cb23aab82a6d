// A supervisor: from every figure of the board to the list it counts, with as many rows as the figure says, to one
// case and to its trail.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, visiting } from "../lib/browser.mjs";
import { signIn } from "../lib/people.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const number = (text) => Number(text.replaceAll(/[,\s]/g, ""));

// Rows of a list, over all its pages.
async function rows(page) {
  let sum = 0;
  for (let n = 0; n < 20; n++) {
    sum += await page.locator("table.grid tbody a[href^='/staff/cases/']").count();
    const next = page.getByRole("link", { name: /^下一页/ });
    if ((await next.count()) === 0) return sum;
    await next.first().click();
    await page.waitForLoadState();
  }
  assert.fail(`the list does not end: ${page.url()}`);
}

// The figures that count something and lead to it.
const figures = (page) => page.locator("dl.stats dd a[href]").evaluateAll((links) =>
  links.map((link) => ({ words: link.closest("div").innerText.split("\n")[0].trim(), said: link.innerText.trim(), href: link.getAttribute("href") })));

// Those of the board that are whole numbers, by where they lead.
async function standing(page) {
  await page.goto("/staff/board");
  const whole = (await figures(page)).filter(({ said }) => /^[\d,]+$/.test(said));
  return new Map(whole.map((figure) => [figure.href, figure]));
}

test("every figure of the board leads to what it counts", async () => {
  await visiting(browser, {}, async (page) => {
    await signIn(page, "supervisor1", { staff: true });
    const counted = await standing(page);
    assert.ok(counted.size >= 8, `${counted.size} figures`);
    for (const [href, { words, said }] of counted) {
      // Others are at work in the city: a list is compared with a figure that was the same before and after.
      let before, after = said, listed;
      for (let n = 0; n < 5 && before !== after; n++) {
        before = after;
        await page.goto(href);
        listed = await rows(page);
        after = (await standing(page)).get(href)?.said;
      }
      assert.equal(after, before, `${words} ${href} does not stand still`);
      assert.equal(listed, number(after), `${words} ${href}`);
    }
  });
});

test("from a figure to a case and its trail", async () => {
  await visiting(browser, {}, async (page) => {
    await signIn(page, "supervisor1", { staff: true });
    await page.goto("/staff/board?grain=year");
    const [{ href }] = (await figures(page)).filter(({ said }) => number(said) > 0);
    await page.locator(`dl.stats a[href="${href}"]`).first().click();
    await page.locator("table.grid tbody a[href^='/staff/cases/']").first().click();
    await page.waitForURL(/\/staff\/cases\//);
    assert.deepEqual(await page.locator("details.act > summary").allInnerTexts(), ["催办"], "a supervisor only looks and urges");
    await page.getByRole("link", { name: "全部留痕与核验" }).click();
    await page.getByText("留痕完整").waitFor();
  });
});
