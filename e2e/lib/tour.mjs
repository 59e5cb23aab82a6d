// Walks through every type of page as somebody, and says what is wrong with each.

import assert from "node:assert/strict";
import { SITE, visiting, visitor } from "./browser.mjs";
import { WEIGHT_MAX, faults, weight } from "./checks.mjs";
import { business, delivery, findFood, manager, shop, start, upload } from "./food.mjs";
import { plan } from "./papers.mjs";
import { register, stranger } from "./people.mjs";
import { scene as prepare } from "./scene.mjs";

// A citizen with a case in every state and a form almost filled in: their browser's state, the cases, the draft.
export async function settled(browser, person = stranger("林小满")) {
  const picture = await plan(browser);
  const { context, page, close } = await registered(browser, person);
  const scene = await prepare(person, picture);
  await findFood(page);
  await start(page);
  await shop(page, "王记小吃");
  await business(page);
  await manager(page, person);
  await upload(page, { name: "布局图.png", mimeType: "image/png", buffer: picture });
  await delivery(page, "电子送达");
  const draft = new URL(page.url()).pathname.replace(/\/check-answers$/, "");
  const state = await context.storageState();
  await close();
  return { person, scene, draft, state };
}

async function registered(browser, person) {
  const guest = await visitor(browser);
  await register(guest.page, person);
  return { context: guest.context, page: guest.page, close: () => guest.close() };
}

// The clerk's own key of an applicant.
export const party = (person) => async (page) => {
  await page.goto("/staff/intake");
  await page.locator("#number").fill(person.id);
  await page.keyboard.press("Enter");
  await page.waitForURL(/party=/);
  return new URL(page.url()).searchParams.get("party");
};

// Goes to a type of page, and waits until all of it is there: what a way waits for may stand above a footer on its way.
export async function go(page, [name, way, status = 200]) {
  if (typeof way === "function") {
    await way(page);
    return page.waitForLoadState();
  }
  assert.ok(way, `${name} has an address`);
  const answer = await page.goto(way);
  assert.equal(answer.status(), status, "the status it answers with");
}

// Fails with everything wrong with `pages`, seen with these preferences; gives the heaviest of them.
export async function tour(browser, { state, pages, lang, care, twice }) {
  const found = [];
  const heaviest = { name: "", bytes: 0 };
  const prefs = { lang, theme: "light", ...(care && { care: "1" }) };
  // What a service worker hands out has lost its weight on the way; without one everything is as it travels.
  await visiting(browser, { storageState: state, prefs, serviceWorkers: "block" }, async (page) => {
    for (const entry of pages) {
      const wrong = await look(page, entry, { lang, care, twice, heaviest }).catch((error) => [error.message]);
      if (wrong.length) found.push(`${entry[0]} (${page.url().replace(SITE, "")}):\n    ${wrong.join("\n    ")}`);
    }
  });
  assert.equal(found.length, 0, `${found.length} of ${pages.length} pages\n${found.join("\n")}`);
  return `the heaviest of ${pages.length} pages is “${heaviest.name}” with ${heaviest.bytes} bytes`;
}

async function look(page, entry, { lang, care, twice, heaviest }) {
  await go(page, entry);
  const bytes = await weight(page);
  if (bytes > heaviest.bytes) Object.assign(heaviest, { name: entry[0], bytes });
  const wrong = await faults(page, { care, twice });
  if (bytes > WEIGHT_MAX) wrong.push(`weighs ${bytes} bytes`);
  const said = await page.evaluate(() => document.documentElement.lang);
  if (said !== (lang === "en" ? "en" : "zh-CN")) wrong.push(`is in ${said}`);
  return wrong;
}
