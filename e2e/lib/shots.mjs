// Pictures for the documents: twelve pages on a desktop, on a phone, in care mode and in the dark.

import assert from "node:assert/strict";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DESKTOP, PHONE, visiting } from "./browser.mjs";
import { STILL } from "./still.mjs";
import { go } from "./tour.mjs";

const SIZE_MAX = 250 * 1024;
const LOOKS = {
  desktop: { viewport: DESKTOP, prefs: { theme: "light" } },
  phone: { viewport: PHONE, prefs: { theme: "light" } },
  care: { viewport: PHONE, prefs: { theme: "light", care: "1" } },
  dark: { viewport: DESKTOP, prefs: { theme: "dark" } },
};
// Who sees it, what it is called among the types of pages, what it shows.
const TWELVE = [
  ["public", "home", "首页"],
  ["public", "search", "搜索“开饭店”"],
  ["public", "guide", "办事指南"],
  ["citizen", "task list", "一件长申请的任务清单"],
  ["citizen", "question", "一页一问"],
  ["citizen", "check", "提交前核对"],
  ["citizen", "confirmation", "提交后的受理凭据"],
  ["citizen", "case, correcting", "办件进度：轮到您补正"],
  ["clerk", "intake, form", "窗口收件"],
  ["approver", "queue", "待办"],
  ["approver", "workspace, a file beside it", "审查工作台"],
  ["supervisor", "board", "督查看板"],
];

export async function shots(browser, lists, folder) {
  await mkdir(folder, { recursive: true });
  for (const file of await readdir(folder)) if (file.endsWith(".png")) await rm(join(folder, file));
  const rows = [];
  for (const [who, name, title] of TWELVE) {
    const { state, pages } = lists[who];
    const entry = pages.find(([one]) => one === name);
    const cells = [];
    for (const [look, options] of Object.entries(LOOKS)) {
      const file = `${name.replaceAll(/[^a-z]+/g, "-")}-${look}.png`;
      await visiting(browser, { ...options, storageState: state, serviceWorkers: "block" }, async (page, guest) => {
        await guest.context.clock.setFixedTime(new Date(STILL));
        await go(page, entry);
        await page.evaluate(() => { document.activeElement?.blur(); scrollTo(0, 0); });
        await page.evaluate(() => document.fonts.ready);
        const picture = await page.screenshot({ animations: "disabled" });
        assert.ok(picture.length <= SIZE_MAX, `${file}: ${picture.length} bytes`);
        await writeFile(join(folder, file), picture);
      });
      cells.push(`[![${title}，${look}](${file})](${file})`);
    }
    rows.push(`| ${title} | ${cells.join(" | ")} |`);
  }
  await writeFile(join(folder, "README.md"), `# Pictures

Twelve pages on a desktop (1440×900), on a phone (390×844), in care mode on a phone, and in the dark. Made by
\`SHOTS=docs/screenshots e2e/run\` from the demonstration as it stands on 11 May 2026; every person, body and case on
them is fictional. Not edited by hand: run it again after a change of a page.

| page | desktop | phone | care mode | dark |
| --- | --- | --- | --- | --- |
${rows.join("\n")}
`);
}
