// The browser, its visitors, and what no page may ever do: log an error, break the content policy, ask another origin.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

export const SITE = process.env.TONGBAN_URL ?? "http://127.0.0.1:8080";
export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

// Addresses that stay inside the browser.
const INSIDE = /^(about|blob|data|chrome-extension|chrome):/;

// A visitor: one browser context with one page, and everything it did wrong. `options` are Playwright's, besides
// `prefs` ({ lang, care, theme }: the platform's own cookies).
export async function visitor(browser, { viewport = DESKTOP, prefs = {}, ...options } = {}) {
  const context = await browser.newContext({
    viewport, baseURL: SITE, locale: "zh-CN", timezoneId: "Asia/Shanghai", reducedMotion: "reduce", ...options,
  });
  context.setDefaultTimeout(15_000);
  await context.addCookies(Object.entries(prefs).map(([name, value]) => ({ name: `tb_${name}`, value, url: SITE })));
  const wrong = [];
  const refused = new Set();
  context.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${SITE}/`) && !INSIDE.test(url)) wrong.push(`request to another origin: ${url}`);
  });
  context.on("response", (response) => {
    const kind = response.request().resourceType();
    if (response.status() >= 500) wrong.push(`${response.status()} from ${response.url()}`);
    // A page that refuses is a page; the browser logs it as a resource that failed.
    else if (response.status() >= 400 && (kind === "document" || kind === "xhr")) refused.add(response.url());
  });
  context.on("console", (message) => {
    if (message.type() !== "error") return;
    if (message.text().startsWith("Failed to load resource") && refused.has(message.location().url)) return;
    wrong.push(`console: ${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => wrong.push(`script: ${error.error().stack ?? error.error()}`));
  const page = await context.newPage();
  return {
    context,
    page,
    // Nothing went wrong so far.
    clean() { assert.deepEqual(wrong, [], "the browser has nothing to complain of"); },
    async close() { await context.close(); this.clean(); },
  };
}

// Runs `body` with a visitor of its own.
export async function visiting(browser, options, body) {
  const guest = await visitor(browser, options);
  try {
    await body(guest.page, guest);
  } catch (error) {
    const where = `${guest.page.url()} “${await guest.page.title().catch(() => "")}”`;
    await guest.context.close();
    throw new Error(`at ${where}: ${error.message}`, { cause: error });
  }
  await guest.close();
}
