// Every type of page of the staff, looked at as those of the public are; they are in Chinese.

import { after, before, test } from "node:test";
import { launch } from "../lib/browser.mjs";
import { adminPages, approverPages, clerkPages, supervisorPages } from "../lib/pages.mjs";
import { party, settled, staff, tour } from "../lib/tour.mjs";

let browser;
let lists;
before(async () => {
  browser = await launch();
  const { person, scene } = await settled(browser);
  const listed = async (login, list) => {
    const { state, found: pages } = await staff(browser, login, list);
    return { state, pages };
  };
  lists = {
    "an approver": await listed("approver1", (page) => approverPages(page, scene)),
    "a clerk": await listed("clerk1", async (page) => clerkPages(page, scene, await party(person)(page))),
    "a supervisor": await listed("supervisor1", supervisorPages),
    "an administrator": await listed("admin", (page) => adminPages(page, scene)),
  };
});
after(() => browser.close());

for (const who of ["an approver", "a clerk", "a supervisor", "an administrator"]) {
  for (const care of [false, true]) {
    test(`pages of ${who}: ${care ? "care" : "normal"}`, () => tour(browser, { ...lists[who], lang: "zh", care }));
  }
}
