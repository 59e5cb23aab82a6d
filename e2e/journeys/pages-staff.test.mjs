// Every type of page of the staff, looked at as those of the public are; they are in Chinese, whatever the visitor reads
// elsewhere.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, visiting } from "../lib/browser.mjs";
import { STAFF, everyone } from "../lib/everyone.mjs";
import { tour } from "../lib/tour.mjs";

let browser;
let lists;
before(async () => {
  browser = await launch();
  lists = await everyone(browser, STAFF);
});
after(() => browser.close());

for (const who of STAFF) {
  for (const care of [false, true]) {
    test(`pages of the ${who}: ${care ? "care" : "normal"}`, async (t) => t.diagnostic(await tour(browser, { ...lists[who], lang: "zh", care })));
  }
}

test("the workbench offers no language it does not speak", async () => {
  for (const who of STAFF) {
    const { state, pages: [[name, address]] } = lists[who];
    await visiting(browser, { storageState: state, prefs: { lang: "en" } }, async (page) => {
      await page.goto(address);
      const said = await page.evaluate(() => ({ lang: document.documentElement.lang, head: document.querySelector("header").innerText, others: document.querySelectorAll("header [hreflang=en], header [value='lang=en']").length }));
      assert.equal(said.lang, "zh-CN", name);
      assert.match(said.head, /退出/, name);
      assert.equal(said.others, 0, name);
    });
  }
});
