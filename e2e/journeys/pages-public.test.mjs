// Every type of page of the public and of citizens, as a visitor may see it: in Chinese and English, normal and care
// mode, light and dark, on a desktop and on a phone: zero violations, nothing logged, nothing asked of others.

import { after, before, test } from "node:test";
import { launch } from "../lib/browser.mjs";
import { PUBLIC, everyone } from "../lib/everyone.mjs";
import { tour } from "../lib/tour.mjs";

let browser;
let lists;
before(async () => {
  browser = await launch();
  lists = await everyone(browser, PUBLIC);
});
after(() => browser.close());

for (const who of PUBLIC) {
  for (const lang of ["zh", "en"]) {
    for (const care of [false, true]) {
      test(`pages of the ${who}: ${lang}, ${care ? "care" : "normal"}`, async (t) => t.diagnostic(await tour(browser, { ...lists[who], lang, care })));
    }
  }
}
