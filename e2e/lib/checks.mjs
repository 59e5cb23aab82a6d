// What every page must be: accessible, titled, with one heading, inside the window, light, still, and clear about focus.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { DESKTOP, PHONE } from "./browser.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
// What colours alone can break.
const COLOURS = ["color-contrast", "link-in-text-block"];

// Most bytes of HTML, styles and scripts of one page, as they travel (before pictures).
export const WEIGHT_MAX = 100 * 1024;

export const weight = (page) => page.evaluate(() => {
  const parts = performance.getEntriesByType("resource").filter((one) => ["link", "script", "css"].includes(one.initiatorType) && /\.(css|m?js)$/.test(new URL(one.name).pathname));
  return [...performance.getEntriesByType("navigation"), ...parts].reduce((sum, one) => sum + one.encodedBodySize, 0);
});

const DEVICES = [["desktop", DESKTOP], ["phone", PHONE]];

// Rows, items of lists and options that are built alike, with other words in them: so many of each kind are looked at.
const ALIKE_MAX = 3;

// Runs in the browser: takes away what is like what stands above it.
function thin(most) {
  const kind = (node) => `${node.localName}.${node.getAttribute("class") ?? ""}.${node.getAttribute("role") ?? ""}.${node.type ?? ""}.${node.disabled ?? ""}(${[...node.children].map(kind)})`;
  for (const list of document.querySelectorAll("tbody, ul, ol, select, optgroup, datalist")) {
    const seen = new Map();
    for (const node of [...list.children]) {
      const alike = (seen.get(kind(node)) ?? 0) + 1;
      seen.set(kind(node), alike);
      if (alike > most && !node.selected) node.remove();
    }
  }
}

// Everything wrong with the page as it was loaded, on a desktop and on a phone, in light and in dark: one load serves
// all four, as styles alone tell them apart. Folds are opened first. `care`: contrast of at least 7:1.
// `twice`: the same component may stand on the page several times, with the same name.
export async function faults(page, { care = false, twice = false } = {}) {
  const wrong = await moved(page);
  await page.evaluate(() => { for (const fold of document.querySelectorAll("details")) fold.open = true; });
  await theme(page, "light");
  for (const [device, viewport] of DEVICES) {
    await resize(page, viewport);
    wrong.push(...(await shape(page)).map((fault) => `${device}: ${fault}`));
  }
  await page.evaluate(thin, ALIKE_MAX);
  for (const [device, viewport] of DEVICES) {
    await resize(page, viewport);
    const found = [...await focus(page), ...await barriers(page, { care, twice })];
    await theme(page, "dark");
    found.push(...(await barriers(page, { care, twice, only: COLOURS })).map((fault) => `dark: ${fault}`));
    await theme(page, "light");
    wrong.push(...found.map((fault) => `${device}: ${fault}`));
  }
  await page.setViewportSize(DESKTOP);
  return wrong;
}

// What scripts of the page do about its new size is done when the next picture is drawn.
async function resize(page, viewport) {
  await page.setViewportSize(viewport);
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
}

export const theme = (page, word) => page.evaluate((word) => { document.documentElement.dataset.theme = word; }, word);

// What moved by itself after it had been drawn. Browsers call a tenth good; a page that arrives in two pieces on a machine
// with much else to do moves by a thousandth or two, and not each time: what moves by itself does so on every load.
const SHIFT = 0.003;
const LOADS = 3;
async function moved(page) {
  let found = await shifts(page);
  for (let load = 1; found.length > 0 && load < LOADS; load++) {
    await page.reload();
    found = await shifts(page);
  }
  return found.map((shift) => `moves: ${shift}`);
}

export const shifts = (page) => page.evaluate((least) => new Promise((done) => {
  const seen = [];
  const name = ({ node }) => (node ? `${node.nodeName.toLowerCase()}.${node.className ?? ""}` : "?");
  const take = (entries) => seen.push(...entries.filter((one) => !one.hadRecentInput && one.value >= least)
    .map((one) => `${one.value.toFixed(3)} by ${one.sources.slice(0, 2).map(name).join(", ")}`));
  const observer = new PerformanceObserver((list) => take(list.getEntries()));
  observer.observe({ type: "layout-shift", buffered: true });
  // Buffered entries are delivered in a task of their own.
  setTimeout(() => { take(observer.takeRecords()); done(seen); });
}), SHIFT);

const shape = (page) => page.evaluate(() => {
  const found = [];
  const headings = document.querySelectorAll("h1").length;
  if (headings !== 1) found.push(`${headings} h1`);
  if (!document.title.trim()) found.push("no title");
  const across = document.scrollingElement.scrollWidth;
  if (across > innerWidth + 1) {
    const widest = [...document.querySelectorAll("body *")].filter((node) => node.getBoundingClientRect().right > innerWidth + 1).slice(0, 3);
    found.push(`scrolls sideways: ${across} of ${innerWidth} px, by ${widest.map((node) => `${node.localName}.${node.className}`).join(", ")}`);
  }
  for (const button of document.querySelectorAll(".btn, .tool, .tag")) {
    if (button.checkVisibility() && button.scrollWidth > button.clientWidth + 1 && getComputedStyle(button).display !== "inline") found.push(`words do not fit: “${button.innerText}”`);
  }
  return found;
});

// Every stop of the tab key can be seen, and the stops follow what the eye reads: from one to the next never up
// within the same column, never back on the same line.
async function focus(page) {
  // The key was the last to be used: focus given by script is then shown as the key's own.
  await page.keyboard.press("Tab");
  return page.evaluate(() => {
    const found = [];
    const words = (node) => `${node.localName} “${(node.getAttribute("aria-label") || node.labels?.[0]?.innerText || node.innerText || node.id).trim().slice(0, 20)}”`;
    const floats = (node) => { for (let one = node; one; one = one.parentElement) if (["fixed", "sticky"].includes(getComputedStyle(one).position)) return true; return false; };
    // Scrolled out of the box it stands in: the eye is somewhere else.
    const cut = (node, box) => { for (let one = node.parentElement; one && one !== document.body; one = one.parentElement) { const room = one.getBoundingClientRect(); if (getComputedStyle(one).overflowY !== "visible" && (box.bottom > room.bottom + scrollY + 1 || box.top < room.top + scrollY - 1)) return true; } return false; };
    const look = (node, pseudo) => {
      const style = getComputedStyle(node, pseudo);
      return [style.outlineStyle === "none" ? "" : style.outline, style.boxShadow, style.borderColor, style.backgroundColor, style.textDecorationLine].join("|");
    };
    const looks = (node) => [node, ...(node.labels ?? []), node.parentElement, node.nextElementSibling].filter(Boolean).flatMap((one) => [look(one), look(one, "::before"), look(one, "::after")]);
    const stops = [...document.querySelectorAll("a[href], button:not([disabled]), input:not([type=hidden], [disabled]), select:not([disabled]), textarea:not([disabled]), summary, [tabindex='0']")]
      .filter((node) => node.tabIndex === 0 && node.checkVisibility({ visibilityProperty: true }) && !node.closest("[inert]"));
    let before = null;
    for (const node of stops) {
      node.focus({ preventScroll: true });
      if (document.activeElement !== node) continue;
      const { width, height, left, right, top, bottom } = node.getBoundingClientRect();
      // On the page, wherever it is scrolled to.
      const box = { width, height, left, right, top: top + scrollY, bottom: bottom + scrollY };
      const focused = looks(node);
      node.blur();
      const rest = looks(node);
      if (!focused.some((one, i) => one !== rest[i])) found.push(`focus is not seen on ${words(node)}`);
      // The points of a drawing stand where their numbers put them.
      if (box.width < 2 || box.height < 2 || floats(node) || node.ownerSVGElement) continue;
      if (cut(node, box)) { before = null; continue; }
      if (before) {
        const [a, b] = [before.box, box];
        // Going up is fine when it leads into another column.
        const up = b.bottom <= a.top && b.left < a.right - 1 && b.right > a.left + 1;
        const back = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > Math.min(a.height, b.height) / 2 && b.right <= a.left + 1;
        if (back || up) found.push(`the focus goes ${back ? "back" : "up"} from ${words(before.node)} to ${words(node)}`);
      }
      before = { node, box };
    }
    document.activeElement?.blur();
    return [...new Set(found)].slice(0, 8);
  });
}

// What stands in the way of somebody, by the rules of WCAG 2.2 A and AA; in care mode, contrast of AAA too.
export async function barriers(page, { care = false, twice = false, only }) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const violations = await page.evaluate(async ({ tags, care, twice, only }) => {
    const result = await axe.run(document, {
      runOnly: only
        ? { type: "rule", values: care ? [...only, "color-contrast-enhanced"] : only }
        : { type: "tag", values: care ? [...tags, "wcag2aaa"] : tags },
      rules: only ? {} : { "target-size": { enabled: true }, "color-contrast-enhanced": { enabled: care }, "identical-links-same-purpose": { enabled: false }, "meta-refresh-no-exceptions": { enabled: false }, "landmark-unique": { enabled: !twice } },
      resultTypes: ["violations"],
    });
    return result.violations.map((rule) => ({ id: rule.id, nodes: rule.nodes.map((node) => `${node.target.join(" ")} — ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ""}`) }));
  }, { tags: TAGS, care, twice, only });
  return violations.map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes.slice(0, 3).join(" | ")}`);
}
