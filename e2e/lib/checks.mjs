// What every page must be: accessible, titled, with one heading, inside the window, light.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// Most bytes of HTML, styles and scripts of one page, as they travel (ux.md: before pictures).
const WEIGHT_MAX = 100 * 1024;

// Everything wrong with the page as it stands; folds are opened first. `care`: contrast of at least 7:1.
export async function faults(page, { care = false } = {}) {
  await page.evaluate(() => { for (const fold of document.querySelectorAll("details")) fold.open = true; });
  const wrong = await page.evaluate((most) => {
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
    const loads = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource").filter((one) => ["link", "script"].includes(one.initiatorType))];
    const weight = loads.reduce((sum, one) => sum + one.encodedBodySize, 0);
    if (weight > most) found.push(`weighs ${weight} bytes`);
    return found;
  }, WEIGHT_MAX);
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const violations = await page.evaluate(async ([tags, care]) => {
    const result = await axe.run(document, {
      runOnly: { type: "tag", values: care ? [...tags, "wcag2aaa"] : tags },
      rules: { "target-size": { enabled: true }, "color-contrast-enhanced": { enabled: care }, "identical-links-same-purpose": { enabled: false }, "meta-refresh-no-exceptions": { enabled: false } },
      resultTypes: ["violations"],
    });
    return result.violations.map((rule) => ({ id: rule.id, nodes: rule.nodes.map((node) => `${node.target.join(" ")} — ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ""}`) }));
  }, [TAGS, care]);
  for (const { id, nodes } of violations) wrong.push(`${id} (${nodes.length}): ${nodes.slice(0, 3).join(" | ")}`);
  return wrong;
}
