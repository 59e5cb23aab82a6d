// Several matters as one: 网约车, 企业开办, a basket of five, a construction project from land to joint acceptance.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { program } from "../lib/api.mjs";
import { launch, visiting, visitor } from "../lib/browser.mjs";
import { driveRoute } from "../lib/desk.mjs";
import { plan } from "../lib/papers.mjs";
import { checkDigit, register, signIn, stranger } from "../lib/people.mjs";

let browser;
let paper;
let office;
before(async () => {
  browser = await launch();
  paper = { name: "材料.png", mimeType: "image/png", buffer: await plan(browser, false) };
  // The departments' own systems decide; the windows' part is done in the browser.
  office = await program("integrator1");
});
after(() => browser.close());

const on = (page) => page.getByRole("button", { name: "继续", exact: true }).click();

// Answers every question of one page of the form by its kind, as a person would.
async function answer(page, fields) {
  for (const field of fields) {
    if (!field.required) continue;
    const control = page.locator(`[id="${field.key}"]`);
    const text = {
      text: "云川示例", long_text: "云川示例内容", address: "云川市云川区滨江大道12号", phone: "19909900011", amount: "120000",
      number: "120", email: "a@example.com", citizen_id: citizen(), uscc: "11990100MB010001X5", bank_card: "6217009900000000014",
    }[field.kind];
    if (field.key === "project_code") await control.fill("2604-990100-04-01-123456");
    else if (text) await control.fill(text);
    else if (field.kind === "date") await page.locator(`input[id^="${field.key}-"]`).first().fill(await page.evaluate(() => new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10)));
    else if (field.kind === "choice" || field.kind === "choices") await page.locator(`input[name="${field.key}"]`).first().check();
    else if (field.kind === "confirm") await control.check();
    else assert.fail(`no sample for ${field.kind} ${field.key}`);
  }
}

function citizen() {
  const body = "99010219900307001";
  return body + checkDigit(body);
}

// From the first page of a draft to its submission; gives the address of the whole.
async function fill(page, form, way) {
  const draft = page.url().match(/\/apply\/drafts\/([^/]+)/)?.[1];
  assert.ok(draft, `a draft: ${page.url()}`);
  const step = (name) => page.goto(`/apply/drafts/${draft}/${name}`);
  await step("your-details");
  await on(page);
  for (const one of form.form.pages) {
    await step(one.key);
    await answer(page, one.fields);
    await on(page);
    assert.equal(await page.locator(".error-summary").count(), 0, `${one.key}: ${await page.locator("main").innerText()}`);
  }
  if (form.materials.length > 0) {
    await step("upload-materials");
    for (const material of form.materials) {
      const shared = material.source_channel === "government" && material.shared_via !== "";
      if (shared || material.deficient_ok || material.necessity !== "required") continue;
      await page.locator(`[id="file-${material.key}"]`).setInputFiles(paper, { force: true });
      await page.locator(`[id="m-${material.key}"]`).getByRole("link", { name: paper.name }).waitFor();
    }
    await on(page);
  }
  if (form.delivery.length > 1) {
    await step("how-to-receive");
    await page.getByLabel(way).check();
    await on(page);
  }
  await step("check-answers");
  await page.getByLabel(/以上内容真实/).check();
  await page.getByRole("button", { name: "确认提交" }).click();
  await page.locator(".error-summary, ol.timeline").first().waitFor();
  if (await page.locator(".error-summary").count()) assert.fail(await page.locator(".error-summary").innerText());
  return new URL(page.url()).pathname;
}

// Waits until what the departments did has reached the page of the whole.
async function until(page, address, words) {
  for (let tries = 0; tries < 60; tries += 1) {
    await page.goto(address);
    if ((await page.locator("main").innerText()).includes(words)) return;
    await page.waitForTimeout(250);
  }
  assert.fail(`${address} never said ${words}: ${await page.locator("main").innerText()}`);
}

const whole = (address) => office.get(address);
// What comes before the decision is done once; the decision may have to wait for another item's.
const decide = async (part) => {
  await driveRoute(office, part.case_id);
  return office.post(`/cases/${part.case_id}/decision`, { granted: true, opinion: "符合条件" });
};

test("网约车: one application, three items of two departments, one delivery", async () => {
  const person = stranger("周启明");
  const form = await office.get("/bundles/ride_hailing/form");
  await visiting(browser, {}, async (page) => {
    await register(page, person);
    await page.goto("/bundles/ride_hailing");
    await page.getByRole("link", { name: "立即办理" }).click();
    await page.getByRole("button", { name: "开始填写" }).click();
    await page.waitForURL(/\/apply\/drafts\//);
    const address = await fill(page, form, "窗口领取");
    const id = address.split("/").pop();
    assert.equal((await whole(`/joint/${id}`)).parts.length, 3);
    await page.getByRole("heading", { name: "时间线" }).waitFor();

    // The leading body accepts once for all.
    await visiting(browser, {}, async (desk) => {
      await signIn(desk, "integrator1", { staff: true });
      await desk.goto(`/staff/joint/${id}`);
      await desk.getByRole("button", { name: "统一受理" }).click();
      await desk.getByText("审查中").first().waitFor();
    });
    const parts = (await whole(`/joint/${id}`)).parts;
    assert.deepEqual(parts.map((part) => part.state), ["accepted", "accepted", "accepted"]);
    assert.equal(new Set(parts.map((part) => part.body)).size, 2, "two departments");

    // What depends on another result waits for it with its decision only.
    const waiting = parts.find((part) => part.after.length > 0);
    await assert.rejects(decide(waiting), /前序|要等/);
    for (const part of parts.filter((one) => one.after.length === 0)) await decide(part);
    let said;
    for (let tries = 0; tries < 60; tries += 1) {
      said = await decide(waiting).then(() => "", (error) => error.message);
      if (said === "") break;
      await page.waitForTimeout(250);
    }
    assert.equal(said, "", "decided when the result has come");
    await until(page, address, "全部准予");

    // One delivery for all three.
    await visiting(browser, {}, async (desk) => {
      await signIn(desk, "integrator1", { staff: true });
      await desk.goto(`/staff/joint/${id}`);
      await desk.getByLabel("领取人").fill(person.name);
      await desk.getByRole("button", { name: "统一送达" }).click();
      await desk.getByText("办结").first().waitFor();
    });
    await page.goto(address);
    assert.deepEqual((await whole(`/joint/${id}`)).parts.map((part) => part.state), ["done", "done", "done"]);
    const line = await page.locator("ol.timeline").last().innerText();
    for (const said of ["提交申请", "统一受理", "准予许可", "统一送达"]) assert.ok(line.includes(said), `the timeline tells ${said}: ${line}`);
  });
});

test("企业开办: four certificates from one application", async () => {
  const person = stranger("许若兰");
  const form = await office.get("/bundles/company_start/form");
  await visiting(browser, {}, async (page) => {
    await register(page, person);
    await page.goto("/bundles/company_start/apply");
    await page.getByRole("button", { name: "开始填写" }).click();
    await page.waitForURL(/\/apply\/drafts\//);
    const address = await fill(page, form, "电子送达");
    const id = address.split("/").pop();
    await office.post(`/joint/${id}/acts`, { act: { command: "accept" } });
    const parts = (await whole(`/joint/${id}`)).parts;
    assert.equal(parts.length, 4);
    await decide(parts.find((part) => part.after.length === 0));
    for (const part of parts.filter((one) => one.after.length > 0)) {
      let said = "held";
      for (let tries = 0; tries < 60 && said !== ""; tries += 1) {
        said = await decide(part).then(() => "", (error) => error.message);
        if (said !== "") await page.waitForTimeout(250);
      }
      assert.equal(said, "");
    }
    await until(page, address, "全部准予");
    await until(page, address, "办结");
    assert.deepEqual((await whole(`/joint/${id}`)).parts.map((part) => part.state), ["done", "done", "done", "done"]);
  });
});

test("a basket of five items, each with a life of its own", async () => {
  const person = stranger("高远");
  await visiting(browser, {}, async (page) => {
    await register(page, person);
    let address = "/cart";
    const wanted = ["居住证申领", "灵活就业人员就业登记", "灵活就业人员参加职工基本医疗保险登记", "基本医疗保险异地就医备案", "补领、换领机动车行驶证"];
    for (const name of wanted) {
      await page.goto(address);
      await page.getByLabel("找事项").fill(name);
      await page.getByRole("button", { name: "查找" }).click();
      await page.getByRole("link", { name: `放进来 ${name}` }).first().click();
      await page.getByRole("heading", { name: /已选\d项/ }).waitFor();
      address = new URL(page.url()).pathname + new URL(page.url()).search;
    }
    await page.getByRole("heading", { name: "已选5项" }).waitFor();
    const items = [...new URL(page.url()).searchParams.getAll("item")];
    await page.getByRole("button", { name: "一起申请" }).click();
    await page.waitForURL(/\/apply\/drafts\//);
    const form = await office.get(`/carts/form?${items.map((item) => `item=${item}`).join("&")}`);
    const at = await fill(page, form, "窗口领取");
    const id = at.split("/").pop();
    const parts = (await whole(`/joint/${id}`)).parts;
    assert.equal(parts.length, 5);
    // One is refused, the others go on: nothing waits for anything.
    await office.post(`/cases/${parts[0].case_id}/acceptance`);
    await office.post(`/cases/${parts[0].case_id}/decision`, { granted: false, opinion: "不符合条件", legal_basis: "《居住证暂行条例》第二条" });
    await office.post(`/cases/${parts[1].case_id}/acceptance`);
    await decide(parts[1]);
    await page.goto(at);
    const text = await page.locator("main").innerText();
    for (const name of wanted) assert.ok(text.includes(name), `the page shows ${name}`);
    await page.getByRole("heading", { name: "时间线" }).waitFor();
  });
});

test("a social-investment project from its first stage to joint acceptance, one part inspected again", async () => {
  const person = stranger("沈知行");
  await visiting(browser, {}, async (page) => {
    await register(page, person);
    await page.goto("/projects");
    await page.getByLabel("投资项目代码").fill("2604-990100-04-01-123456");
    await page.getByLabel("项目名称").fill("云川示例厂房");
    await page.getByLabel(/社会投资项目/).check();
    await page.getByLabel("建设地点").fill("云川区滨江大道12号");
    await page.getByLabel("总投资").fill("50000000");
    await page.getByRole("button", { name: "登记项目" }).click();
    await page.waitForURL(/\/projects\/.+/);
    const project = new URL(page.url()).pathname;
    const stages = (await office.get(project)).stages;
    assert.deepEqual(stages.map((stage) => stage.days), [14, 18, 12, 7]);

    // The area has been assessed: the environment is not assessed again.
    await office.post(`${project}/acts`, { act: { command: "use_assessment", key: "environment", document: "云川工业园区域环评〔2026〕1号" } });
    for (const stage of stages) {
      await until(page, project, "申报这个阶段");
      const form = await office.get(`${project}/stages/${stage.key}/form`);
      if (stage.key === "works") assert.ok(!form.items.some((item) => item.name.includes("环境影响")), "an assessment stands for it");
      await page.getByRole("button", { name: `申报这个阶段 ${stage.name}` }).click();
      await page.waitForURL(/\/apply\/drafts\//);
      const address = await fill(page, form, "电子送达");
      const id = address.split("/").pop();
      await office.post(`/joint/${id}/acts`, { act: { command: "accept" } });
      if (stage.key === "permit") {
        // One visit for all bodies.
        const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
        await office.post(`/joint/${id}/acts`, { act: { command: "arrange_visit", on: today, place: "施工现场" } });
        await office.post(`/joint/${id}/acts`, { act: { command: "record_visit", findings: "三通一平已完成" } });
      }
      const { parts, opinions } = await whole(`/joint/${id}`);
      // The permit is not granted before the drawings have passed.
      if (stage.key === "permit") await assert.rejects(decide(parts[0]), /施工图联合审查/);
      const last = stage.key === "completion";
      if (last) assert.equal(opinions.length, 8, "eight matters of joint acceptance");
      for (const opinion of opinions) {
        const passed = !(last && opinion.key === "fire");
        await office.post(`/joint/${id}/acts`, { act: { command: "give_opinion", part: opinion.key, passed, text: passed ? "" : "三层防火门缺闭门器，请补装" } });
      }
      for (const part of parts.toSorted((one, other) => one.after.length - other.after.length)) {
        let said = "held";
        for (let tries = 0; tries < 60 && said !== ""; tries += 1) {
          said = await decide(part).then(() => "", (error) => error.message);
          if (said !== "") await page.waitForTimeout(250);
        }
        assert.equal(said, "");
      }
      if (opinions.length > 0) {
        for (let tries = 0; tries < 60; tries += 1) {
          const done = await office.post(`/joint/${id}/acts`, { act: { command: "conclude", text: "" } }).then(() => true, () => false);
          if (done) break;
          await page.waitForTimeout(250);
        }
      }
      if (!last) continue;

      // The failed part is listed, and only that one is inspected again.
      await page.goto(address);
      await page.getByText("整改后复验").first().waitFor();
      await page.getByText("没有通过的分项：消防验收（备案）").waitFor();
      await page.getByLabel("整改情况").fill("闭门器已经补装");
      await page.getByRole("button", { name: "申请复验" }).click();
      await page.getByText("审查中").first().waitFor();
      const again = (await whole(`/joint/${id}`)).opinions.filter((opinion) => opinion.awaited);
      assert.deepEqual(again.map((opinion) => opinion.key), ["fire"]);
      await office.post(`/joint/${id}/acts`, { act: { command: "give_opinion", part: "fire", passed: true } });
      await office.post(`/joint/${id}/acts`, { act: { command: "conclude", text: "全部通过" } });
      await until(page, address, "全部准予");
    }
    await until(page, project, "全部完成");
    await page.getByText("查看数据").first().click();
    const picture = await page.locator(".cht-data table").first().innerText();
    for (const name of stages.map((stage) => stage.name)) assert.ok(picture.includes(name), `the picture tells of ${name}`);
    assert.equal((picture.match(/已完成/g) ?? []).length, 4, "all four are done");
  });
});
