// Every type of page of the public and of a citizen, looked at by axe-core in Chinese and English, normal and care
// mode, light and dark, on a desktop and on a phone: zero violations, nothing logged, nothing asked of others.

import { after, before, test } from "node:test";
import { launch, visiting } from "../lib/browser.mjs";
import { citizenPages, publicPages } from "../lib/pages.mjs";
import { settled, tour } from "../lib/tour.mjs";

let browser;
let lists;
before(async () => {
  browser = await launch();
  const { scene, draft, state } = await settled(browser);
  lists = { "the public": {}, "a citizen": { state } };
  await visiting(browser, {}, async (page) => { lists["the public"].pages = await publicPages(page, scene); });
  await visiting(browser, { storageState: state }, async (page) => { lists["a citizen"].pages = await citizenPages(page, scene, draft); });
});
after(() => browser.close());

for (const who of ["the public", "a citizen"]) {
  for (const lang of ["zh", "en"]) {
    for (const care of [false, true]) {
      test(`pages of ${who}: ${lang}, ${care ? "care" : "normal"}`, () => tour(browser, { ...lists[who], lang, care }));
    }
  }
}
