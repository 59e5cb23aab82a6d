// How every component and every type of page looks, against the pictures that are kept (UPDATE_PICTURES=1 renews
// them), and what a screen reader is given of the most important ones. In a city whose time stands still.

import { STILL } from "../lib/still.mjs";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DESKTOP, PHONE, launch, visiting } from "../lib/browser.mjs";
import { specimens } from "../lib/design.mjs";
import { unseen } from "../lib/doors.mjs";
import { PUBLIC, STAFF, everyone } from "../lib/everyone.mjs";
import { neighbour } from "../lib/people.mjs";
import { SCALE, gallery } from "../lib/pictures.mjs";
import { shots } from "../lib/shots.mjs";
import { go } from "../lib/tour.mjs";
import { tree } from "../lib/trees.mjs";

// Pages whose tree is kept.
const READ = new Set([
  "home", "search", "search, nothing found", "guide", "sign-in", "register, errors", "halls", "progress", "verify, found",
  "my cases", "task list", "question", "question, errors", "materials", "check", "confirmation", "case, correcting", "case, done", "licences",
  "queue", "workspace, received", "trail", "intake", "intake, form", "board", "board, cases", "catalogue",
]);

// What happened in the same instant stands in an order that is drawn by lot, and so does the code of a certificate,
// which takes a line more or less.
const UNSETTLED = new Set(["messages", "messages, unread", "certificate", "my cases", "workspace, to hand over"]);

// Long lists lose the rows that were written in this one instant; all others stand where they stood.
const LISTS = new Set(["queue", "board, cases", "board, records", "all cases", "all cases, supervisor", "alerts", "alerts, one level", "alerts, supervisor"]);
const NEIGHBOUR = "林小满";
const settle = (page) => page.evaluate((name) => { for (const row of document.querySelectorAll("main tbody tr")) if (row.innerText.includes(name)) row.remove(); }, NEIGHBOUR);

let browser;
let lists;
before(async () => {
  browser = await launch();
  lists = await everyone(browser, [...STAFF, ...PUBLIC], neighbour(NEIGHBOUR));
});
after(() => browser.close());

const small = { deviceScaleFactor: SCALE, prefs: { theme: "light" }, serviceWorkers: "block" };
const stopped = (guest) => guest.context.clock.setFixedTime(new Date(STILL));
const named = (name) => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

test("every door that leads to a page is among the types of pages", async () => {
  assert.deepEqual(await unseen(Object.values(lists).flatMap(({ pages }) => pages)), []);
});

test("every component looks as it did", async () => {
  const pictures = await gallery(browser, "design");
  await visiting(browser, { ...small, viewport: { width: 800, height: 300 } }, async (page, guest) => {
    await stopped(guest);
    for (const { component, states } of await specimens(page)) {
      for (const state of states) {
        await page.goto(`/design/${component}/${state}`);
        await pictures.take(page, `${component}-${state}`);
      }
    }
  });
  const wrong = await pictures.close();
  assert.equal(wrong.length, 0, `${wrong.length} pictures\n${wrong.join("\n")}`);
});

test("every type of page looks and reads as it did", async () => {
  const pictures = await gallery(browser, "pages");
  const wrong = [];
  for (const [who, { state, pages }] of Object.entries(lists)) {
    await visiting(browser, { ...small, storageState: state }, async (page, guest) => {
      await stopped(guest);
      for (const entry of pages.filter(([name]) => !UNSETTLED.has(name))) {
        await page.setViewportSize(DESKTOP);
        const missing = await go(page, entry).then(() => "", (error) => error.message);
        if (missing) {
          wrong.push(`${who}, ${entry[0]}: ${missing}`);
          continue;
        }
        if (LISTS.has(entry[0])) await settle(page);
        const name = named(`${who} ${entry[0]}`);
        if (READ.has(entry[0])) wrong.push(...[await tree(page, name)].filter(Boolean));
        await pictures.take(page, name);
        await page.setViewportSize(PHONE);
        await pictures.take(page, `${name}-phone`);
      }
    });
  }
  wrong.push(...await pictures.close());
  assert.equal(wrong.length, 0, `${wrong.length} pages\n${wrong.join("\n")}`);
});

test("pictures for the documents", { skip: !process.env.SHOTS && "only with SHOTS=folder" }, () => shots(browser, lists, process.env.SHOTS));
