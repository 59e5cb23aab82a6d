// What a screen reader is given of a page, as kept in trees/*.yml, against what it is given now.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { RENEW } from "./pictures.mjs";

const TREES = join(dirname(dirname(fileURLToPath(import.meta.url))), "trees");

// Keys and codes that are drawn by lot, addresses that carry them, and places in an order drawn by lot.
const plain = (tree) => tree
  .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "KEY")
  .replace(/\b[0-9a-f]{64}\b/g, "DIGEST")
  .replace(/\/assets\/([a-z-]+)\.[0-9a-f]{16}\./g, "/assets/$1.")
  .replace(/\b[0-9A-HJ-NP-Z]{4}-[0-9A-HJ-NP-Z]{4}-[0-9A-HJ-NP-Z]{4}\b/g, "CODE")
  .replace(/\b[0-9A-HJ-NP-Z]{12}\b/g, "CODE")
  .replace(/第\d+件，共/g, "第N件，共")
  .replace(/(cursor=)[\w-]+/g, "$1CURSOR")
  .replace(/("?)\b\d{6}("?)$/gm, "$1CODE$2");

// What differs, or null.
export async function tree(page, name) {
  const now = `${plain(await page.locator("body").ariaSnapshot())}\n`;
  const file = join(TREES, `${name}.yml`);
  if (RENEW) {
    await mkdir(TREES, { recursive: true });
    await writeFile(file, now);
    return null;
  }
  const before = await readFile(file, "utf8").catch(() => "");
  if (before === now) return null;
  const [old, fresh] = [before.split("\n"), now.split("\n")];
  const at = fresh.findIndex((line, i) => line !== old[i]);
  return `${name}, line ${at + 1}:\n      was ${old[at] ?? "nothing"}\n      is  ${fresh[at] ?? "nothing"}`;
}
