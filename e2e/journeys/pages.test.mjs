// Every type of page, looked at by axe-core in Chinese and English, light and dark, normal and care mode, on a desktop
// and on a phone: zero violations, nothing logged, nothing asked of others.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESKTOP, PHONE, SITE, launch, visiting, visitor } from "../lib/browser.mjs";
import { faults } from "../lib/checks.mjs";
import { business, delivery, findFood, manager, shop, start, upload } from "../lib/food.mjs";
import { adminPages, approverPages, citizenPages, clerkPages, publicPages, supervisorPages } from "../lib/pages.mjs";
import { plan } from "../lib/papers.mjs";
import { register, signIn, stranger } from "../lib/people.mjs";
import { scene as prepare } from "../lib/scene.mjs";

const WAYS = {
  "Chinese, light, desktop": { viewport: DESKTOP, prefs: { lang: "zh", theme: "light" } },
  "English, dark, phone": { viewport: PHONE, prefs: { lang: "en", theme: "dark" } },
  "Chinese, care, phone": { viewport: PHONE, prefs: { lang: "zh", care: "1", theme: "light" } },
  "Chinese, dark, desktop": { viewport: DESKTOP, prefs: { lang: "zh", theme: "dark" } },
};

let browser;
let lists;

before(async () => {
  browser = await launch();
  const picture = await plan(browser);
  const person = stranger("林小满");
  let draft;
  const citizen = await visitor(browser);
  await register(citizen.page, person);
  const scene = await prepare(person, picture);
  await findFood(citizen.page);
  await start(citizen.page);
  await shop(citizen.page, "王记小吃");
  await business(citizen.page);
  await manager(citizen.page, person);
  await upload(citizen.page, { name: "布局图.png", mimeType: "image/png", buffer: picture });
  await delivery(citizen.page, "电子送达");
  draft = new URL(citizen.page.url()).pathname.replace(/\/check-answers$/, "");

  const signedIn = async (login) => {
    const guest = await visitor(browser);
    await signIn(guest.page, login, { staff: true });
    return guest;
  };
  const listed = async (guest, list) => {
    const result = { state: await guest.context.storageState(), pages: await list(guest.page) };
    await guest.close();
    return result;
  };
  const clerk = await signedIn("clerk1");
  await clerk.page.goto("/staff/intake");
  await clerk.page.locator("#number").fill(person.id);
  await clerk.page.keyboard.press("Enter");
  await clerk.page.waitForURL(/party=/);
  const party = new URL(clerk.page.url()).searchParams.get("party");
  lists = {
    "the public": await listed(await visitor(browser), (page) => publicPages(page, scene)),
    "a citizen": await listed(citizen, (page) => citizenPages(page, scene, draft)),
    "an approver": await listed(await signedIn("approver1"), (page) => approverPages(page, scene)),
    "a clerk": await listed(clerk, (page) => clerkPages(page, scene, party)),
    "a supervisor": await listed(await signedIn("supervisor1"), supervisorPages),
    "an administrator": await listed(await signedIn("admin"), (page) => adminPages(page, scene)),
  };
});
after(() => browser.close());

async function look(page, [name, way, status = 200], prefs) {
  if (typeof way === "function") await way(page);
  else {
    assert.ok(way, `${name} has an address`);
    const answer = await page.goto(way);
    if (answer.status() !== status) return [`answers ${answer.status()}`];
  }
  const lang = await page.evaluate(() => document.documentElement.lang);
  const wrong = await faults(page, { care: prefs.care === "1" });
  if (lang !== (prefs.lang === "en" ? "en" : "zh-CN")) wrong.push(`is in ${lang}`);
  return wrong;
}

for (const [words, { viewport, prefs }] of Object.entries(WAYS)) {
  for (const who of ["the public", "a citizen", "an approver", "a clerk", "a supervisor", "an administrator"]) {
    test(`pages of ${who}: ${words}`, async () => {
      const { state, pages } = lists[who];
      const found = [];
      await visiting(browser, { viewport, storageState: state, prefs }, async (page) => {
        for (const entry of pages) {
          const wrong = await look(page, entry, prefs).catch((error) => [error.message]);
          if (wrong.length) found.push(`${entry[0]} (${page.url().replace(SITE, "")}):\n    ${wrong.join("\n    ")}`);
        }
      });
      assert.equal(found.length, 0, `${found.length} of ${pages.length} pages\n${found.join("\n")}`);
    });
  }
}
