// Pictures of pages: PNG, of the window, at most SIZE_MAX bytes.

import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const SIZE_MAX = 250 * 1024;

export async function shot(page, folder, name) {
  await mkdir(folder, { recursive: true });
  await page.evaluate(() => document.fonts.ready);
  const picture = await page.screenshot({ animations: "disabled" });
  assert.ok(picture.length <= SIZE_MAX, `${name}: ${picture.length} bytes`);
  await writeFile(join(folder, `${name}.png`), picture);
}
