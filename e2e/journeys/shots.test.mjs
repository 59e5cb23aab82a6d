// Pictures of the main pages for the documents: with SHOTS=folder they are saved, without they are only taken.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DESKTOP, PHONE, launch, visiting, visitor } from "../lib/browser.mjs";
import { business, delivery, findFood, manager, shop, start, upload } from "../lib/food.mjs";
import { plan } from "../lib/papers.mjs";
import { register, signIn, stranger } from "../lib/people.mjs";
import { scene as prepare } from "../lib/scene.mjs";
import { shot } from "../lib/shots.mjs";

let browser;
let folder;
let scene;
let draft;
const states = {};

before(async () => {
  browser = await launch();
  folder = process.env.SHOTS ?? await mkdtemp(join(tmpdir(), "tongban-shots-"));
  const picture = await plan(browser);
  const person = stranger("林小满");
  const citizen = await visitor(browser);
  await register(citizen.page, person);
  scene = await prepare(person, picture);
  await findFood(citizen.page);
  await start(citizen.page);
  await shop(citizen.page, "王记小吃");
  await business(citizen.page);
  await manager(citizen.page, person);
  await upload(citizen.page, { name: "布局图.png", mimeType: "image/png", buffer: picture });
  await delivery(citizen.page, "电子送达");
  draft = new URL(citizen.page.url()).pathname.replace(/\/check-answers$/, "");
  states.citizen = await citizen.context.storageState();
  await citizen.close();
  for (const login of ["approver1", "clerk1", "supervisor1", "admin"]) {
    await visiting(browser, {}, async (page, guest) => {
      await signIn(page, login, { staff: true });
      states[login] = await guest.context.storageState();
      if (login !== "clerk1") return;
      await page.goto("/staff/intake");
      await page.locator("#number").fill(person.id);
      await page.keyboard.press("Enter");
      await page.waitForURL(/party=/);
      scene.party = new URL(page.url()).searchParams.get("party");
    });
  }
});
after(async () => {
  await browser.close();
  if (!process.env.SHOTS) await rm(folder, { recursive: true });
});

const at = (path) => (page) => page.goto(path);
const dark = { theme: "dark" };

// name, who, device, how they like it, the way there
const list = () => [
  ["home-desktop", null, DESKTOP, {}, at("/")],
  ["home-phone", null, PHONE, {}, at("/")],
  ["home-phone-care", null, PHONE, { care: "1" }, at("/")],
  ["home-desktop-dark-english", null, DESKTOP, { lang: "en", ...dark }, at("/")],
  ["search-desktop", null, DESKTOP, {}, at("/search?q=%E5%BC%80%E9%A5%AD%E5%BA%97")],
  ["guide-desktop", null, DESKTOP, {}, at(`/items/${scene.item}`)],
  ["guide-phone", null, PHONE, {}, at(`/items/${scene.item}`)],
  ["guide-phone-english", null, PHONE, { lang: "en" }, at(`/items/${scene.item}`)],
  ["question-phone", "citizen", PHONE, {}, at(`${draft}/shop`)],
  ["materials-desktop", "citizen", DESKTOP, {}, at(`${draft}/upload-materials`)],
  ["check-desktop", "citizen", DESKTOP, {}, at(`${draft}/check-answers`)],
  // After the pictures of the same draft: what is wrong is kept as it was typed.
  ["question-error-phone", "citizen", PHONE, {}, async (page) => {
    await page.goto(`${draft}/shop`);
    await page.getByLabel("经营面积（平方米）").fill("很大");
    await page.getByRole("button", { name: "继续" }).click();
    await page.locator(".error-summary").waitFor();
  }],
  ["confirmation-desktop", "citizen", DESKTOP, {}, at(`/cases/${scene.received}/submitted`)],
  ["confirmation-phone", "citizen", PHONE, {}, at(`/cases/${scene.received}/submitted`)],
  ["timeline-desktop", "citizen", DESKTOP, {}, at(`/cases/${scene.accepted}`)],
  ["timeline-phone", "citizen", PHONE, {}, at(`/cases/${scene.correcting}`)],
  ["timeline-phone-dark", "citizen", PHONE, dark, at(`/cases/${scene.done}`)],
  ["certificate-desktop", "citizen", { width: 1000, height: 1240 }, {}, at(`/licenses/${scene.license}`)],
  ["letter-desktop", "citizen", { width: 1000, height: 1240 }, {}, at(`/cases/${scene.correcting}/letters/correction`)],
  ["queue-desktop", "approver1", DESKTOP, {}, at("/staff")],
  ["queue-desktop-dark", "approver1", DESKTOP, dark, at("/staff")],
  ["workspace-desktop", "approver1", DESKTOP, {}, async (page) => {
    await page.goto(`/staff/cases/${scene.received}`);
    await page.getByRole("link", { name: "布局图.png" }).click();
    await page.locator("img.preview").waitFor();
    await page.evaluate(() => scrollTo(0, 0));
  }],
  ["workspace-phone", "approver1", PHONE, {}, at(`/staff/cases/${scene.accepted}`)],
  ["intake-desktop", "clerk1", DESKTOP, {}, at(`/staff/intake/new?party=${scene.party}`)],
  ["board-desktop", "supervisor1", DESKTOP, {}, at("/staff/board")],
  ["trail-desktop", "supervisor1", DESKTOP, {}, at(`/staff/cases/${scene.done}/trail`)],
  ["catalogue-desktop", "admin", DESKTOP, {}, at("/admin/catalog")],
];

test("pictures of the main pages", async () => {
  for (const [name, who, viewport, prefs, way] of list()) {
    await visiting(browser, { viewport, prefs, storageState: who ? states[who] : undefined }, async (page) => {
      await way(page);
      await shot(page, folder, name);
    });
  }
});
