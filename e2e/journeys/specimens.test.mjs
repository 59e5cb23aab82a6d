// Every component of the catalogue at /design, in all its states, looked at as pages are: a component is checked once
// for all pages that use it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, visiting } from "../lib/browser.mjs";
import { specimens } from "../lib/design.mjs";
import { tour } from "../lib/tour.mjs";

let browser;
let pages;
before(async () => {
  browser = await launch();
  await visiting(browser, {}, async (page) => {
    const all = await specimens(page);
    assert.ok(all.length > 40, `${all.length} components`);
    // What fills a window by itself is looked at alone; the others stand side by side on one page.
    pages = [["overview", "/design"], ...all.flatMap(({ component, states, whole }) =>
      whole ? states.map((state) => [`${component}, ${state}`, `/design/${component}/${state}`]) : [[component, `/design/${component}`]])];
  });
});
after(() => browser.close());

for (const [lang, care] of [["zh", false], ["en", false], ["zh", true]]) {
  test(`components: ${lang}, ${care ? "care" : "normal"}`, async (t) => t.diagnostic(await tour(browser, { pages, lang, care, twice: true })));
}
