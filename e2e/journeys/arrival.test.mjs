// A page that arrives in two pieces: what the first one drew stays where it is when the second one comes.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { DESKTOP, SITE, launch, visiting } from "../lib/browser.mjs";
import { shifts } from "../lib/checks.mjs";
import { signIn } from "../lib/people.mjs";

const BETWEEN_MS = 500;

// Hands on what the site answers, pages with a rest after the first tool of their header.
const line = http.createServer((asked, answer) => {
  const headers = { ...asked.headers, "accept-encoding": "identity" };
  const onwards = http.request(new URL(asked.url, SITE), { method: asked.method, headers, agent: false }, (got) => {
    const parts = [];
    got.on("data", (part) => parts.push(part));
    got.on("end", () => {
      const whole = Buffer.concat(parts);
      const tools = whole.indexOf('<div class="tools">');
      const cut = tools < 0 ? whole.length : whole.indexOf("</a>", tools) + "</a>".length;
      const { "content-length": _, ...kept } = got.headers;
      answer.writeHead(got.statusCode, kept);
      answer.write(whole.subarray(0, cut));
      setTimeout(() => answer.end(whole.subarray(cut)), cut < whole.length ? BETWEEN_MS : 0);
    });
  });
  // Live news never end by themselves.
  answer.on("close", () => onwards.destroy());
  onwards.on("error", () => answer.destroy());
  asked.pipe(onwards);
});

let browser;
before(async () => {
  browser = await launch();
  await new Promise((ready) => { line.listen(0, "127.0.0.1", ready); });
});
after(async () => {
  await browser.close();
  line.closeAllConnections();
  await new Promise((closed) => { line.close(closed); });
});

for (const [name, path, login] of [["portal", "/"], ["workbench", "/staff", "approver1"]]) {
  for (const care of [false, true]) {
    test(`the header of the ${name} stands still while it arrives: ${care ? "care" : "normal"}`, async () => {
      let state;
      await visiting(browser, { prefs: care ? { care: "1" } : {} }, async (page, { context }) => {
        if (login) await signIn(page, login, { staff: true });
        state = await context.storageState();
      });
      const context = await browser.newContext({ viewport: DESKTOP, storageState: state, serviceWorkers: "block" });
      const page = await context.newPage();
      // Styles and scripts are there: what is seen between the pieces is the header.
      for (const round of ["first", "second"]) {
        const answer = await page.goto(`http://127.0.0.1:${line.address().port}${path}`);
        assert.equal(answer.status(), 200, round);
      }
      assert.deepEqual((await shifts(page)).filter((shift) => shift.includes("tools")), []);
      await context.close();
    });
  }
}
