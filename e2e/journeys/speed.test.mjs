// The first word of a guide on a weak phone with a weak line.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PHONE, launch, visiting } from "../lib/browser.mjs";
import { FOOD } from "../lib/food.mjs";

// A processor four times slower than this one; slow 4G: 1.6 Mbit/s down, 750 kbit/s up, 150 ms.
const SLOWDOWN = 4;
const LINE = { offline: false, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8, latency: 150 };
const MOST_MS = 1500;
const TIMES = 3;

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

test("a guide is there within a second and a half", async () => {
  const seconds = [];
  for (let i = 0; i < TIMES; i++) {
    // Nothing is in store: a visitor who comes for the first time.
    await visiting(browser, { viewport: PHONE, isMobile: true, hasTouch: true, serviceWorkers: "block" }, async (page, { context }) => {
      const found = await (await context.request.get(`/api/v1/items/search?q=${encodeURIComponent("开饭店")}`)).json();
      const { item_id: id } = found.items.find((item) => item.name === FOOD);
      const session = await context.newCDPSession(page);
      await session.send("Network.enable");
      await session.send("Network.emulateNetworkConditions", LINE);
      await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWDOWN });
      await page.goto(`/items/${id}`);
      await page.getByRole("heading", { level: 1, name: FOOD }).waitFor();
      seconds.push(await page.evaluate(() => new Promise((done) => {
        const take = (entries) => { const paint = entries.find((one) => one.name === "first-contentful-paint"); if (paint) done(paint.startTime); };
        new PerformanceObserver((list) => take(list.getEntries())).observe({ type: "paint", buffered: true });
      })));
    });
  }
  // The best of three: what a machine with other work to do adds is not the page's.
  assert.ok(Math.min(...seconds) < MOST_MS, `first contentful paint after ${seconds.map(Math.round).join(", ")} ms`);
});
