// The application this city's tests know best: 食品经营许可, page by page, by pressing what a person would press.

import assert from "node:assert/strict";

export const FOOD = "食品经营许可新办";
// The task list of a long application.
export const TASKS = "申请要填的内容";

const on = (page) => page.getByRole("button", { name: "继续" }).click();
const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();

// From the words in a citizen's head to the page where the journey begins.
export async function findFood(page) {
  await page.goto("/");
  await page.getByLabel("搜索事项").fill("开饭店");
  await page.getByLabel("搜索事项").press("Enter");
  await page.getByRole("link", { name: new RegExp(FOOD) }).first().click();
  await heading(page, FOOD);
  await page.getByText("8个工作日").first().waitFor();
  await page.getByRole("link", { name: "在线办理" }).click();
  await page.waitForURL(/\/apply\//);
}

// For oneself, or in the name of whom one acts for.
export async function start(page, principal) {
  const own = principal ? page.getByRole("radio", { name: principal }) : page.getByRole("radio").first();
  if (principal || (await own.count())) await own.check();
  await page.getByRole("button", { name: "开始填写" }).click();
  await heading(page, TASKS);
  await page.getByRole("link", { name: "申请人" }).click();
  await heading(page, "请核对申请人");
  await on(page);
  await heading(page, "您的店在哪里？");
}

export async function shop(page, name) {
  await page.getByLabel("招牌名称").fill(name);
  await address(page, "滨江大道12号");
  await page.getByLabel("经营面积（平方米）").fill("46");
  await on(page);
  await heading(page, "您要经营什么？");
}

export async function business(page) {
  await page.getByLabel("餐饮服务经营者").check();
  await page.getByLabel("热食类食品制售").check();
  await page.getByLabel("冷食类食品制售").check();
  await page.getByLabel("否", { exact: true }).check();
  await on(page);
  await heading(page, "谁负责食品安全？");
}

export async function manager(page, person) {
  await page.getByLabel("食品安全管理人员姓名").fill(person.name);
  await page.getByLabel("食品安全管理人员身份证号码").fill(person.id);
  await on(page);
  await heading(page, "谁在店里工作？");
  await worker(page, person.name);
  await on(page);
  await heading(page, "有哪些主要设备设施？");
  await page.getByLabel("设备名称 第1项").fill("消毒柜");
  await page.getByLabel("数量 第1项").fill("1");
  await on(page);
  await heading(page, "什么时候可以来看现场？");
  await visit(page);
  await on(page);
  await heading(page, "请签名确认");
  await sign(page, person.name);
  await on(page);
  await heading(page, "请交材料");
}

// The region of the item is proposed; the town is chosen below it.
export async function address(page, street) {
  const group = page.getByRole("group", { name: "经营地址" });
  await group.getByLabel("街道（镇、乡）").selectOption({ label: "滨江街道" });
  await group.getByLabel("路名、门牌号、楼层房间").fill(street);
}

export async function worker(page, name) {
  const group = page.getByRole("group", { name: "从业人员" });
  await group.getByLabel("姓名").first().fill(name);
  await group.getByLabel("厨师").first().check();
}

// A whole date typed into the year is understood, with script and without.
export const visit = (page) => page.getByRole("group", { name: "希望核查的日期" }).getByLabel("年", { exact: true }).fill(inTwoWeeks());

export async function sign(page, name) {
  await page.getByLabel("申请人姓名").fill(name);
  await page.getByLabel("本人确认以上内容属实").check();
}

export const inTwoWeeks = () => new Date((process.env.TONGBAN_AT ? Date.parse(process.env.TONGBAN_AT) : Date.now()) + 14 * 86_400_000).toISOString().slice(0, 10);

// `js`: with scripts a chosen file is sent at once; without, a button sends it.
export async function upload(page, file, { js = true } = {}) {
  await page.locator("[id='file-layout']").setInputFiles(file);
  if (!js) await page.getByRole("button", { name: /^上传\s*主要设备设施布局图和操作流程图$/ }).click();
  await page.getByRole("link", { name: file.name }).waitFor();
  await on(page);
  await heading(page, "您想怎样拿到结果？");
}

export async function delivery(page, way) {
  await page.getByLabel(way).check();
  await on(page);
  await heading(page, "提交前请核对");
}

// Presses the button; gives the case's address and number.
export async function submit(page) {
  await page.getByLabel(/以上内容真实/).check();
  await page.getByRole("button", { name: "确认提交" }).click();
  await heading(page, "已提交");
  return filed(page);
}

export async function filed(page) {
  const id = new URL(page.url()).pathname.match(/^\/cases\/([^/]+)\/submitted$/)?.[1];
  assert.ok(id, `the confirmation page of a case: ${page.url()}`);
  const no = (await page.locator(".receipt-no").first().innerText()).replace(/\s/g, "");
  assert.match(no, /^[0-9A-Z]{22}$/, "a case number");
  return { id, no };
}

// All of it, for those who only need a filed case.
export async function fileFood(page, person, file, { name = "王记小吃", way = "电子送达", js = true, principal } = {}) {
  await findFood(page);
  await start(page, principal);
  await shop(page, name);
  await business(page);
  await manager(page, person);
  await upload(page, file, { js });
  await delivery(page, way);
  return submit(page);
}
