// A practised clerk: a simple item in under a minute and 25 key presses beside the data; readers of cards and codes;
// a document turned and enlarged without a mouse.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, visiting } from "../lib/browser.mjs";
import { plan } from "../lib/papers.mjs";
import { signIn, stranger } from "../lib/people.mjs";

const ITEM = "临时救助";
const SECONDS_MAX = 60;
const KEYS_MAX = 25;

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// A bank card number with the right check digit.
function card(body) {
  const sum = [...body].reverse().reduce((sum, digit, at) => {
    const doubled = at % 2 === 0 ? Number(digit) * 2 : Number(digit);
    return sum + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return body + ((10 - (sum % 10)) % 10);
}

const line = (person) => `${person.name},女,汉族,1988-08-08,云川市云川区和平街道观澜路8号,${person.id}`;

// Registers somebody from the line their card gives, and stands before the items.
async function registered(page, person) {
  await page.goto("/staff/intake");
  await page.locator("#number").fill(line(person));
  await page.keyboard.press("Enter");
  await page.locator("#name").waitFor();
  assert.equal(await page.locator("#name").inputValue(), person.name, "the card is taken apart");
  await page.getByLabel("联系电话").fill(person.phone);
  await page.keyboard.press("Control+Enter");
  await page.getByRole("heading", { level: 1, name: "选择事项" }).waitFor();
}

test("a simple item is taken in, accepted and printed in a minute and 25 keys", async () => {
  await visiting(browser, {}, async (page) => {
    await signIn(page, "clerk1", { staff: true });
    const person = stranger("陈小薇");
    await registered(page, person);

    let keys = 0;
    const press = async (key) => { keys += key.split("+").length; await page.keyboard.press(key); };
    // Data are what the applicant says; Enter, Space and arrows are the clerk's own.
    const data = (text) => page.keyboard.type(text);
    const begun = Date.now();
    await data("lsjz");
    await press("Enter");
    await page.waitForURL(/q=lsjz/);
    await press("Enter");
    await page.getByRole("heading", { level: 1, name: ITEM }).waitFor();
    await page.waitForFunction(() => document.activeElement?.closest("[data-taking]"));
    await press("ArrowDown");
    for (const text of ["2026", "10", "8"]) { await press("Enter"); await data(text); }
    await press("Enter");
    await data("住院治疗，自费部分较多。");
    await press("Tab");
    await data("12000");
    await press("Enter");
    await press("ArrowDown");
    await press("Enter");
    await data(card("622202020011223"));
    // The address stands in the record: nothing to type. The one required paper was handed over.
    await page.locator("[data-required-paper] input[type=checkbox]").first().check();
    keys += 2;
    await press("Control+Enter");
    await page.getByRole("heading", { level: 1, name: "收件完成" }).waitFor();
    await page.getByText("承诺办结时限开始计时").waitFor();
    await press("y");
    await page.getByRole("heading", { level: 1, name: /受理通知书/ }).waitFor();
    const seconds = (Date.now() - begun) / 1000;
    assert.ok(keys <= KEYS_MAX, `${keys} keys`);
    assert.ok(seconds < SECONDS_MAX, `${seconds} s`);
    assert.equal(await page.locator("article.a4").count(), 2, "the notice and the receipt");
    await press("n");
    await page.waitForURL(/\/staff\/intake$/);
  });
});

// A reader does not wait between its keys; neither does it when the machine has other work to do.
// A reader ends with Enter, as fast as it typed.
const scan = (page, code) => Promise.all([...code, "Enter"].map((sign) => page.keyboard.press(sign)));

test("whatever is scanned goes where it belongs", async () => {
  await visiting(browser, {}, async (page) => {
    await signIn(page, "clerk2", { staff: true });
    const person = stranger("孙晓");
    await registered(page, person);
    // A reader types fast, wherever the focus is: the next applicant's card on the page of items.
    await page.locator("#q").focus();
    const [answer] = await Promise.all([page.waitForResponse(/intake\/find/), scan(page, person.id)]);
    assert.equal(answer.status(), 303, "the number found its applicant");
    await page.getByRole("heading", { level: 1, name: "选择事项" }).waitFor();
    // The code of a certificate opens its verification.
    await page.locator("body").click({ position: { x: 1, y: 1 } });
    await scan(page, "7K4M2RQX98TT");
    await page.waitForURL(/\/verify\/7K4M2RQX98TT/);
  });
});

test("a document is enlarged, turned and left by keys, and stands beside the form", async () => {
  const picture = await plan(browser);
  await visiting(browser, {}, async (page) => {
    await signIn(page, "clerk1", { staff: true });
    await registered(page, stranger("林晓"));
    await page.locator("#q").fill(ITEM);
    await page.keyboard.press("Enter");
    await page.waitForURL(/q=/);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: ITEM }).waitFor();
    await page.getByLabel("重大疾病").check();
    for (const [part, text] of [["year", "2026"], ["month", "10"], ["day", "8"]]) await page.locator(`[name='f-event_date-${part}']`).fill(text);
    await page.locator("[name='f-detail']").fill("住院治疗。");
    await page.locator("[name='f-cost']").fill("100");
    await page.locator("[name='f-urgent']").last().check();
    await page.locator("[name='f-bank_card']").fill(card("622202020011224"));
    await page.locator("[name='file:application']").setInputFiles(["一.png", "二.png"].map((name, at) => ({ name, mimeType: "image/png", buffer: at ? Buffer.concat([picture, Buffer.from([0])]) : picture })));
    await page.getByRole("button", { name: "收件", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "收件完成" }).waitFor();
    const id = new URL(page.url()).pathname.split("/").pop();

    await page.goto(`/staff/cases/${id}`);
    await page.getByRole("link", { name: "一.png" }).click();
    await page.locator("img.preview").waitFor();
    const width = () => page.locator(".viewer-sheet").evaluate((box) => box.getBoundingClientRect().width);
    await page.waitForFunction(() => document.querySelector(".viewer-live"));
    const fitting = await width();
    await page.keyboard.press("+");
    assert.ok((await width()) > fitting, "larger");
    await page.keyboard.press("0");
    await page.keyboard.press("r");
    assert.match(await page.locator("img.preview").evaluate((image) => image.style.transform), /rotate\(90deg\)/);
    await page.getByRole("link", { name: "与申请表对照" }).click();
    await page.locator(".beside").getByText("住院治疗。").waitFor();
    await page.locator("[data-viewer]").press("ArrowRight");
    await page.locator(".viewer-name", { hasText: "二.png" }).waitFor();
    assert.match(page.url(), /beside=form/, "the form stays beside the next one");
  });
});
