// The keyboard alone: from the front page to the case number with Tab, arrows, Space, Enter and typing, and the
// focus seen at every stop.

import assert from "node:assert/strict";
import { writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DESKTOP, PHONE, launch, visiting } from "../lib/browser.mjs";
import { FOOD, TASKS, filed, inTwoWeeks } from "../lib/food.mjs";
import { pdf } from "../lib/papers.mjs";
import { PASSWORD, register, stranger } from "../lib/people.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// Stops of the tab key on one page at most: more would be a trap.
const STOPS = 120;

// What has the focus: its words, and how it looks. Labels, names of links and buttons.
const focused = (page) => page.evaluate(() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const words = node.getAttribute("aria-label") || (node.labels?.length ? [...node.labels].map((label) => label.innerText).join(" ") : node.innerText) || "";
  return { words: words.trim(), tag: node.localName, type: node.type ?? "", id: node.id, href: node.getAttribute("href") ?? "" };
});

// The focus must be seen: outline, shadow, border, ground or colour, on the control or on the label that draws it,
// is not what it is without focus. A control under something else, or outside of the window, is not seen either.
const seen = (page) => page.evaluate(() => {
  const node = document.activeElement;
  const looks = (one) => {
    const style = getComputedStyle(one);
    return [style.outlineStyle === "none" ? "" : style.outline, style.boxShadow, style.borderColor, style.backgroundColor, style.textDecorationLine].join("|");
  };
  const all = () => [node, ...(node.labels ?? []), node.parentElement, node.nextElementSibling].filter(Boolean).flatMap((one) =>
    [looks(one), ...["::before", "::after"].map((pseudo) => { const style = getComputedStyle(one, pseudo); return [style.outlineStyle === "none" ? "" : style.outline, style.boxShadow, style.borderColor].join("|"); })]);
  const withFocus = all();
  node.blur();
  const without = all();
  node.focus({ preventScroll: true });
  const box = node.getBoundingClientRect();
  return {
    differs: withFocus.some((look, i) => look !== without[i]),
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
});

async function tab(page) {
  await page.keyboard.press("Tab");
  const at = await focused(page);
  if (at) {
    const look = await seen(page);
    assert.ok(look.differs, `the focus is visible on ${JSON.stringify(at)} of ${page.url()}`);
    assert.ok(look.inside, `what has the focus is in view: ${JSON.stringify(at)} of ${page.url()}`);
  }
  return at;
}

// Presses Tab until the focus is where `wanted` says.
async function to(page, wanted, what) {
  for (let stop = 0; stop < STOPS; stop++) {
    const at = await tab(page);
    if (at && wanted(at)) return at;
  }
  assert.fail(`no way with the tab key to ${what} on ${page.url()}`);
}

const link = (page, words) => to(page, (at) => at.tag === "a" && (words.test ? words.test(at.words) : at.words === words), `the link ${words}`);
const button = (page, words) => to(page, (at) => at.tag === "button" && at.words.startsWith(words), `the button ${words}`);
const field = (page, words) => to(page, (at) => at.words.startsWith(words) && ["input", "textarea", "select"].includes(at.tag), `the field ${words}`);

async function press(page, key) {
  await Promise.all([page.waitForNavigation(), page.keyboard.press(key)]);
}

async function write(page, words, text) {
  await field(page, words);
  await page.keyboard.press("Control+a");
  await page.keyboard.type(text);
}

async function at(page, heading) {
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
}

let submitted;

for (const [device, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
  test(`from the front page to the case number by keyboard alone (${device})`, async () => {
    const person = stranger("周安");
    const folder = await mkdtemp(join(tmpdir(), "tongban-"));
    const paper = join(folder, "layout.pdf");
    await writeFile(paper, pdf("layout"));
    try {
      await visiting(browser, { viewport }, (page) => register(page, person));
      await visiting(browser, { viewport }, async (page) => {
        await page.goto("/");
        // The first stop leads past the head of the page.
        const first = await tab(page);
        assert.equal(first.words, "跳到正文");
        await page.keyboard.press("Enter");
        assert.equal(await page.evaluate(() => document.activeElement.id), "main");

        await field(page, "搜索事项");
        await page.keyboard.type("开饭店");
        await press(page, "Enter");
        await link(page, new RegExp(FOOD));
        await press(page, "Enter");
        await at(page, FOOD);
        await link(page, "在线办理");
        await press(page, "Enter");
        await link(page, "登录后开始");
        await press(page, "Enter");
        await write(page, "手机号码或登录名", person.phone);
        await write(page, "密码", PASSWORD);
        await press(page, "Enter");
        await page.waitForURL(/\/apply\//);
        await button(page, "开始填写");
        await press(page, "Enter");
        await at(page, TASKS);
        await link(page, "申请人");
        await press(page, "Enter");
        await at(page, "请核对申请人");
        await button(page, "继续");
        await press(page, "Enter");

        await at(page, "您的店在哪里？");
        await write(page, "招牌名称", "安记小吃");
        await to(page, (at) => at.id === "shop_address-level-3", "the list of towns");
        await page.keyboard.press("ArrowDown");
        await write(page, "路名、门牌号", "滨江大道20号");
        await write(page, "经营面积", "32");
        await press(page, "Enter");

        await at(page, "您要经营什么？");
        await field(page, "餐饮服务经营者");
        await page.keyboard.press("Space");
        await field(page, "热食类食品制售");
        await page.keyboard.press("Space");
        await to(page, (at) => at.type === "radio", "是或者否");
        await page.keyboard.press("ArrowDown");
        assert.equal((await focused(page)).words, "否");
        await button(page, "继续");
        await press(page, "Enter");

        await at(page, "谁负责食品安全？");
        await write(page, "食品安全管理人员姓名", person.name);
        await write(page, "食品安全管理人员身份证号码", person.id);
        await press(page, "Enter");
        await at(page, "谁在店里工作？");
        await write(page, "姓名", person.name);
        await field(page, "厨师");
        await page.keyboard.press("Space");
        await button(page, "继续");
        await press(page, "Enter");
        await at(page, "有哪些主要设备设施？");
        await write(page, "设备名称", "消毒柜");
        await write(page, "数量", "1");
        await press(page, "Enter");
        await at(page, "什么时候可以来看现场？");
        await write(page, "年", inTwoWeeks());
        await press(page, "Enter");
        await at(page, "请签名确认");
        await write(page, "申请人姓名", person.name);
        await field(page, "本人确认");
        await page.keyboard.press("Space");
        await button(page, "继续");
        await press(page, "Enter");

        // The chooser of files belongs to the system; the key opens it, and the file comes back.
        await at(page, "请交材料");
        await to(page, (at) => at.id === "file-layout", "the chooser of files");
        const choosing = page.waitForEvent("filechooser");
        // The browser is told to hand the chooser over before the key is pressed.
        await page.evaluate(() => new Promise(requestAnimationFrame));
        await page.keyboard.press("Enter");
        const chooser = await choosing;
        await Promise.all([page.waitForNavigation(), chooser.setFiles(paper)]);
        await page.getByRole("link", { name: "layout.pdf" }).waitFor();
        await button(page, "继续");
        await press(page, "Enter");

        await at(page, "您想怎样拿到结果？");
        await to(page, (at) => at.type === "radio", "ways of delivery");
        await page.keyboard.press("Space");
        await button(page, "继续");
        await press(page, "Enter");
        await at(page, "提交前请核对");
        await field(page, "以上内容真实");
        await page.keyboard.press("Space");
        await button(page, "确认提交");
        await press(page, "Enter");
        await at(page, "已提交");
        submitted = await filed(page);
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

test("an approver accepts what came in, by keyboard alone", async () => {
  await visiting(browser, {}, async (page) => {
    await page.goto("/staff/sign-in");
    await write(page, "登录名", "approver1");
    await write(page, "密码", PASSWORD);
    await press(page, "Enter");
    await page.waitForURL(/\/staff$/);
    await page.keyboard.press("/");
    await page.keyboard.type(submitted.no);
    await press(page, "Enter");
    await page.keyboard.press("j");
    await press(page, "Enter");
    await to(page, (at) => at.tag === "summary" && at.words === "受理", "the act 受理");
    const open = () => page.evaluate(() => document.activeElement.closest("details").open);
    if (!(await open())) await page.keyboard.press("Enter");
    assert.ok(await open());
    await button(page, "受理");
    await press(page, "Enter");
    await page.getByText("审查中").first().waitFor();
  });
});
